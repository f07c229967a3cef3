package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import java.io.IOException;
import java.util.Optional;

/** Drills that boot a node's snapshot, which the appliance does itself, outside its queue. Safe for use by several threads. */
public final class BootTable {
    private final ControlDb db;

    BootTable(ControlDb db) {
        this.db = db;
    }

    /** @param argument as {@link TaskSpecCodec} stores it */
    public record Waiting(long task, int node, String argument) {
        /** @throws TaskSpecException where this release cannot carry it out */
        public TaskSpec.Boot spec() throws TaskSpecException {
            return (TaskSpec.Boot) TaskSpecCodec.decode(TaskKind.BOOT.text(), argument);
        }
    }

    /** A task for the appliance to do when its turn comes; returns its number. */
    public long add(int node, TaskSpec.Boot spec, String description, String requestedBy) throws IOException {
        return db.insert(
                "INSERT INTO task(node_id, kind, description, argument, state, requested_by, queued_at)"
                        + " VALUES (?, ?, ?, ?, 'queued', ?, ?)",
                node,
                spec.kind().text(),
                description,
                TaskSpecCodec.encode(spec),
                requestedBy,
                db.now());
    }

    /** Takes the oldest that waits, which is running from now on; empty where another took or cancelled it meanwhile. */
    public Optional<Waiting> take() throws IOException {
        Optional<Waiting> next = db.first(
                row -> new Waiting(row.getLong(1), row.getInt(2), row.getString(3)),
                "SELECT id, node_id, argument FROM task WHERE state = 'queued' AND kind = ? ORDER BY id LIMIT 1",
                TaskKind.BOOT.text());
        return next.isPresent() && db.tasks().start(next.get().task) ? next : Optional.empty();
    }
}
