package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
     * A task.
     *
     * @param node its name, empty for the appliance's own
     * @param argument JSON
     * @param step what it is doing, {@code done} of {@code total} since {@code stepAt}
     * @param result JSON
     * @param reason why it failed or ended early
     * @param bytes received from the node
     * @param plan that it runs for, if any
     */
    public record Task(
            long id,
            String node,
            String kind,
            String description,
            String argument,
            State state,
            String requestedBy,
            Instant queuedAt,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            String step,
            long done,
            long total,
            @Nullable Instant stepAt,
            String result,
            String reason,
            long chunks,
            long bytes,
            @Nullable String snapshot,
            @Nullable String plan,
            boolean paused) {
        /** The same, without what it is about. */
        public Task discreet() {
            return new Task(
                    id,
                    node,
                    kind,
                    "",
                    "{}",
                    state,
                    requestedBy,
                    queuedAt,
                    startedAt,
                    finishedAt,
                    "",
                    done,
                    total,
                    stepAt,
                    "{}",
                    "",
                    chunks,
                    bytes,
                    null,
                    plan,
                    paused);
        }

        /** How much the step does in a second, so far; 0 where it cannot be told. */
        public long rate(Instant now) {
            long millis = stepMillis(now);
            return millis <= 0 ? 0 : (long) (done * 1000.0 / millis);
        }

        /** Of the step so far; 0 where there is none. */
        private long stepMillis(Instant now) {
            return state != State.RUNNING || stepAt == null ? 0 : now.toEpochMilli() - stepAt.toEpochMilli();
        }

        /** Seconds that the step will take by its rate so far, -1 where it cannot be told. */
        public long etaSeconds(Instant now) {
            long millis = stepMillis(now);
            if (done <= 0 || total <= done || millis <= 0) {
                return -1;
            }
            return (long) (millis / 1000.0 / done * (total - done));
        }
    }

    private static final String TASK =
            "SELECT task.id, coalesce(node.name, ''), kind, description, argument, state, requested_by, queued_at,"
                    + " started_at, finished_at, step, done, total, step_at, result, reason, chunks, bytes, snapshot, plan, paused FROM task"
                    + " LEFT JOIN node ON node.id = node_id";

    /** For lists: long texts are left out, and told one task at a time. */
    private static final String BRIEF = "SELECT task.id, coalesce(node.name, ''), kind, substr(description, 1, 500),"
            + " CASE WHEN length(argument) > 1000 THEN '{}' ELSE argument END, state, substr(requested_by, 1, 200),"
            + " queued_at, started_at, finished_at, substr(step, 1, 300), done, total, step_at,"
            + " CASE WHEN length(result) > 1000 THEN '{}' ELSE result END, substr(reason, 1, 500), chunks, bytes,"
            + " snapshot, plan, paused FROM task LEFT JOIN node ON node.id = node_id";

    private static Task task(ResultSet row) throws SQLException {
        return new Task(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                State.valueOf(row.getString(6).toUpperCase(java.util.Locale.ROOT)),
                row.getString(7),
                Instant.ofEpochMilli(row.getLong(8)),
                Moments.ofMillis(Database.longOrNull(row, 9)),
                Moments.ofMillis(Database.longOrNull(row, 10)),
                row.getString(11),
                row.getLong(12),
                row.getLong(13),
                Moments.ofMillis(row.getLong(14)),
                row.getString(15),
                row.getString(16),
                row.getLong(17),
                row.getLong(18),
                row.getString(19),
                row.getString(20),
                row.getInt(21) != 0);
    }

    /** A task that a node has begun. */
    public long begin(int node, String kind, String description) throws IOException {
        long now = db.now();
        return db.insert(
                "INSERT INTO task(node_id, kind, description, state, queued_at, started_at) VALUES (?, ?, ?, 'running', ?, ?)",
                node,
                kind,
                description,
                now,
                now);
    }

    /** A task of the appliance's own that has begun outside the queue. */
    public long beginOwn(String kind, String description, String requestedBy) throws IOException {
        long now = db.now();
        return db.insert(
                "INSERT INTO task(kind, description, state, requested_by, queued_at, started_at) VALUES (?, ?, 'running', ?, ?, ?)",
                kind,
                description,
                requestedBy,
                now,
                now);
    }

    /** How many wait for their turn. */
    public int countQueued() throws IOException {
        return db.query(row -> row.getInt(1), "SELECT count(*) FROM task WHERE state = 'queued'")
                .getFirst();
    }

    /** How many tasks there are, by state. */
    public Map<State, Long> count() throws IOException {
        Map<State, Long> counts = new EnumMap<>(State.class);
        for (State state : State.values()) {
            counts.put(state, 0L);
        }
        db.query(
                row -> counts.put(State.valueOf(row.getString(1).toUpperCase(java.util.Locale.ROOT)), row.getLong(2)),
                "SELECT state, count(*) FROM task GROUP BY state");
        return counts;
    }

    /** A node's task has ended. */
    public void end(long id, boolean done, long chunks, long bytes, @Nullable String snapshot) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, chunks = ?, bytes = ?, snapshot = ? WHERE id = ?",
                done ? "done" : "broken",
                db.now(),
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
                db.now());
    }

    /** Whether a task of this kind waits or runs. */
    public boolean pending(String kind) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM task WHERE kind = ? AND state IN ('queued', 'running') LIMIT 1",
                        kind)
                .isEmpty();
    }

    /** Takes the next task that waits, which is running from now on; empty where another took or cancelled it meanwhile. */
    public Optional<Task> take() throws IOException {
        Optional<Task> next = db.first(
                TaskTable::task,
                TASK + " WHERE state = 'queued' AND node_id IS NULL ORDER BY priority DESC, task.id LIMIT 1");
        return next.isPresent() && start(next.get().id()) ? next : Optional.empty();
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
        log(id, List.of(line));
    }

    /** Adds lines to a task's log together, as long as there is room for them. */
    public void log(long id, List<String> lines) throws IOException {
        if (lines.isEmpty()) {
            return;
        }
        db.inTransaction(() -> {
            int room = MOST_LOG_LINES
                    - db.query(row -> row.getInt(1), "SELECT count(*) FROM task_log WHERE task_id = ?", id)
                            .getFirst();
            for (String line : lines.subList(0, Math.clamp(room, 0, lines.size()))) {
                db.update("INSERT INTO task_log(task_id, at, line) VALUES (?, ?, ?)", id, db.now(), line);
            }
        });
    }

    /** A line of a task's log. */
    public record Line(Instant at, String text) {}

    public List<Line> log(long id) throws IOException {
        return db.query(
                row -> new Line(Instant.ofEpochMilli(row.getLong(1)), row.getString(2)),
                "SELECT at, substr(line, 1, 2000) FROM task_log WHERE task_id = ? ORDER BY rowid LIMIT ?",
                id,
                MOST_LOG_LINES);
    }

    public void finish(long id, State state, String result, String reason) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, result = ?, reason = ? WHERE id = ?",
                state.text(),
                db.now(),
                result,
                reason,
                id);
    }

    /** Returns whether it waited, and is cancelled, or ran, and is told to end. */
    public boolean cancel(long id) throws IOException {
        int waiting = db.update(
                "UPDATE task SET state = 'cancelled', finished_at = ?, reason = 'before it began' WHERE id = ? AND state = 'queued'",
                db.now(),
                id);
        return waiting == 1
                || db.update(
                                "UPDATE task SET cancel = 1 WHERE id = ? AND state = 'running' AND (node_id IS NULL OR requested_by <> '')",
                                id)
                        == 1;
    }

    /** Returns whether it is a backup by order that has not ended, which stands still or goes on from now on. */
    public boolean pause(long id, boolean paused) throws IOException {
        return db.update(
                        "UPDATE task SET paused = ? WHERE id = ? AND kind = 'backup' AND requested_by <> ''"
                                + " AND state IN ('queued', 'running')",
                        paused ? 1 : 0,
                        id)
                == 1;
    }

    // ---- orders: tasks that a client's service does

    /** An order that waits or runs. */
    public record Order(long id, int node, String kind, State state, String argument, boolean cancel, boolean paused) {}

    /** A task for a node's service to do when its turn comes. */
    public long order(
            int node,
            @Nullable String plan,
            String kind,
            String description,
            String argument,
            int priority,
            String requestedBy)
            throws IOException {
        return db.insert(
                "INSERT INTO task(node_id, plan, kind, description, argument, priority, state, requested_by, queued_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
                node,
                plan,
                kind,
                description,
                argument,
                priority,
                requestedBy,
                db.now());
    }

    /** Orders that have not ended, those of highest priority first. */
    public List<Order> orders() throws IOException {
        return db.query(
                row -> new Order(
                        row.getLong(1),
                        row.getInt(2),
                        row.getString(3),
                        State.valueOf(row.getString(4).toUpperCase(java.util.Locale.ROOT)),
                        row.getString(5),
                        row.getInt(6) != 0,
                        row.getInt(7) != 0),
                "SELECT id, node_id, kind, state, argument, cancel, paused FROM task"
                        + " WHERE state IN ('queued', 'running') AND node_id IS NOT NULL AND requested_by <> ''"
                        + " ORDER BY priority DESC, id");
    }

    /** Arguments of the orders to restore that a node works on just now. Waits for nobody who writes. */
    public List<String> restoring(int node) throws IOException {
        return db.read(
                row -> row.getString(1),
                "SELECT argument FROM task WHERE node_id = ? AND state = 'running' AND kind = 'restore' AND cancel = 0"
                        + " AND requested_by <> '' ORDER BY priority DESC, id",
                node);
    }

    /** An order of a node that runs. */
    public Optional<Task> runningOrder(long id, int node) throws IOException {
        return db.first(
                TaskTable::task,
                TASK + " WHERE task.id = ? AND node_id = ? AND state = 'running' AND requested_by <> ''",
                id,
                node);
    }

    /** Returns whether the order was still waiting; it runs from now on. */
    public boolean start(long id) throws IOException {
        return db.update(
                        "UPDATE task SET state = 'running', started_at = ? WHERE id = ? AND state = 'queued'",
                        db.now(),
                        id)
                == 1;
    }

    /** What a backup by order has brought so far. */
    public void received(long id, long chunks, long bytes, @Nullable String snapshot) throws IOException {
        db.update(
                "UPDATE task SET chunks = ?, bytes = ?, snapshot = coalesce(?, snapshot) WHERE id = ?",
                chunks,
                bytes,
                snapshot,
                id);
    }

    /** Whether an order of this kind waits or runs at a node. */
    public boolean ordered(String kind, int node) throws IOException {
        return orders().stream()
                .anyMatch(order -> order.node() == node && order.kind().equals(kind));
    }

    /** When a task of this kind of the appliance's own last ended, however it did; 0 for never. */
    public long lastEnded(String kind) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND node_id IS NULL",
                        kind)
                .getFirst();
    }

    /** When an order of this kind last ended at a node, however it did; 0 for never. */
    public long lastEnded(String kind, int node) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND node_id = ?",
                        kind,
                        node)
                .getFirst();
    }

    /** The newest task of a plan at a node. */
    public Optional<Task> last(String plan, int node) throws IOException {
        return db.first(
                TaskTable::task, TASK + " WHERE plan = ? AND node_id = ? ORDER BY task.id DESC LIMIT 1", plan, node);
    }

    /** When the newest task of a plan at a node that was done had begun, 0 for never. */
    public long lastDone(String plan, int node) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(started_at), 0) FROM task WHERE plan = ? AND node_id = ? AND state = 'done'",
                        plan,
                        node)
                .getFirst();
    }

    public boolean cancelled(long id) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM task WHERE id = ? AND cancel = 1", id)
                .isEmpty();
    }

    public Optional<Task> find(long id) throws IOException {
        return db.first(TaskTable::task, TASK + " WHERE task.id = ?", id);
    }

    /** Those that have not ended, and those that ended since a moment. */
    public List<Task> stirring(long since) throws IOException {
        return db.read(
                TaskTable::task,
                BRIEF + " WHERE state IN ('queued', 'running') OR finished_at >= ? ORDER BY task.id DESC LIMIT 1000",
                since);
    }

    /** The newest that ended well, by kind: of the appliance's own. */
    public Optional<Task> lastDoneOf(String kind) throws IOException {
        return db.first(
                TaskTable::task,
                TASK + " WHERE kind = ? AND state = 'done' AND node_id IS NULL ORDER BY task.id DESC LIMIT 1",
                kind);
    }

    /** The newest first. */
    public List<Task> list(int limit) throws IOException {
        return db.read(TaskTable::task, BRIEF + " ORDER BY task.id DESC LIMIT ?", limit);
    }

    /**
     * Part of the history, the newest first.
     *
     * @param before only tasks with smaller numbers
     * @param state null for all; {@code kind}, {@code node} and {@code plan} are empty for all
     * @param nodes whose tasks; null for all, and for tasks of no node
     */
    public List<Task> page(
            long before,
            @Nullable State state,
            String kind,
            String node,
            String plan,
            @Nullable List<String> nodes,
            int limit)
            throws IOException {
        String scope = ControlDb.list(nodes);
        return db.read(
                TaskTable::task,
                BRIEF + " WHERE task.id < ? AND (? = '' OR state = ?) AND (? = '' OR kind = ?)"
                        + " AND (? = '' OR node.name = ?) AND (? = '' OR plan = ?)"
                        + " AND (? IS NULL OR node.name IN (SELECT value FROM json_each(?))) ORDER BY task.id DESC LIMIT ?",
                before,
                state == null ? "" : state.text(),
                state == null ? "" : state.text(),
                kind,
                kind,
                node,
                node,
                plan,
                plan,
                scope,
                scope,
                limit);
    }

    /** When a task of this kind was last done, 0 for never. */
    public long lastDone(String kind) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND state = 'done'",
                        kind)
                .getFirst();
    }

    /**
     * At start: what was running when the appliance stopped is broken. What waited goes on waiting, and orders may still
     * be under way at their nodes.
     */
    public void breakRunning() throws IOException {
        db.update(
                "UPDATE task SET state = 'broken', finished_at = ?, reason = 'the appliance stopped' WHERE state = 'running'"
                        + " AND (node_id IS NULL OR requested_by = '')",
                db.now());
    }

    /** Forgets tasks that ended before a moment. */
    public int forgetBefore(long moment) throws IOException {
        return db.update("DELETE FROM task WHERE finished_at < ?", moment);
    }
}
