package dev.holdfast.control.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What clients' services are ordered to do, as tasks keep it. */
public final class Orders {
    /** What becomes of files that are there, as clients name it. */
    public static final List<String> OVERWRITES = List.of("if-changed", "quick", "if-newer", "always", "never");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ASKED_FOR = 10;
    private static final int WAITED_FOR = 20;

    private Orders() {}

    private static String brief(UUID snapshot) {
        return snapshot.toString().substring(0, 8);
    }

    /** A backup by a plan; returns the task. */
    static long backup(ControlDb control, int node, String plan, int attempt, boolean fullRead, int priority, String by)
            throws IOException {
        ObjectNode argument = JSON.createObjectNode();
        argument.put("plan", plan).put("attempt", attempt).put("fullRead", fullRead);
        return control.tasks()
                .order(node, plan, "backup", "plan " + plan, JSON.writeValueAsString(argument), priority, by);
    }

    /** A backup by a plan that somebody asked for. */
    public static long backup(ControlDb control, int node, String plan, boolean fullRead, String by)
            throws IOException {
        return backup(control, node, plan, 1, fullRead, ASKED_FOR, by);
    }

    /** The same backup once more, as a first attempt. */
    public static long again(ControlDb control, int node, TaskTable.Task task, String by) throws IOException {
        JsonNode argument = JSON.readTree(task.argument());
        return backup(
                control,
                node,
                argument.path("plan").asText(),
                argument.path("fullRead").asBoolean(),
                by);
    }

    /**
     * Files brought back.
     *
     * @param node where to: the snapshot's own, or another that may read this snapshot while the order runs
     * @param paths none for all
     */
    public static long restore(
            ControlDb control, int node, UUID snapshot, List<String> paths, String target, String overwrite, String by)
            throws IOException {
        if (!OVERWRITES.contains(overwrite)) {
            throw new IllegalArgumentException("overwrite is one of " + String.join(", ", OVERWRITES));
        }
        ObjectNode argument = JSON.createObjectNode();
        argument.put("snapshot", snapshot.toString());
        paths.forEach(argument.putArray("paths")::add);
        argument.put("target", target).put("overwrite", overwrite);
        String what = paths.isEmpty()
                ? ""
                : ":" + paths.getFirst() + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
        return control.tasks()
                .order(
                        node,
                        null,
                        "restore",
                        "snapshot " + brief(snapshot) + what + " to " + target,
                        JSON.writeValueAsString(argument),
                        WAITED_FOR,
                        by);
    }

    public static long verify(ControlDb control, int node, UUID snapshot, String by) throws IOException {
        ObjectNode argument = JSON.createObjectNode().put("snapshot", snapshot.toString());
        return control.tasks()
                .order(
                        node,
                        null,
                        "verify",
                        "snapshot " + brief(snapshot),
                        JSON.writeValueAsString(argument),
                        ASKED_FOR,
                        by);
    }

    /** The snapshots that a node restores by order just now: for so long it may read them, whosever they are. */
    public static List<UUID> restoring(ControlDb control, int node) throws IOException {
        List<UUID> snapshots = new ArrayList<>();
        for (String argument : control.tasks().restoring(node)) {
            snapshots.add(snapshot(JSON.readTree(argument)));
        }
        return snapshots;
    }

    /** What a client is told to do. */
    static Job job(ControlDb control, TaskTable.Order order) throws IOException {
        JsonNode argument = JSON.readTree(order.argument());
        return switch (order.kind()) {
            case "backup" -> {
                String name = argument.path("plan").asText();
                Optional<dev.holdfast.control.db.PlanTable.Row> row =
                        control.plans().find(name);
                yield Plan.parse(row.orElseThrow(() -> new IOException("there is no plan '" + name + "' any more"))
                                .settings())
                        .job(argument.path("fullRead").asBoolean());
            }
            case "restore" -> {
                List<String> paths = new ArrayList<>();
                argument.path("paths").forEach(path -> paths.add(path.asText()));
                // As orders of an earlier release have it.
                String only = argument.path("path").asText();
                if (!only.isEmpty()) {
                    paths.add(only);
                }
                yield new Job.Restore(
                        snapshot(argument),
                        paths,
                        argument.path("target").asText(),
                        argument.path("overwrite").asText());
            }
            case "verify" -> new Job.Verify(snapshot(argument));
            case "drill" ->
                new Job.Drill(
                        snapshot(argument),
                        argument.path("sampleBytes").asLong(),
                        argument.path("seed").asLong());
            default -> throw new IOException("this release knows no orders of kind " + order.kind());
        };
    }

    private static UUID snapshot(JsonNode argument) {
        return UUID.fromString(argument.path("snapshot").asText());
    }
}
