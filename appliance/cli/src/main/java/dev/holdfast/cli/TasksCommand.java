package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "tasks",
        mixinStandardHelpOptions = true,
        description = "Lists and controls tasks: what nodes and the appliance did, do and will do.",
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
    private static final List<String> LISTS = List.of("tasks", "list");

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists tasks, the newest first.")
    static final class ListTasks extends ApiCommand.Listing {
        @Option(names = "--limit", defaultValue = "50", description = "How many; default ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/tasks", "tasks", ApiClient.Paging.BEFORE, Map.of(), limit);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> tasks) {
            out.printf("%-6s %-25s %-16s %-10s %10s  %s%n", "ID", "BEGAN", "NODE", "STATE", "RECEIVED", "WHAT");
            for (JsonNode task : tasks) {
                String node = task.path("node").asText();
                out.printf(
                        "%-6d %-25s %-16s %-10s %10s  %s %s%s%n",
                        task.path("id").asLong(),
                        Output.time(task.path("startedAt"), "waits"),
                        node.isEmpty() ? "-" : node,
                        TaskFollower.state(task),
                        node.isEmpty() ? "" : Output.bytes(task.path("bytes").asLong()),
                        task.path("kind").asText(),
                        task.path("description").asText(),
                        TaskFollower.progress(ApiClient.JSON.createObjectNode().set("task", task)));
            }
        }
    }

    /** One on a task that is named. */
    abstract static class OnTask extends ApiCommand.Acting {
        @Parameters(paramLabel = "ID", description = "The task's number.")
        private long id;

        @Override
        List<String> lists() {
            return LISTS;
        }

        final String path(String act) {
            return ApiClient.path("tasks", Long.toString(id), act);
        }
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows a task, its result and its log.")
    static final class Show extends ApiCommand.Printing<JsonNode> {
        @Parameters(paramLabel = "ID", description = "The task's number.")
        private long id;

        @Override
        List<String> lists() {
            return LISTS;
        }

        @Override
        JsonNode find(ApiClient api) throws IOException {
            return api.get(ApiClient.path("tasks", Long.toString(id)));
        }

        @Override
        void print(PrintWriter out, JsonNode shown) throws IOException {
            JsonNode task = shown.path("task");
            String by = task.path("requestedBy").asText();
            out.println("task       " + task.path("id").asLong() + ", "
                    + task.path("kind").asText() + ": "
                    + task.path("description").asText());
            out.println("state      " + TaskFollower.state(task) + TaskFollower.progress(shown));
            figures(out, task.path("figures"));
            out.println("requested  " + Output.time(task.path("queuedAt"), "") + (by.isEmpty() ? "" : " by " + by));
            if (task.path("startedAt").isTextual()) {
                out.println("began      " + Output.time(task.path("startedAt"), ""));
            }
            if (task.path("finishedAt").isTextual()) {
                out.println("ended      " + Output.time(task.path("finishedAt"), ""));
            }
            String result = task.path("result").asText();
            if (!result.equals("{}")) {
                out.println("result     " + ApiClient.JSON.readTree(result).toPrettyString());
            }
            shown.path("log")
                    .forEach(line -> out.println(Output.time(line.path("at"), "") + "  "
                            + line.path("text").asText()));
        }
    }

    private static void figures(PrintWriter out, JsonNode figures) {
        if (!figures.isObject()) {
            return;
        }
        out.println("so far     " + figures.path("files").asLong() + " files, "
                + Output.bytes(figures.path("scanned").asLong()) + " scanned, "
                + Output.bytes(figures.path("transferred").asLong()) + " transferred");
        if (!figures.path("path").asText().isEmpty()) {
            out.println("file       " + figures.path("path").asText());
        }
    }

    @Command(
            name = "cancel",
            mixinStandardHelpOptions = true,
            description =
                    "Cancels a task that waits, or tells one that runs to end. What a node began by itself can be ended"
                            + " there only.")
    static final class Cancel extends OnTask {
        @Override
        void act(ApiClient api) throws IOException {
            api.post(path("cancel"), null);
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = "Pauses a running backup: it reads and sends nothing until 'tasks resume'.")
    static final class Pause extends OnTask {
        @Override
        void act(ApiClient api) throws IOException {
            api.post(path("pause"), null);
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Resumes a paused backup.")
    static final class Resume extends OnTask {
        @Override
        void act(ApiClient api) throws IOException {
            api.post(path("resume"), null);
        }
    }

    @Command(
            name = "keep",
            mixinStandardHelpOptions = true,
            description = "Sets for how many days tasks that ended are kept; default 400.")
    static final class Keep extends ApiCommand.Acting {
        @Parameters(paramLabel = "DAYS", description = "1 to 10000.")
        private int days;

        @Override
        void act(ApiClient api) throws IOException {
            JsonNode settings = api.get("/settings");
            api.put("/settings", Map.of("drillDays", settings.path("drillDays").asInt(), "historyDays", days));
        }
    }
}
