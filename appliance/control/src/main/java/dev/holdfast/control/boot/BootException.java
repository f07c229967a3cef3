package dev.holdfast.control.boot;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A machine did not do what a drill waited for, or could not be started. The message says why, and what to do. */
final class BootException extends PhrasedException {
    BootException(Phrase why) {
        super(why);
    }

    /** In English. */
    String text() {
        return phrase().english();
    }
}
