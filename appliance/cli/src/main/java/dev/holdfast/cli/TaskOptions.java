package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Option;

/** How commands have the running appliance do a task, and wait for it. */
final class TaskOptions {
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

    /**
     * Queues a task of the appliance's own; returns the exit code.
     *
     * @param wanted as the API takes it
     */
    int run(ApiClient api, Map<String, Object> wanted, PrintWriter out, PrintWriter err, Printer printer)
            throws IOException, InterruptedException {
        api.requireRunning();
        return follow(api, api.post("/tasks", wanted), out, err, printer);
    }

    /** @param queued as the API answers */
    int follow(ApiClient api, JsonNode queued, PrintWriter out, PrintWriter err, Printer printer)
            throws IOException, InterruptedException {
        long id = queued.path("task").asLong();
        if (noWait) {
            out.println("Task " + id + " waits for its turn");
            return ExitCode.OK;
        }
        JsonNode task = new TaskFollower(api, err).await(id);
        JsonNode result = ApiClient.JSON.readTree(task.path("result").asText());
        boolean done = TaskFollower.is(task, "done");
        // What failed for what it found has a result too.
        if (json) {
            Output.json(out, result);
        } else if (done || !result.isEmpty()) {
            printer.print(out, result);
        }
        int code = printer.code(result);
        if (!done) {
            err.println("holdfast: task " + id + " "
                    + TaskFollower.state(task) + ": "
                    + task.path("reason").asText());
            return code == ExitCode.DAMAGED ? code : ExitCode.FAILED;
        }
        return code;
    }
}
