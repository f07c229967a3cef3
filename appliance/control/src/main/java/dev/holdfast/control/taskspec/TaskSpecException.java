package dev.holdfast.control.taskspec;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A stored task that this release cannot carry out: its kind is unknown, or its specification is damaged. */
public final class TaskSpecException extends PhrasedException {
    private static final long serialVersionUID = 1;

    TaskSpecException(Phrase reason) {
        super(reason);
    }
}
