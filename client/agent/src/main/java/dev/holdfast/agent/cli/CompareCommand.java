package dev.holdfast.agent.cli;

import dev.holdfast.agent.compare.TreeComparison;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.cli.ExitCode;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Compares two directory trees byte for byte with all metadata, hard links and holes.",
            "Exit code 1 when they differ."
        })
final class CompareCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "LEFT", description = "One tree.")
    private String left = "";

    @Parameters(index = "1", paramLabel = "RIGHT", description = "The other.")
    private String right = "";

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        Platform platform = Platform.current();
        try (Directory a = platform.open(RawArguments.bytes(left));
                Directory b = platform.open(RawArguments.bytes(right))) {
            TreeComparison.Result result =
                    new TreeComparison((path, what) -> out.println(path + ": " + what), Set.of()).compare(a, b);
            out.println(result.entries() + " entries, " + result.files() + " files, " + Output.bytes(result.bytes())
                    + " compared: " + (result.differences() == 0 ? "the same" : result.differences() + " differences"));
            return result.differences() == 0 ? ExitCode.OK : ExitCode.WARNINGS;
        }
    }
}
