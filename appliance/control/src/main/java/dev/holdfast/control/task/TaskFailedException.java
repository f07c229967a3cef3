package dev.holdfast.control.task;

import java.io.IOException;

/** A task came to its end, and what it found counts as a failure. The message is the reason, for people. */
final class TaskFailedException extends IOException {
    private final transient Object result;

    /** @param result is kept as if the task was done */
    TaskFailedException(String reason, Object result) {
        super(reason);
        this.result = result;
    }

    Object result() {
        return result;
    }
}
