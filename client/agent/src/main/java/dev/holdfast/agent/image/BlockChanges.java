package dev.holdfast.agent.image;

import java.io.IOException;
import java.util.UUID;

/**
 * What changed on a disk since a snapshot: all else is taken over from that snapshot without reading it. A source offers this only if
 * it surely misses no change, and if the snapshot had no doubt about the disk. Used by one thread.
 */
public interface BlockChanges {
    /** The snapshot of the same disk, at the same size, from which it counts. */
    UUID since();

    /** Where something that may have changed begins at or after {@code position}; -1 where nothing follows. */
    long nextChange(long position) throws IOException;

    /** Where the change that begins at {@code position} ends. */
    long nextSame(long position) throws IOException;

    /** The disk is read in full all the same, or from some point on. */
    void unused(String why);
}
