package dev.holdfast.store.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The file operations that durability rests on, and no others, so that tests can put a disk beneath the store that
 * fails, tears or forgets. Safe for use by several threads.
 */
public interface Disk {
    /** Creates a file that must not exist yet. */
    DiskFile create(Path file) throws IOException;

    /** Opens an existing file; {@code writable} only for the repair of a torn one. */
    DiskFile open(Path file, boolean writable) throws IOException;

    void rename(Path from, Path to) throws IOException;

    void delete(Path file) throws IOException;

    /** Makes creations, renames and deletions in a directory durable. */
    void syncDirectory(Path directory) throws IOException;

    /** Bytes that can still be written to the file system that holds {@code path}. */
    long freeBytes(Path path) throws IOException;

    long totalBytes(Path path) throws IOException;

    /** What is equal for paths on the same file system. */
    Object fileSystem(Path path) throws IOException;

    /** An open file; one owner closes it. */
    interface DiskFile extends AutoCloseable {
        /** Fills {@code target} from {@code position}; returns bytes read, fewer only at the end of the file. */
        int read(ByteBuffer target, long position) throws IOException;

        /** Writes all of {@code source}. */
        void write(ByteBuffer source, long position) throws IOException;

        /** Brings all written bytes to stable storage. */
        void sync() throws IOException;

        void truncate(long size) throws IOException;

        long size() throws IOException;

        @Override
        void close() throws IOException;
    }
}
