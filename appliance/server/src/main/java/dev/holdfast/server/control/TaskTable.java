package dev.holdfast.server.control;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tasks: what nodes do, and what the appliance does by itself or when asked. Safe for use by several threads. */
public final class TaskTable {
    private static final int MOST_LOG_LINES = 1000;

    private final ControlDb db;

    TaskTable(ControlDb db) {
        this.db = db;
    }

    /** Where a task stands. */
    public enum State {
        QUEUED,
        RUNNING,
        DONE,
        FAILED,
        CANCELLED,
        /** The appliance, or the connection, ended before it did. */
        BROKEN;

        private String text() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        public boolean ended() {
            return this != QUEUED && this != RUNNING;
        }
    }

    /**
     * A task. Times are in ms since 1970.
     *
     * @param node its name, empty for the appliance's own
     * @param argument JSON
     * @param step what it is doing, {@code done} of {@code total} since {@code stepAt}
     * @param result JSON
     * @param reason why it failed or ended early
     * @param bytes received from the node
     */
    public record Task(
            long id,
            String node,
            String kind,
            String description,
            String argument,
            State state,
            String requestedBy,
            long queuedAt,
            @Nullable Long startedAt,
            @Nullable Long finishedAt,
            String step,
            long done,
            long total,
            long stepAt,
            String result,
            String reason,
            long chunks,
            long bytes,
            @Nullable String snapshot) {
        /** Seconds that the step will take by its rate so far, -1 where it cannot be told. */
        public long etaSeconds(long now) {
            if (state != State.RUNNING || done <= 0 || total <= done || now <= stepAt) {
                return -1;
            }
            return (long) ((now - stepAt) / 1000.0 / done * (total - done));
        }
    }

    private static final String TASK =
            "SELECT task.id, coalesce(node.name, ''), kind, description, argument, state, requested_by, queued_at,"
                    + " started_at, finished_at, step, done, total, step_at, result, reason, chunks, bytes, snapshot FROM task"
                    + " LEFT JOIN node ON node.id = node_id";

    private static Task task(ResultSet row) throws SQLException {
        return new Task(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                State.valueOf(row.getString(6).toUpperCase(java.util.Locale.ROOT)),
                row.getString(7),
                row.getLong(8),
                ControlDb.longOrNull(row, 9),
                ControlDb.longOrNull(row, 10),
                row.getString(11),
                row.getLong(12),
                row.getLong(13),
                row.getLong(14),
                row.getString(15),
                row.getString(16),
                row.getLong(17),
                row.getLong(18),
                row.getString(19));
    }

    /** A task that a node has begun. */
    public long begin(int node, String kind, String description) throws IOException {
        long now = System.currentTimeMillis();
        return db.insert(
                "INSERT INTO task(node_id, kind, description, state, queued_at, started_at) VALUES (?, ?, ?, 'running', ?, ?)",
                node,
                kind,
                description,
                now,
                now);
    }

    /** A node's task has ended. */
    public void end(long id, boolean done, long chunks, long bytes, @Nullable String snapshot) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, chunks = ?, bytes = ?, snapshot = ? WHERE id = ?",
                done ? "done" : "broken",
                System.currentTimeMillis(),
                chunks,
                bytes,
                snapshot,
                id);
    }

    /** A task for the appliance to do when its turn comes. */
    public long queue(String kind, String description, String argument, int priority, String requestedBy)
            throws IOException {
        return db.insert(
                "INSERT INTO task(kind, description, argument, priority, state, requested_by, queued_at)"
                        + " VALUES (?, ?, ?, ?, 'queued', ?, ?)",
                kind,
                description,
                argument,
                priority,
                requestedBy,
                System.currentTimeMillis());
    }

    /** Whether a task of this kind waits or runs. */
    public boolean pending(String kind) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM task WHERE kind = ? AND state IN ('queued', 'running') LIMIT 1",
                        kind)
                .isEmpty();
    }

    /** Takes the next task that waits, which is running from now on. */
    public Optional<Task> take() throws IOException {
        synchronized (db) {
            Optional<Task> next = db
                    .query(TaskTable::task, TASK + " WHERE state = 'queued' ORDER BY priority DESC, task.id LIMIT 1")
                    .stream()
                    .findFirst();
            // Somebody may have cancelled it since.
            boolean taken = next.isPresent()
                    && db.update(
                                    "UPDATE task SET state = 'running', started_at = ? WHERE id = ? AND state = 'queued'",
                                    System.currentTimeMillis(),
                                    next.get().id())
                            == 1;
            return taken ? next : Optional.empty();
        }
    }

    public void step(long id, String step, long done, long total, long stepAt) throws IOException {
        db.update(
                "UPDATE task SET step = ?, done = ?, total = ?, step_at = ? WHERE id = ?",
                step,
                done,
                total,
                stepAt,
                id);
    }

    public void log(long id, String line) throws IOException {
        db.update(
                "INSERT INTO task_log(task_id, at, line) SELECT ?, ?, ? WHERE (SELECT count(*) FROM task_log WHERE task_id = ?) < ?",
                id,
                System.currentTimeMillis(),
                line,
                id,
                MOST_LOG_LINES);
    }

    /** A line of a task's log. */
    public record Line(long at, String text) {}

    public List<Line> log(long id) throws IOException {
        return db.query(
                row -> new Line(row.getLong(1), row.getString(2)),
                "SELECT at, line FROM task_log WHERE task_id = ? ORDER BY rowid",
                id);
    }

    public void finish(long id, State state, String result, String reason) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, result = ?, reason = ? WHERE id = ?",
                state.text(),
                System.currentTimeMillis(),
                result,
                reason,
                id);
    }

    /** Returns whether it waited, and is cancelled, or ran, and is told to end. */
    public boolean cancel(long id) throws IOException {
        int waiting = db.update(
                "UPDATE task SET state = 'cancelled', finished_at = ?, reason = 'before it began' WHERE id = ? AND state = 'queued'",
                System.currentTimeMillis(),
                id);
        return waiting == 1
                || db.update("UPDATE task SET cancel = 1 WHERE id = ? AND state = 'running' AND node_id IS NULL", id)
                        == 1;
    }

    public boolean cancelled(long id) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM task WHERE id = ? AND cancel = 1", id)
                .isEmpty();
    }

    public Optional<Task> find(long id) throws IOException {
        return db.query(TaskTable::task, TASK + " WHERE task.id = ?", id).stream()
                .findFirst();
    }

    /** The newest first. */
    public List<Task> list(int limit) throws IOException {
        return db.query(TaskTable::task, TASK + " ORDER BY task.id DESC LIMIT ?", limit);
    }

    /** When a task of this kind was last done, 0 for never. */
    public long lastDone(String kind) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND state = 'done'",
                        kind)
                .getFirst();
    }

    /** At start: what was running when the appliance stopped is broken. What waited goes on waiting. */
    public void breakRunning() throws IOException {
        db.update(
                "UPDATE task SET state = 'broken', finished_at = ?, reason = 'the appliance stopped' WHERE state = 'running'",
                System.currentTimeMillis());
    }

    /** Forgets tasks that ended before a moment. */
    public int forgetBefore(long moment) throws IOException {
        return db.update("DELETE FROM task WHERE finished_at < ?", moment);
    }
}
