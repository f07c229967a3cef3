package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "scrub",
        mixinStandardHelpOptions = true,
        description = {
            "Reads containers again and compares them with their hashes; what went bad is replaced from the vault.",
            "The appliance reads a thirtieth of them each day by itself. What cannot be replaced is named, with the"
                    + " snapshots and files that it hurts."
        })
final class ScrubCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Option(names = "--all", description = "Everything now, rather than the next thirtieth.")
    private boolean all;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var line = Objects.requireNonNull(spec).commandLine();
        return task.run(
                data.open(),
                "scrub",
                all ? "read everything again" : "read some containers again",
                Map.of("all", all),
                line.getOut(),
                line.getErr(),
                new Findings());
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
