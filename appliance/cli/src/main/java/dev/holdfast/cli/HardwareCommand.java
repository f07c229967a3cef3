package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.local.HardwareCollection;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "hardware",
        mixinStandardHelpOptions = true,
        description = {
            "Health of the server's parts: power supplies, fans, temperatures, RAID, write cache, battery, disks, memory.",
            "The tools that know it need root: holdfast-hardware.timer runs 'hardware collect' every five minutes, and the",
            "appliance reads its report, raises events and sends alerts."
        },
        subcommands = {
            HardwareCommand.Show.class,
            HardwareCommand.Forget.class,
            HardwareCommand.Collect.class,
            CommandLine.HelpCommand.class
        })
final class HardwareCommand {
    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = {
                "Shows each part with its state, and since when it has it.",
                "Exit code 1 unless every part is ok: also where nothing is known of a part."
            })
    static final class Show extends ApiCommand.Printing<JsonNode> {
        @Override
        JsonNode find(ApiClient api) throws IOException {
            return api.get("/hardware");
        }

        @Override
        void print(PrintWriter out, JsonNode hardware) {
            out.println("as of " + Output.time(hardware.path("at"), "never") + ": "
                    + hardware.path("state").asText());
            for (JsonNode each : hardware.path("parts")) {
                out.printf(
                        "%-8s %-40s %s%n",
                        each.path("state").asText().toUpperCase(Locale.ROOT),
                        each.path("title").asText(),
                        each.path("detail").asText());
            }
        }

        @Override
        int code(JsonNode hardware) {
            return hardware.path("state").asText().equals("ok") ? ExitCode.OK : ExitCode.WARNINGS;
        }
    }

    @Command(
            name = "forget",
            mixinStandardHelpOptions = true,
            description = {
                "Forgets a part that was removed on purpose, or whose tool was, and closes its events, within 30 seconds.",
                "It must be absent or unknown. If a tool reports it again, it is known again.",
                "For example: hardware forget disk 'controller 0 slot 252:1'"
            })
    static final class Forget extends ApiCommand.Acting {
        @Parameters(index = "0", paramLabel = "KIND", description = "Such as disk: 'hardware show --json' has it.")
        private String kind = "";

        @Parameters(
                index = "1",
                paramLabel = "NAME",
                description = "The part's name, as 'hardware show --json' has it.")
        private String name = "";

        @Override
        List<String> lists() {
            return List.of("hardware", "show");
        }

        @Override
        void act(ApiClient api) throws IOException {
            api.post("/hardware/forget", Map.of("kind", kind, "name", name));
        }
    }

    @Command(
            name = "collect",
            mixinStandardHelpOptions = true,
            description = {
                "Asks ipmitool, storcli64, perccli64, ssacli, smartctl, mdadm and the kernel, and writes what they say to a file.",
                "Needs root, and no data directory. A tool that is missing is named in the report."
            })
    static final class Collect extends LocalCommand<HardwareCollection.Collected> {
        @Option(
                names = "--output",
                paramLabel = "FILE",
                defaultValue = RunCommand.HARDWARE_REPORT,
                description = "The file, in a directory that only root writes to. Default: ${DEFAULT-VALUE}.")
        private Path output = Path.of("");

        @Override
        HardwareCollection.Collected find() throws Exception {
            return HardwareCollection.collect(output);
        }

        @Override
        void print(PrintWriter out, HardwareCollection.Collected collected) {
            out.println(
                    collected.parts() + " parts, " + collected.unknown() + " unknown; written to " + collected.file());
        }
    }
}
