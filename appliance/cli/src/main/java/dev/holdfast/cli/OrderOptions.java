package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How commands wait for what they ordered of nodes. */
final class OrderOptions {
    @Option(names = "--no-wait", description = "Return at once; 'tasks show ID' tells the rest.")
    private boolean noWait;

    @Option(names = "--json", description = "Print the tasks as JSON.")
    private boolean json;

    /** As {@link #follow(ApiClient, List, PrintWriter, PrintWriter)}, of one task or several as the API answers. */
    int follow(ApiClient api, JsonNode ordered, PrintWriter out, PrintWriter err)
            throws IOException, InterruptedException {
        List<Long> ids = new ArrayList<>();
        ordered.path("tasks").forEach(each -> ids.add(each.asLong()));
        // Where there are several, this is the first of them.
        if (ids.isEmpty() && ordered.has("task")) {
            ids.add(ordered.path("task").asLong());
        }
        return follow(api, ids, out, err);
    }

    /** Returns the exit code: that of the worst of them; warnings where one was done with problems. */
    int follow(ApiClient api, List<Long> ids, PrintWriter out, PrintWriter err)
            throws IOException, InterruptedException {
        List<JsonNode> tasks = new ArrayList<>();
        TaskFollower follower = new TaskFollower(api, err);
        for (long id : ids) {
            if (noWait) {
                tasks.add(api.get(ApiClient.path("tasks", Long.toString(id))).path("task"));
            } else {
                tasks.add(follower.await(id));
            }
        }
        if (json) {
            Output.json(out, tasks);
        }
        int code = ExitCode.OK;
        for (JsonNode task : tasks) {
            if (noWait) {
                if (!json) {
                    out.println("Task " + task.path("id").asLong() + " waits for its turn");
                }
                continue;
            }
            code = Math.max(code, ended(api, task, out, err));
        }
        return code;
    }

    private int ended(ApiClient api, JsonNode task, PrintWriter out, PrintWriter err) throws IOException {
        String id = task.path("id").asText();
        String node = task.path("node").asText();
        if (!TaskFollower.is(task, "done")) {
            err.println("holdfast: task " + id + " at " + node + " "
                    + TaskFollower.state(task) + ": "
                    + task.path("reason").asText() + "; more of it: " + api.command("tasks", "show", id));
            return ExitCode.FAILED;
        }
        JsonNode result = ApiClient.JSON.readTree(task.path("result").asText());
        if (!json) {
            boolean boot = task.path("kind").asText().equals("boot-drill");
            out.println(node + ": " + (boot ? BootDrillCommand.told(result) : result));
        }
        return result.path("problems").asLong() > 0 ? ExitCode.WARNINGS : ExitCode.OK;
    }
}
