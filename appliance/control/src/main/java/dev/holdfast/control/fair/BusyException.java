package dev.holdfast.control.fair;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** More is asked for at this moment than there is room for. The message says of what, and what to do. */
public final class BusyException extends PhrasedException {
    public BusyException(Phrase why) {
        super(why);
    }
}
