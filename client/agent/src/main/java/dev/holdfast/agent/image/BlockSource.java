package dev.holdfast.agent.image;

import java.io.IOException;
import java.util.Optional;

/**
 * The content of a disk that is backed up, as the machine sees it. Several threads may read and look for data; the opener closes it
 * when no other thread uses it.
 */
public interface BlockSource extends AutoCloseable {
    /** Bytes. */
    long size();

    /** Reads up to {@code length} bytes, at least one; -1 at the end. */
    int read(long position, byte[] target, int offset, int length) throws IOException;

    /** Where data that is not known to be zeros begins at or after {@code position}; -1 where none follows. */
    long nextData(long position) throws IOException;

    /** Where the data that begins at {@code position} ends. */
    long nextHole(long position) throws IOException;

    /** What changed since a snapshot; empty where that is unknown, and all of the disk is read. */
    default Optional<BlockChanges> changes() {
        return Optional.empty();
    }

    /** After it was read: why the content may be a mixture of several moments; empty where it is none. */
    Optional<String> doubt() throws IOException;

    @Override
    void close() throws IOException;
}
