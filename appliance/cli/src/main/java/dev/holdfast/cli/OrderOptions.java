package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable.State;
import dev.holdfast.control.db.TaskTable.Task;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How commands wait for what they ordered of nodes. */
final class OrderOptions {

    @Option(names = "--no-wait", description = "Return at once; 'tasks show ID' tells the rest.")
    private boolean noWait;

    @Option(names = "--json", description = "Print the tasks as JSON.")
    private boolean json;

    /** Returns the exit code: that of the worst of them; warnings where one was done with problems. */
    int follow(DataDirectory directory, ControlDb control, List<Long> ids, PrintWriter out, PrintWriter err)
            throws IOException, InterruptedException {
        if (noWait) {
            for (long id : ids) {
                if (!json) {
                    out.println("Task " + id + " waits for its node");
                }
            }
            if (json) {
                Output.json(out, ids.stream().map(id -> Map.of("id", id)).toList());
            }
            return ExitCode.OK;
        }
        List<Task> ended = new ArrayList<>();
        for (long id : ids) {
            ended.add(TaskOptions.await(control, directory, id, err));
        }
        if (json) {
            Output.json(out, ended);
        }
        int code = ExitCode.OK;
        for (Task task : ended) {
            if (task.state() != State.DONE) {
                code = ExitCode.FAILED;
                err.println("holdfast: task " + task.id() + " at " + task.node() + " " + Output.lower(task.state())
                        + ": " + task.reason() + "; more of it: "
                        + control.command("tasks", "show", Long.toString(task.id())));
                continue;
            }
            JsonNode result = new ObjectMapper().readTree(task.result());
            if (result.path("problems").asLong() > 0) {
                code = Math.max(code, ExitCode.WARNINGS);
            }
            if (!json) {
                out.println(task.node() + ": " + result);
            }
        }
        return code;
    }
}
