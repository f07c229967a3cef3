package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.control.ControlDb;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "tasks", mixinStandardHelpOptions = true, description = "Lists backups, the newest first.")
final class TasksCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(names = "--limit", defaultValue = "50", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (ControlDb control = new ControlDb(data.open().controlDb())) {
            List<ControlDb.Task> tasks = control.tasks(limit);
            if (json) {
                Output.json(out, tasks);
                return ExitCode.OK;
            }
            out.printf("%-6s %-20s %-16s %-8s %10s  %s%n", "ID", "STARTED", "NODE", "STATE", "RECEIVED", "WHAT");
            for (ControlDb.Task task : tasks) {
                out.printf(
                        "%-6d %-20s %-16s %-8s %10s  %s %s%n",
                        task.id(),
                        Output.time(task.startedAt()),
                        task.node(),
                        task.state(),
                        Output.bytes(task.bytes()),
                        task.kind(),
                        task.description());
            }
        }
        return ExitCode.OK;
    }
}
