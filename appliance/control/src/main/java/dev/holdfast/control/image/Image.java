package dev.holdfast.control.image;

import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** What a disk was at one moment. Safe for use by several threads. */
public interface Image {
    /** Bytes. */
    long size();

    /** Puts zeros into a buffer. */
    static void zeros(ByteBuffer target, int count) {
        MemorySegment.ofBuffer(target).asSlice(0, count).fill((byte) 0);
        target.position(target.position() + count);
    }

    /** Reads until the buffer is full; the range lies within the image. */
    void read(long offset, ByteBuffer target) throws IOException;

    /**
     * What is data, and what is known to be zeros, from an offset on.
     *
     * @param length at least 1
     * @param most extents that are returned
     * @return at least one extent; the first begins at the offset, and each where the one before ends. They end where the range does, or
     *     before
     */
    List<NbdExtent> status(long offset, long length, int most) throws IOException;

    /**
     * Says that a range will be read soon.
     *
     * @return whether it is being read, or was read already; if not, there is enough to do
     */
    default boolean ahead(long offset, long length) throws IOException {
        return true;
    }
}
