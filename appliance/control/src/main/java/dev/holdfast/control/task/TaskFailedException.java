package dev.holdfast.control.task;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A task came to its end, and what it found counts as a failure. The phrase is the reason. */
final class TaskFailedException extends PhrasedException {
    private final transient Object result;

    /** @param result is kept as if the task was done */
    TaskFailedException(Phrase reason, Object result) {
        super(reason);
        this.result = result;
    }

    Object result() {
        return result;
    }
}
