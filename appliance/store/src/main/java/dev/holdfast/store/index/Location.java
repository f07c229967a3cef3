package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.container.FrameEntry;

/**
 * Where a chunk lies: 20 bytes in the index.
 *
 * @param container its number
 * @param offset of the frame in the container, a multiple of 16
 * @param storedLength of the ciphertext and tag
 * @param kind what the chunk was first stored as
 * @param ordinal the frame's nonce counter
 * @param owner the node that stored it first; further owners have entries of their own
 */
public record Location(int container, long offset, int storedLength, ChunkKind kind, int ordinal, int owner)
        implements Comparable<Location> {
    static final int BYTES = 20;

    /** Stored lengths stay well below 2^24, which leaves room for the kind above. */
    private static final int KIND_SHIFT = 24;

    /** Where a frame lies. */
    public static Location of(int container, FrameEntry entry) {
        return new Location(
                container, entry.offset(), entry.storedLength(), entry.kind(), entry.ordinal(), entry.owner());
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(BYTES);
        return out.u32(container)
                .u32(offset >>> 4)
                .u32((long) kind.code() << KIND_SHIFT | storedLength)
                .u32(ordinal)
                .u32(owner)
                .toByteArray();
    }

    static Location parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        int container = in.i32();
        long offset = in.u32() << 4;
        int packed = in.i32();
        ChunkKind kind = ChunkKind.of(packed >>> KIND_SHIFT);
        Location location = new Location(container, offset, packed & (1 << KIND_SHIFT) - 1, kind, in.i32(), in.i32());
        in.expectEnd("index entry");
        return location;
    }

    /** A number that sorts as reading should go: by container, then by offset. */
    public long place() {
        return place(container, offset);
    }

    public static long place(int container, long offset) {
        return Integer.toUnsignedLong(container) << 31 | offset >>> 4;
    }

    @Override
    public int compareTo(Location other) {
        return Long.compare(place(), other.place());
    }
}
