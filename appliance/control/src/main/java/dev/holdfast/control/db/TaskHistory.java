package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lists of tasks, and when they were last done. Safe for use by several threads. */
public final class TaskHistory {
    private final ControlDb db;

    TaskHistory(ControlDb db) {
        this.db = db;
    }

    /** How many tasks there are, by state. */
    public Map<TaskState, Long> count() throws IOException {
        Map<TaskState, Long> counts = new EnumMap<>(TaskState.class);
        for (TaskState state : TaskState.values()) {
            counts.put(state, 0L);
        }
        db.query(
                row -> counts.merge(TaskState.of(row.getString(1)), row.getLong(2), Long::sum),
                "SELECT state, count(*) FROM task GROUP BY state");
        return counts;
    }

    /** Those that have not ended, and those that ended since a moment in ms since 1970. */
    public List<Task> recentlyActive(long since) throws IOException {
        return db.read(
                TaskRows::task,
                TaskRows.BRIEF
                        + " WHERE state IN ('queued', 'running') OR finished_at >= ? ORDER BY task.id DESC LIMIT 1000",
                since);
    }

    /** The newest first. */
    public List<Task> list(int limit) throws IOException {
        return db.read(TaskRows::task, TaskRows.BRIEF + " ORDER BY task.id DESC LIMIT ?", limit);
    }

    /**
     * Part of the history.
     *
     * @param nodes whose tasks; null for all, and for tasks of no node
     */
    public List<Task> page(TaskFilter filter, @Nullable List<String> nodes, Part part) throws IOException {
        Conditions asked = filter.conditions(nodes).part("task.id", part);
        return db.read(TaskRows::task, TaskRows.BRIEF + asked.sql(), asked.arguments());
    }

    /** The newest of the appliance's own tasks of this kind that came to its end, well or not. */
    public Optional<Task> lastRun(TaskKind kind) throws IOException {
        return db.first(
                TaskRows::task,
                TaskRows.WHOLE
                        + " WHERE kind = ? AND state IN ('done', 'failed') AND node_id IS NULL ORDER BY task.id DESC LIMIT 1",
                kind.text());
    }

    /** When a task of this kind was last done, 0 for never. */
    public long lastDone(TaskKind kind) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND state = 'done'",
                        kind.text())
                .getFirst();
    }

    /** When a task of this kind of the appliance's own last ended, however it did; 0 for never. */
    public long lastEnded(TaskKind kind) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND node_id IS NULL",
                        kind.text())
                .getFirst();
    }

    /** Forgets tasks that ended before a moment in ms since 1970. */
    public int forgetBefore(long moment) throws IOException {
        return db.update("DELETE FROM task WHERE finished_at < ?", moment);
    }
}
