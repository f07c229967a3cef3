package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.ChunkId;

/**
 * A frame as the trailer lists it: 52 bytes, id 32 · offset/16 u32 · stored length u32 · ordinal u32 · owner u32 · kind u8
 * · zero 3.
 *
 * @param offset of the frame's header in the container, a multiple of 16
 */
public record FrameEntry(ChunkId id, long offset, int storedLength, int ordinal, int owner, ChunkKind kind) {
    public static final int BYTES = 52;

    /** The offset after a frame's ciphertext, without padding. */
    public static long end(long offset, int storedLength) {
        return offset + FrameHeader.BYTES + storedLength;
    }

    /** Whether a frame may be so long; one that may not, from an older release, cannot be read. */
    public boolean readable() {
        return storedLength >= Aead.TAG_BYTES && storedLength <= FrameHeader.MAX_STORED_BYTES;
    }

    public void write(ByteWriter out) {
        id.write(out);
        out.u32(offset >>> 4)
                .u32(storedLength)
                .u32(ordinal)
                .u32(owner)
                .u8(kind.code())
                .u8(0)
                .u16(0);
    }

    public static FrameEntry read(ByteReader in) throws FormatException {
        ChunkId id = ChunkId.read(in);
        long offset = in.u32() << 4;
        int storedLength = in.i32();
        int ordinal = in.i32();
        int owner = in.i32();
        ChunkKind kind = ChunkKind.of(in.u8());
        in.raw(3);
        return new FrameEntry(id, offset, storedLength, ordinal, owner, kind);
    }
}
