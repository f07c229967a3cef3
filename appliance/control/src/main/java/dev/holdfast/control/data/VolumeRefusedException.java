package dev.holdfast.control.data;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A volume cannot be added, drained or retired as things are. Nothing was changed. */
public final class VolumeRefusedException extends PhrasedException {
    private static final long serialVersionUID = 1;

    public VolumeRefusedException(Phrase why) {
        super(why);
    }
}
