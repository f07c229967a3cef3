package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A command that works on the control database, beside a running appliance or without one. */
abstract class ControlCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Spec
    private @Nullable CommandSpec spec;

    /** One that prints. */
    abstract static class Printing<T> extends ControlCommand {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        /** What is printed as JSON. */
        abstract T find(ControlDb control) throws Exception;

        /** What people read. */
        abstract void print(PrintWriter out, T found) throws Exception;

        @Override
        final int run(DataDirectory directory, ControlDb control) throws Exception {
            T found = find(control);
            if (json) {
                Output.json(out(), found);
            } else {
                print(out(), found);
            }
            return ExitCode.OK;
        }
    }

    /** Returns the exit code. */
    abstract int run(DataDirectory directory, ControlDb control) throws Exception;

    @Override
    public final Integer call() throws Exception {
        DataDirectory directory = data.open();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            return run(directory, control);
        }
    }

    final PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    final PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }

    static Node node(ControlDb control, String name) throws IOException {
        return control.nodes()
                .findByName(name)
                .orElseThrow(() -> new Failure.NotFoundException(
                        "there is no node '" + name + "'; see: " + control.command("node", "list")));
    }

    /** Notes an act of the administrator. */
    static void audit(ControlDb control, String action, String object, String outcome) throws IOException {
        control.audit().append("administrator", action, object, outcome);
    }
}
