package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;

/** Waits for a task, and says on standard error how far it is. One thread's. */
final class TaskFollower {
    private static final int POLL_MILLIS = 200;
    private static final long TELL_NANOS = 2_000_000_000L;

    private final ApiClient api;
    private final PrintWriter err;
    private long told = System.nanoTime();

    TaskFollower(ApiClient api, PrintWriter err) {
        this.api = api;
        this.err = err;
    }

    /** Returns the task when it has ended. */
    JsonNode await(long id) throws IOException, InterruptedException {
        if (!api.running()) {
            throw new IOException("task " + id + " is queued, and the appliance is not running; start it with: "
                    + api.command("run"));
        }
        while (true) {
            JsonNode shown = show(id);
            if (ended(shown.path("task"))) {
                return shown.path("task");
            }
            if (System.nanoTime() - told >= TELL_NANOS) {
                told = System.nanoTime();
                err.println("task " + id + (is(shown.path("task"), "queued") ? " waits for others" : progress(shown)));
                err.flush();
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private JsonNode show(long id) throws IOException {
        try {
            return api.get(ApiClient.path("tasks", Long.toString(id)));
        } catch (Failure.NotFoundException | Failure.RefusedException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("the appliance stopped; task " + id + " continues when it runs again", e);
        }
    }

    static boolean is(JsonNode task, String state) {
        return state(task).equals(state);
    }

    /** The state as people read it. */
    static String state(JsonNode task) {
        return task.path("state").asText().toLowerCase(Locale.ROOT);
    }

    static boolean ended(JsonNode task) {
        return !task.path("finishedAt").isNull() && !task.path("finishedAt").isMissingNode();
    }

    /** How far a task is, empty where there is nothing to say. */
    static String progress(JsonNode shown) {
        JsonNode task = shown.path("task");
        String step = task.path("step").asText();
        if (!is(task, "running") || step.isEmpty()) {
            return task.path("reason").asText().isEmpty()
                    ? ""
                    : ": " + task.path("reason").asText();
        }
        long eta = task.path("etaSeconds").asLong(-1);
        long done = task.path("done").asLong();
        long total = task.path("total").asLong();
        // Steps of bytes say so in their names.
        String amount = step.startsWith("bytes")
                ? Output.bytes(done) + (total > 0 ? " of " + Output.bytes(total) : "") + rate(task)
                : done + (total > 0 ? "/" + total : "");
        return ": " + step + " " + amount + (eta < 0 ? "" : ", " + Output.duration(eta) + " to go");
    }

    private static String rate(JsonNode task) {
        long rate = task.path("bytesPerSecond").asLong(-1);
        return rate < 0 ? "" : ", " + Output.bytes(rate) + "/s";
    }
}
