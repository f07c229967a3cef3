package dev.holdfast.control.db;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Puts rows into the table of tasks as another release, or damage, would leave them. */
public final class StoredTasks {
    private StoredTasks() {}

    /**
     * Returns the task's number.
     *
     * @param node null for the appliance's own
     */
    public static long add(ControlDb control, @Nullable Integer node, String kind, String argument, int priority)
            throws IOException {
        return control.insert(
                "INSERT INTO task(node_id, kind, description, argument, priority, state, requested_by, queued_at)"
                        + " VALUES (?, ?, 'as found', ?, ?, 'queued', 'user ann', ?)",
                node,
                kind,
                argument,
                priority,
                control.now());
    }

    /** Damages what a task is to do. */
    public static void damage(ControlDb control, long task, String argument) throws IOException {
        control.update("UPDATE task SET argument = ? WHERE id = ?", argument, task);
    }

    /** As the state that only another release knows. */
    public static void state(ControlDb control, long task, String state) throws IOException {
        control.update("UPDATE task SET state = ? WHERE id = ?", state, task);
    }
}
