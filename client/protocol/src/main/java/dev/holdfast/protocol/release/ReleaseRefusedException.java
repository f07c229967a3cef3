package dev.holdfast.protocol.release;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A package that must not be installed. The message says why, and what to do. */
public final class ReleaseRefusedException extends PhrasedException {
    private static final long serialVersionUID = 1;

    public ReleaseRefusedException(Phrase reason) {
        super(reason);
    }
}
