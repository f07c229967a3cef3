package dev.holdfast.protocol.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code config check} of client and appliance, whose classes give it the name that picocli wants there. */
@Command(mixinStandardHelpOptions = true, description = "Checks the configuration and prints what it sets.")
public abstract class ConfigCheck implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    /**
     * Checks what this process was started with.
     *
     * @param root the program's main command
     * @throws IllegalArgumentException if something is wrong
     */
    protected abstract ConfigReport check(Object root);

    /** Prints a report as JSON. */
    protected abstract void printJson(PrintWriter out, Map<String, Object> report) throws IOException;

    @Override
    public Integer call() throws IOException {
        CommandSpec command = Objects.requireNonNull(spec);
        PrintWriter out = command.commandLine().getOut();
        ConfigReport report = check(command.root().userObject());
        if (json) {
            printJson(out, report.json());
        } else {
            report.print(out);
        }
        return ExitCode.OK;
    }
}
