package dev.holdfast.agent.fs;

import java.io.IOException;

/**
 * An open disk: a block device, or a regular file with the bytes of one. Safe for use by several threads; the opener closes it, never
 * during a call of another thread.
 */
public interface BlockFile extends AutoCloseable {
    /** Bytes. */
    long size();

    /** Whether it is a device, whose size is fixed. */
    boolean device();

    /** Whether somebody has this file open for writing, or this device is mounted or part of another, or the system does not tell. */
    default boolean mayBeWritten() throws IOException {
        return true;
    }

    /** Reads up to {@code length} bytes; -1 at the end. */
    int read(long position, byte[] target, int offset, int length) throws IOException;

    /** Writes all. A regular file may grow. */
    void write(long position, byte[] source, int offset, int length) throws IOException;

    /**
     * Makes a range read as zeros, by giving its blocks back where the system can.
     *
     * @return false where the system cannot, and nothing was changed
     */
    boolean punch(long position, long length) throws IOException;

    /** Where the next data at or after {@code position} begins; -1 where only a hole follows. */
    long nextData(long position) throws IOException;

    /** Where the next hole at or after {@code position} begins: at the latest the end. */
    long nextHole(long position) throws IOException;

    /** Gives a regular file another size. */
    void truncate(long size) throws IOException;

    /** Waits until everything written is on disk; fails where something written was lost. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
}
