package dev.holdfast.control.guestfs;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** The disks of a snapshot, or something on them, cannot be read by libguestfs. The message says why, and what to do. */
public final class GuestfsException extends PhrasedException {
    GuestfsException(Phrase why) {
        super(why);
    }
}
