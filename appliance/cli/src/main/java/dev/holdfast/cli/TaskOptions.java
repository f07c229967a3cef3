package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable.State;
import dev.holdfast.control.db.TaskTable.Task;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine.Option;

/** How commands hand a task to the running appliance and wait for it. */
final class TaskOptions {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int POLL_MILLIS = 200;
    private static final long TELL_NANOS = 2_000_000_000L;

    @Option(names = "--no-wait", description = "Return at once; 'tasks show ID' tells the rest.")
    private boolean noWait;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    boolean json() {
        return json;
    }

    /** Prints what a task found. */
    interface Printer {
        void print(PrintWriter out, JsonNode result);

        /** The exit code, printed or not. */
        default int code(JsonNode result) {
            return result.path("warnings").isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
        }
    }

    /** Returns the exit code. */
    int run(
            DataDirectory directory,
            String kind,
            String description,
            Map<String, Object> argument,
            PrintWriter out,
            PrintWriter err,
            Printer printer)
            throws IOException, InterruptedException {
        if (!directory.inUse()) {
            throw notRunning(directory);
        }
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            long id = control.tasks().queue(kind, description, JSON.writeValueAsString(argument), 10, "administrator");
            if (noWait) {
                out.println("Task " + id + " waits for its turn");
                return ExitCode.OK;
            }
            Task task = await(control, directory, id, err);
            if (json) {
                Output.json(out, JSON.readTree(task.result()));
            } else if (task.state() == State.DONE) {
                printer.print(out, JSON.readTree(task.result()));
            }
            if (task.state() != State.DONE) {
                err.println("holdfast: task " + id + " " + Output.lower(task.state()) + ": " + task.reason());
                return ExitCode.FAILED;
            }
            return printer.code(JSON.readTree(task.result()));
        }
    }

    static IOException notRunning(DataDirectory directory) {
        return new IOException(
                "the appliance is not running; start it with: " + TypedCommand.appliance(directory.root(), "run"));
    }

    static Task await(ControlDb control, DataDirectory directory, long id, PrintWriter err)
            throws IOException, InterruptedException {
        long told = System.nanoTime();
        while (true) {
            Task task = control.tasks()
                    .find(id)
                    .orElseThrow(() -> new Failure.NotFoundException("task " + id + " is gone"));
            if (task.state().ended()) {
                return task;
            }
            if (!directory.inUse()) {
                throw new IOException("the appliance stopped; task " + id + " goes on when it runs again");
            }
            if (System.nanoTime() - told >= TELL_NANOS) {
                told = System.nanoTime();
                err.println("task " + id + (task.state() == State.QUEUED ? " waits for others" : progress(task)));
                err.flush();
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** How far a task is, empty where there is nothing to say. */
    static String progress(Task task) {
        if (task.state() != State.RUNNING || task.step().isEmpty()) {
            return task.reason().isEmpty() ? "" : ": " + task.reason();
        }
        Instant now = Instant.now();
        long eta = task.etaSeconds(now);
        // Steps of bytes say so in their names.
        String amount = task.step().startsWith("bytes")
                ? Output.bytes(task.done()) + (task.total() > 0 ? " of " + Output.bytes(task.total()) : "") + ", "
                        + Output.bytes(task.rate(now)) + "/s"
                : task.done() + "/" + task.total();
        return ": " + task.step() + " " + amount + (eta < 0 ? "" : ", " + Output.duration(eta) + " to go");
    }

    static void print(PrintWriter out, Task task) throws IOException {
        out.println("task       " + task.id() + ", " + task.kind() + ": " + task.description());
        out.println("state      " + Output.lower(task.state()) + progress(task));
        out.println("asked for  " + Output.time(task.queuedAt())
                + (task.requestedBy().isEmpty() ? "" : " by " + task.requestedBy()));
        Instant began = task.startedAt();
        Instant ended = task.finishedAt();
        if (began != null) {
            out.println("began      " + Output.time(began));
        }
        if (ended != null) {
            out.println("ended      " + Output.time(ended));
        }
        if (!task.result().equals("{}")) {
            out.println("result     " + JSON.readTree(task.result()).toPrettyString());
        }
    }
}
