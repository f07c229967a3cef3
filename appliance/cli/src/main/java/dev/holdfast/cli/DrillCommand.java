package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = {
            "Rehearses restores: a node restores a random sample of a snapshot to a scratch directory, compares it with what"
                    + " lives there, and the appliance signs a report with the time that all of it would take.",
            "Each node that runs 'holdfast service' does so every week; 'drill every' changes that."
        },
        subcommands = {
            DrillCommand.Run.class,
            DrillCommand.ListAll.class,
            DrillCommand.Export.class,
            DrillCommand.Every.class,
            CommandLine.HelpCommand.class
        })
final class DrillCommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Command(name = "run", mixinStandardHelpOptions = true, description = "Has nodes rehearse now.")
    static final class Run extends ControlCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Option(names = "--seed", paramLabel = "N", description = "Chooses the files; default: at random.")
        private long seed = new SecureRandom().nextLong();

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            List<LocalCopies.Snapshot> all = LocalCopies.snapshots(directory, List.of());
            List<Long> tasks = new ArrayList<>();
            for (String name : nodes) {
                Node node = node(control, name);
                LocalCopies.Snapshot newest = all.stream()
                        .filter(each -> each.node() == node.id())
                        .reduce((first, second) -> second)
                        .orElseThrow(() -> new Failure.NotFoundException("node '" + name + "' has no snapshot yet"));
                tasks.add(Drills.order(control, node.id(), newest.id(), seed, "administrator"));
                audit(control, "drill", name, "ordered");
            }
            return orders.follow(directory, control, tasks, out(), err());
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists reports, the newest first.")
    static final class ListAll extends ControlCommand.Printing<List<JsonNode>> {
        @Option(names = "--limit", defaultValue = "20", description = "How many; default ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        List<JsonNode> find(ControlDb control) throws IOException {
            List<JsonNode> reports = new ArrayList<>();
            for (DrillTable.Drill each : control.drills().list(limit)) {
                reports.add(JSON.readTree(each.report()));
            }
            return reports;
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            out.printf(
                    "%-6s %-20s %-25s %-8s %8s %10s %10s  %s%n",
                    "TASK", "NODE", "TIME", "RESULT", "FILES", "BYTES", "RATE", "RTO OF THE SNAPSHOT");
            for (JsonNode report : found) {
                JsonNode measured = report.path("measured");
                long bytes = measured.path("bytes").asLong();
                out.printf(
                        "%-6d %-20s %-25s %-8s %8d %10s %10s  %s%n",
                        report.path("task").asLong(),
                        report.path("node").asText(),
                        Output.time(Instant.parse(report.path("at").asText())),
                        report.path("passed").asBoolean() ? "passed" : "FAILED",
                        measured.path("files").asLong(),
                        Output.bytes(bytes),
                        Output.bytes(bytes
                                        * 1000
                                        / Math.max(1, measured.path("millis").asLong())) + "/s",
                        Output.duration(report.path("rtoSeconds").asLong()));
            }
        }
    }

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a report and its signature to files. To verify them elsewhere, with the appliance's keys/ca.crt:",
                "  openssl x509 -in ca.crt -pubkey -noout > ca.pub",
                "  openssl dgst -sha256 -verify ca.pub -signature drill-7.sig drill-7.json"
            })
    static final class Export extends ControlCommand {
        @Parameters(index = "0", paramLabel = "TASK", description = "The drill's task.")
        private long task;

        @Parameters(index = "1", paramLabel = "DIR", description = "Where to.")
        private Path target = Path.of("");

        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            DrillTable.Drill found = control.drills().list(Integer.MAX_VALUE).stream()
                    .filter(each -> each.task() == task)
                    .findFirst()
                    .orElseThrow(() -> new Failure.NotFoundException(
                            "task " + task + " left no report; see: " + control.command("drill", "list")));
            Files.createDirectories(target);
            Files.write(
                    target.resolve("drill-" + task + ".json"), found.report().getBytes(StandardCharsets.UTF_8));
            Files.write(target.resolve("drill-" + task + ".sig"), found.signature());
            out().println("Wrote " + target.resolve("drill-" + task + ".json") + " and its .sig");
            return ExitCode.OK;
        }
    }

    @Command(name = "every", mixinStandardHelpOptions = true, description = "Sets the days between a node's drills.")
    static final class Every extends ControlCommand {
        @Parameters(paramLabel = "DAYS", description = "1 to 366; 0 for never but when asked.")
        private int days;

        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            if (days < 0 || days > 366) {
                throw new IllegalArgumentException("days are 0 to 366");
            }
            control.settings().set(Drills.EVERY_DAYS, Integer.toString(days));
            audit(control, "drill every", days + " days", "allowed");
            return ExitCode.OK;
        }
    }
}
