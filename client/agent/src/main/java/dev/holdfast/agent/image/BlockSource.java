package dev.holdfast.agent.image;

import java.io.IOException;
import java.nio.file.Path;
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

    /** The device or file of this machine that has the same bytes; empty where there is none. */
    default Optional<Path> place() {
        return Optional.empty();
    }

    /** Who may write to it while it is read, or that this is unknown; empty where surely nobody does. */
    default Optional<String> writers() throws IOException {
        return Optional.of("the system does not tell who writes to it");
    }

    /** Of what is not data: blocks that file systems have not allocated, whatever they hold. */
    default long unallocatedBytes() {
        return 0;
    }

    /** After it was read: why the content may be a mixture of several moments; empty where it is none. */
    Optional<String> doubt() throws IOException;

    @Override
    void close() throws IOException;
}
