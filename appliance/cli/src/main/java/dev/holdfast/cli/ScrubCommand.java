package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "scrub",
        mixinStandardHelpOptions = true,
        description = {
            "Reads containers again and compares them with their hashes; what went bad is replaced from the vault.",
            "The appliance reads a thirtieth of them each day by itself. What cannot be replaced is named, with the"
                    + " snapshots and files that it hurts, and kept until it is healed: see 'damage'.",
            "Exit code 7 when something is damaged and was not healed."
        })
final class ScrubCommand extends ApiCommand {
    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Option(names = "--all", description = "Everything now, rather than the next thirtieth.")
    private boolean all;

    @Override
    int run(ApiClient api) throws Exception {
        return task.run(api, Map.of("kind", "scrub", "all", all), out(), err(), new Findings());
    }

    private static final class Findings implements TaskOptions.Printer {
        @Override
        public void print(PrintWriter out, JsonNode result) {
            JsonNode outcome = result.path("outcome");
            out.println(outcome.path("containers").asLong() + " containers, "
                    + Output.bytes(outcome.path("bytes").asLong()) + " read; "
                    + outcome.path("healed").size() + " replaced from the vault, "
                    + outcome.path("damaged").size() + " damaged");
            for (JsonNode finding : result.path("findings")) {
                out.println(finding.path("file").asText() + ": "
                        + finding.path("what").asText());
                for (JsonNode hurt : finding.path("hurts")) {
                    out.println("  hurts " + hurt.path("path").asText() + " in snapshot "
                            + hurt.path("snapshot").asText() + " of "
                            + hurt.path("node").asText());
                }
            }
        }

        @Override
        public int code(JsonNode result) {
            return result.path("findings").isEmpty() ? ExitCode.OK : ExitCode.DAMAGED;
        }
    }
}
