package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Orders: tasks that a client's service does. Their progress and end are in {@link TaskTable}. Safe for use by several threads. */
public final class OrderTable {
    private final ControlDb db;

    OrderTable(ControlDb db) {
        this.db = db;
    }

    /**
     * An order that waits or runs.
     *
     * @param kind the name of a {@link TaskKind}, or of one that only another release knows
     * @param argument as {@link TaskSpecCodec} stores it
     */
    public record Order(
            long id, int node, String kind, TaskState state, String argument, boolean cancel, boolean paused) {
        public boolean is(TaskKind wanted) {
            return kind.equals(wanted.text());
        }

        /** @throws TaskSpecException where this release cannot carry it out */
        public TaskSpec.Order spec() throws TaskSpecException {
            return TaskSpecCodec.decodeOrder(kind, argument);
        }
    }

    /** A task for a node's service to do when its turn comes; returns its number. */
    public long add(
            int node, @Nullable String plan, TaskSpec.Order spec, String description, int priority, String requestedBy)
            throws IOException {
        return db.insert(
                "INSERT INTO task(node_id, plan, kind, description, argument, priority, state, requested_by, queued_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
                node,
                plan,
                spec.kind().text(),
                description,
                TaskSpecCodec.encode(spec),
                priority,
                requestedBy,
                db.now());
    }

    /** Those that have not ended, those of highest priority first. */
    public List<Order> open() throws IOException {
        return db.query(
                row -> new Order(
                        row.getLong(1),
                        row.getInt(2),
                        row.getString(3),
                        TaskState.of(row.getString(4)),
                        row.getString(5),
                        row.getInt(6) != 0,
                        row.getInt(7) != 0),
                "SELECT id, node_id, kind, state, argument, cancel, paused FROM task"
                        + " WHERE state IN ('queued', 'running') AND node_id IS NOT NULL AND requested_by <> '' AND kind <> ?"
                        + " ORDER BY priority DESC, id",
                TaskKind.BOOT.text());
    }

    /** Specifications, as they are stored, of the restores that a node works on just now. Waits for nobody who writes. */
    public List<String> restoring(int node) throws IOException {
        return db.read(
                row -> row.getString(1),
                "SELECT argument FROM task WHERE node_id = ? AND state = 'running' AND kind = ? AND cancel = 0"
                        + " AND requested_by <> '' ORDER BY priority DESC, id",
                node,
                TaskKind.RESTORE.text());
    }

    /** An order of a node that runs. */
    public Optional<Task> running(long id, int node) throws IOException {
        return db.first(
                TaskRows::task,
                TaskRows.WHOLE + " WHERE task.id = ? AND node_id = ? AND state = 'running' AND requested_by <> ''"
                        + " AND kind <> ?",
                id,
                node,
                TaskKind.BOOT.text());
    }

    /** Ends all orders that have not ended, in a copy of the database whose appliance carries out nothing. */
    public void withdrawAll(Phrase why) throws IOException {
        db.tasks().endWhere("state IN ('queued', 'running')", TaskState.CANCELLED, why);
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

    /** Returns whether it is a backup by order that has not ended, which stands still or goes on from now on. */
    public boolean pause(long id, boolean paused) throws IOException {
        return db.update(
                        "UPDATE task SET paused = ? WHERE id = ? AND kind = ? AND requested_by <> ''"
                                + " AND state IN ('queued', 'running')",
                        paused ? 1 : 0,
                        id,
                        TaskKind.BACKUP.text())
                == 1;
    }

    /** Whether an order of this kind waits or runs at a node. */
    public boolean isOpen(TaskKind kind, int node) throws IOException {
        return open().stream().anyMatch(order -> order.node() == node && order.is(kind));
    }

    /** Whether a node is idle: it runs no order, and no command that was started there. */
    public boolean idle(int node) throws IOException {
        return db.query(
                                row -> row.getInt(1),
                                "SELECT count(*) FROM task WHERE node_id = ? AND state = 'running' AND kind <> ?",
                                node,
                                TaskKind.BOOT.text())
                        .getFirst()
                == 0;
    }

    /**
     * A node's attempt to upgrade its client.
     *
     * @param step the last one that the node told of; empty where it refused the order
     */
    public record Attempt(long id, int node, TaskState state, String step, Phrase reason) {}

    /** All attempts to reach a version, of all nodes, by plans and by persons; the oldest first. */
    public List<Attempt> attempts(TaskSpec.Upgrade upgrade) throws IOException {
        return db.query(
                row -> new Attempt(
                        row.getLong(1),
                        row.getInt(2),
                        TaskState.of(row.getString(3)),
                        row.getString(4),
                        PhraseJson.read(row.getString(6)).orElse(Phrase.plain(row.getString(5)))),
                "SELECT id, node_id, state, step, substr(reason, 1, 1000), reason_phrase FROM task WHERE kind = 'upgrade'"
                        + " AND argument = ? AND node_id IS NOT NULL AND requested_by <> '' ORDER BY id",
                TaskSpecCodec.encode(upgrade));
    }

    /** When a task of this kind last ended at a node, however it did; 0 for never. */
    public long lastEnded(TaskKind kind, int node) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT coalesce(max(finished_at), 0) FROM task WHERE kind = ? AND node_id = ?",
                        kind.text(),
                        node)
                .getFirst();
    }

    /** The newest task of a plan at a node. */
    public Optional<Task> last(String plan, int node) throws IOException {
        return db.first(
                TaskRows::task,
                TaskRows.WHOLE + " WHERE plan = ? AND node_id = ? ORDER BY task.id DESC LIMIT 1",
                plan,
                node);
    }

    /** When the newest task of a plan at a node that was done had begun, 0 for never. */
    public long lastDone(String plan, int node) throws IOException {
        return db.first(
                        row -> row.getLong(1),
                        "SELECT started_at FROM task WHERE plan = ? AND node_id = ? AND state = 'done' ORDER BY id DESC LIMIT 1",
                        plan,
                        node)
                .orElse(0L);
    }
}
