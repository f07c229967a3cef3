package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Machines that run from snapshots. */
final class InstantCommands {
    private static final String PATH = "/instant-recoveries";

    private InstantCommands() {}

    @Command(
            name = "instant",
            mixinStandardHelpOptions = true,
            description = {
                "Serves the disks of a snapshot by NBD, so that a machine can run from them at once. What the machine writes is kept"
                        + " apart from the snapshot, over restarts of the appliance, until 'recover end'.",
                "Without --qemu, the addresses of the disks and command lines for QEMU are printed. Other hypervisors that know"
                        + " NBD can use the addresses, too.",
                "",
                "  holdfast appliance recover instant 3f2a --qemu -- -m 4G -smp 2 -nographic",
                "  holdfast appliance recover instant 3f2a --on hypervisor1"
            })
    static final class Begin extends ApiCommand {
        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Option(
                names = "--disk",
                paramLabel = "PATH",
                description = "A disk by its path in the snapshot; may be given several times. Default: all disks of a"
                        + " snapshot that was made with --image.")
        private List<String> disks = List.of();

        @Option(
                names = "--on",
                paramLabel = "NODE",
                description =
                        "The node whose machine will use the disks over the network, with that node's certificate."
                                + " Default: the node of the snapshot. 'run --nbd' makes the appliance serve them there.")
        private @Nullable String node;

        @Option(
                names = "--qemu",
                description =
                        "Run QEMU here, with these disks, until the machine ends. Arguments for QEMU follow after --.")
        private boolean qemu;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "With --qemu: further arguments for QEMU.")
        private List<String> arguments = List.of();

        @Override
        List<String> lists() {
            return List.of("snapshot", "list");
        }

        @Override
        int run(ApiClient api) throws Exception {
            if (!qemu && !arguments.isEmpty()) {
                throw new IllegalArgumentException("arguments for QEMU need --qemu");
            }
            if (qemu && json) {
                throw new IllegalArgumentException("--qemu and --json exclude each other");
            }
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("snapshot", snapshot);
            wanted.put("disks", disks);
            wanted.put("user", node);
            JsonNode begun = api.post(PATH, wanted);
            if (json) {
                Output.json(out(), begun);
                return ExitCode.OK;
            }
            String id = begun.path("id").asText();
            out().println("Instant recovery " + id + " of snapshot "
                    + begun.path("snapshot").asText().substring(0, 8));
            QemuCommand command = new QemuCommand(begun);
            if (!qemu) {
                tell(api, begun, command);
                return ExitCode.OK;
            }
            out().flush();
            int code = command.run(arguments);
            out().println("The machine has ended; what it wrote is kept until: " + api.command("recover", "end", id));
            return code == 0 ? ExitCode.OK : ExitCode.FAILED;
        }

        private void tell(ApiClient api, JsonNode begun, QemuCommand command) {
            for (JsonNode each : begun.path("disks")) {
                out().println();
                out().println("Disk " + each.path("path").asText() + ", "
                        + Output.bytes(each.path("bytes").asLong()));
                for (String field : List.of("local", "remote")) {
                    if (!each.path(field).asText().isEmpty()) {
                        out().println("  " + each.path(field).asText());
                    }
                }
            }
            out().println();
            command.lines().forEach(out()::println);
            out().println();
            out().println("To end it: "
                    + api.command("recover", "end", begun.path("id").asText()));
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists instant recoveries, the oldest first.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            List<JsonNode> found = new ArrayList<>();
            api.get(PATH).path("recoveries").forEach(found::add);
            return found;
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            String form = "%-10s %-10s %-20s %-25s %5s %10s %10s  %s%n";
            out.printf(form, "ID", "SNAPSHOT", "NODE", "BEGUN", "CONN.", "SIZE", "CHANGED", "");
            for (JsonNode each : found) {
                long bytes = 0;
                long changed = 0;
                for (JsonNode disk : each.path("disks")) {
                    bytes += disk.path("bytes").asLong();
                    changed += disk.path("changedBytes").asLong();
                }
                out.printf(
                        form,
                        each.path("id").asText().substring(0, 8),
                        each.path("snapshot").asText().substring(0, 8),
                        each.path("node").asText(),
                        Output.time(Instant.parse(each.path("begun").asText())),
                        each.path("connections").asText(),
                        Output.bytes(bytes),
                        Output.bytes(changed),
                        each.path("trouble").isNull() ? "" : "its disks cannot be opened");
            }
        }
    }

    @Command(
            name = "end",
            mixinStandardHelpOptions = true,
            description = "Ends an instant recovery that no machine uses any more.")
    static final class End extends ApiCommand.Acting {
        @Parameters(paramLabel = "ID", description = "Its id, or the beginning of it.")
        private String id = "";

        @Option(names = "--discard", description = "Delete what the machine has written to its disks.")
        private boolean discard;

        @Override
        List<String> lists() {
            return List.of("recover", "list");
        }

        @Override
        void act(ApiClient api) throws Exception {
            api.post(ApiClient.path("instant-recoveries", id, "end"), Map.of("discard", discard));
        }
    }
}
