package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskState;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which tasks are asked for: those that fit all of it.
 *
 * @param state null for all; {@code kind}, {@code node}, {@code plan} and {@code tag} of the node are empty for all
 * @param text part of the description or of the reason
 * @param since when they were asked for or began at the earliest; null for all
 */
public record TaskFilter(
        @Nullable TaskState state,
        String kind,
        String node,
        String plan,
        String tag,
        String text,
        @Nullable Instant since) {
    public static final TaskFilter ALL = new TaskFilter(null, "", "", "", "", "", null);

    /** @param nodes whose; null for all, and for what belongs to no node */
    Conditions conditions(@Nullable List<String> nodes) throws IOException {
        return new Conditions()
                .where("state = ?", state == null ? null : state.text())
                .where("kind = ?", kind)
                .where("node_id = (SELECT id FROM node WHERE name = ?)", node)
                .where("plan = ?", plan)
                .where("node_id IN (SELECT node_id FROM node_tag WHERE tag = ?)", tag)
                .where("queued_at >= ?", since == null ? null : since.toEpochMilli())
                .contain(text, "description", "reason")
                .where("node.name IN (SELECT value FROM json_each(?))", ControlDb.list(nodes));
    }
}
