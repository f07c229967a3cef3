package dev.holdfast.control.taskspec;

import java.util.Arrays;
import java.util.Locale;

/** Where a task stands. */
public enum TaskState {
    QUEUED,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED,
    /** The appliance, or the connection to the client, ended before the task did. */
    BROKEN;

    /** The name that the control database has for it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean ended() {
        return this != QUEUED && this != RUNNING;
    }

    /** A state that only another release knows is {@link #BROKEN}: this one will not continue the task. */
    public static TaskState of(String text) {
        return Arrays.stream(values())
                .filter(state -> state.text().equals(text))
                .findFirst()
                .orElse(BROKEN);
    }
}
