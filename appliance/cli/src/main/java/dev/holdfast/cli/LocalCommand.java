package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that works in its own process, and prints what it found: as JSON just so, or for people. */
abstract class LocalCommand<T> implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    abstract T find() throws Exception;

    /** What people read. */
    abstract void print(PrintWriter out, T found) throws Exception;

    /** The exit code; may say why on standard error. */
    int code(T found) throws Exception {
        return ExitCode.OK;
    }

    @Override
    public final Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        T found = find();
        if (json) {
            Output.json(out, found);
        } else {
            print(out, found);
        }
        return code(found);
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
