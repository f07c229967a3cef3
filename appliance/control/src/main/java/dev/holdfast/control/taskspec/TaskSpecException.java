package dev.holdfast.control.taskspec;

import java.io.IOException;

/** A stored task that this release cannot carry out: its kind is unknown, or its specification is damaged. */
public final class TaskSpecException extends IOException {
    private static final long serialVersionUID = 1;

    TaskSpecException(String message) {
        super(message);
    }
}
