package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a server shows as a block device. A connection opens one by {@link NbdExports#open} and closes it at its end, when no
 * request of the connection is at work any more.
 *
 * <p>Requests of a connection are carried out at the same time, so that every method must be safe for use by several threads,
 * which are virtual. Ranges lie within the export. A large read or write is carried out in parts of at most 256 KiB, cut at
 * multiples of 256 KiB.
 *
 * <p>Errors: an {@link NbdException} gives the client its error and its message. Another {@link IOException}, or a
 * {@link RuntimeException}, is logged; the client gets ENOSPC where the system said that there is no space, or else EIO, without
 * the message.
 */
public interface NbdExport extends Closeable {
    /** In bytes; constant. */
    long size();

    /** Whether clients may only read; constant. Then no method that changes the export is called. */
    boolean readOnly();

    /**
     * Whether clients may use several connections at once: what was written over one is read over the others, and flushing over
     * one flushes what was written over all. Constant.
     */
    boolean multiConn();

    /** For people, such as whose data it is and when it was saved; may be empty. Constant. */
    default String description() {
        return "";
    }

    /** Whether {@link #status} knows zeros at little cost, so that reads need not send them. Constant. */
    default boolean sparse() {
        return false;
    }

    /**
     * Reads until a buffer is full.
     *
     * @param target is the export's until the method ends; it lies outside the heap
     */
    void read(long offset, ByteBuffer target) throws IOException;

    /**
     * What is data, and what reads as zeros, from an offset on.
     *
     * @param length how far the caller wants to know; at least 1
     * @return at least one extent. The first begins at the offset, and each where the one before ends. They may end before the
     *     range does, and reach beyond it. At most {@link NbdExports#MAX_EXTENTS} of them are used
     */
    default List<NbdExtent> status(long offset, long length) throws IOException {
        return List.of(NbdExtent.data(offset, length));
    }

    /**
     * Writes what remains of a buffer. It need not be durable before {@link #flush}.
     *
     * @param source is the export's until the method ends; it lies outside the heap
     */
    default void write(long offset, ByteBuffer source) throws IOException {
        throw new NbdException(NbdError.PERMISSION, "the export is read-only");
    }

    /**
     * Writes zeros.
     *
     * @param length in bytes, up to 4 GiB
     * @param mayTrim whether the range may become a hole; if not, later writes to it must not fail for lack of space
     */
    default void zero(long offset, long length, boolean mayTrim) throws IOException {
        throw new NbdException(NbdError.PERMISSION, "the export is read-only");
    }

    /** Whether {@link #zero} of a range is faster than {@link #write} of it. Answers at once. */
    default boolean zeroesFast(long offset, long length, boolean mayTrim) {
        return false;
    }

    /**
     * Says that the content of a range is not needed any more. It may read as anything afterwards.
     *
     * @param length in bytes, up to 4 GiB
     */
    default void trim(long offset, long length) throws IOException {}

    /** Makes durable what all calls before that ended have written. */
    default void flush() throws IOException {}

    /** Says that a range will be read soon. */
    default void cache(long offset, long length) throws IOException {}
}
