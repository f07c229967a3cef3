package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * Where a chunk lies: 20 bytes in the index.
 *
 * @param container its number
 * @param offset of the frame in the container, a multiple of 16
 * @param storedLength of the ciphertext and tag
 * @param ordinal the frame's nonce counter
 * @param owner the node that stored it first; further owners are listed beside
 */
public record Location(int container, long offset, int storedLength, int ordinal, int owner)
        implements Comparable<Location> {
    byte[] encode() {
        ByteWriter out = new ByteWriter(20);
        return out.u32(container)
                .u32(offset >>> 4)
                .u32(storedLength)
                .u32(ordinal)
                .u32(owner)
                .toByteArray();
    }

    static Location parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        Location location = new Location(in.i32(), in.u32() << 4, in.i32(), in.i32(), in.i32());
        in.expectEnd("index entry");
        return location;
    }

    /** A number that sorts as reading should go: by container, then by offset. */
    public long place() {
        return Integer.toUnsignedLong(container) << 31 | offset >>> 4;
    }

    @Override
    public int compareTo(Location other) {
        return Long.compare(place(), other.place());
    }
}
