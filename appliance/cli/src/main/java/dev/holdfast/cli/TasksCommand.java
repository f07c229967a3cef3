package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable.Line;
import dev.holdfast.control.db.TaskTable.Task;
import dev.holdfast.control.task.Maintenance;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "tasks",
        mixinStandardHelpOptions = true,
        description = "What nodes and the appliance did, do and have before them. Works while the appliance runs.",
        subcommands = {
            TasksCommand.ListTasks.class,
            TasksCommand.Show.class,
            TasksCommand.Cancel.class,
            TasksCommand.Pause.class,
            TasksCommand.Resume.class,
            TasksCommand.Keep.class,
            CommandLine.HelpCommand.class
        })
final class TasksCommand {
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists tasks, the newest first.")
    static final class ListTasks implements Callable<Integer> {
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
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            try (ControlDb control = new ControlDb(data.open().controlDb())) {
                List<Task> tasks = control.tasks().list(limit);
                if (json) {
                    Output.json(out, tasks);
                    return ExitCode.OK;
                }
                out.printf("%-6s %-25s %-16s %-10s %10s  %s%n", "ID", "BEGAN", "NODE", "STATE", "RECEIVED", "WHAT");
                for (Task task : tasks) {
                    out.printf(
                            "%-6d %-25s %-16s %-10s %10s  %s %s%s%n",
                            task.id(),
                            Output.time(task.startedAt(), "waits"),
                            task.node().isEmpty() ? "-" : task.node(),
                            Output.lower(task.state()),
                            task.node().isEmpty() ? "" : Output.bytes(task.bytes()),
                            task.kind(),
                            task.description(),
                            TaskOptions.progress(task));
                }
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows a task, its result and its log.")
    static final class Show implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "ID", description = "The task's number.")
        private long id;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        /** A task with its log. */
        record Shown(Task task, List<Line> log) {}

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            try (ControlDb control = new ControlDb(data.open().controlDb())) {
                Optional<Task> found = control.tasks().find(id);
                if (found.isEmpty()) {
                    spec.commandLine().getErr().println("holdfast: there is no task " + id);
                    return ExitCode.NOT_FOUND;
                }
                List<Line> log = control.tasks().log(id);
                if (json) {
                    Output.json(out, new Shown(found.get(), log));
                    return ExitCode.OK;
                }
                TaskOptions.print(out, found.get());
                log.forEach(line -> out.println(Output.time(line.at()) + "  " + line.text()));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            description =
                    "Takes back a task that waits, or tells one that runs to end. What a node began by itself ends there only.")
    static final class Cancel extends ControlCommand {
        @Parameters(paramLabel = "ID", description = "The task's number.")
        private long id;

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            boolean done = control.tasks().cancel(id);
            audit(control, "task cancel", Long.toString(id), done ? "allowed" : "not found");
            if (!done) {
                err().println("holdfast: task " + id + " neither waits nor runs, or was begun at its node");
                return ExitCode.NOT_FOUND;
            }
            return ExitCode.OK;
        }
    }

    abstract static class Still extends ControlCommand {
        @Parameters(paramLabel = "ID", description = "The task's number.")
        private long id;

        final int set(ControlDb control, boolean paused) throws java.io.IOException {
            boolean done = control.tasks().pause(id, paused);
            audit(control, paused ? "task pause" : "task resume", Long.toString(id), done ? "allowed" : "not found");
            if (!done) {
                throw new Failure.NotFoundException("task " + id + " is no backup by order that waits or runs");
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Lets a backup by order stand still, reading and sending nothing, until 'tasks resume'.")
    static final class Pause extends Still {
        @Override
        int run(DataDirectory directory, ControlDb control) throws java.io.IOException {
            return set(control, true);
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Lets a paused backup go on.")
    static final class Resume extends Still {
        @Override
        int run(DataDirectory directory, ControlDb control) throws java.io.IOException {
            return set(control, false);
        }
    }

    @Command(
            name = "keep",
            mixinStandardHelpOptions = true,
            description = "Sets for how many days tasks that ended stay in the history; 400 where nobody set it.")
    static final class Keep extends ControlCommand {
        @Parameters(paramLabel = "DAYS", description = "1 to 10000.")
        private int days;

        @Override
        int run(DataDirectory directory, ControlDb control) throws java.io.IOException {
            if (days < 1 || days > 10_000) {
                throw new IllegalArgumentException("days are 1 to 10000");
            }
            control.settings().set(Maintenance.HISTORY_DAYS, Integer.toString(days));
            audit(control, "tasks keep", days + " days", "allowed");
            return ExitCode.OK;
        }
    }
}
