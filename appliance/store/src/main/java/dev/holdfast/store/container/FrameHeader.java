package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.envelope.Aead;
import dev.holdfast.store.envelope.ChunkId;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What stands before each frame's ciphertext.
 *
 * <pre>
 *  0  4  magic "HFFR"
 *  4  4  ordinal: the nonce's counter, unique in the container
 *  8  4  stored length: ciphertext and tag
 * 12  4  raw length: the plaintext chunk's
 * 16  1  codec
 * 17  1  kind
 * 18  2  zero
 * 20  4  node that stored it
 * 24 32  chunk id
 * 56  4  CRC-32C of the ciphertext and tag
 * 60  4  CRC-32C of bytes 0 to 59
 * </pre>
 */
record FrameHeader(
        int ordinal, int storedLength, int rawLength, Codec codec, ChunkKind kind, int owner, ChunkId id, int bodyCrc) {
    static final int BYTES = 64;
    static final int MAGIC = 0x48464652;
    /** A chunk that does not compress, and its tag. */
    static final int MAX_STORED_BYTES = Packed.MAX_RAW_BYTES + Aead.TAG_BYTES;

    FrameHeader with(int checksum) {
        return new FrameHeader(ordinal, storedLength, rawLength, codec, kind, owner, id, checksum);
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter(BYTES);
        out.u32(MAGIC).u32(ordinal).u32(storedLength).u32(rawLength);
        out.u8(codec.code()).u8(kind.code()).u16(0).u32(owner);
        id.write(out);
        out.u32(bodyCrc);
        return out.u32(crc(out.toByteArray(), 0, BYTES - 4)).toByteArray();
    }

    static FrameHeader parse(byte[] buffer, int offset) throws FormatException {
        ByteReader in = new ByteReader(buffer, offset, BYTES);
        if (in.i32() != MAGIC) {
            throw FormatException.corrupt("no frame");
        }
        int ordinal = in.i32();
        int storedLength = in.i32();
        int rawLength = in.i32();
        int codecCode = in.u8();
        int kindCode = in.u8();
        in.u16();
        int owner = in.i32();
        ChunkId id = ChunkId.read(in);
        int bodyCrc = in.i32();
        if (in.i32() != crc(buffer, offset, BYTES - 4)) {
            throw FormatException.corrupt("frame header fails its checksum");
        }
        if (storedLength < Aead.TAG_BYTES
                || storedLength > MAX_STORED_BYTES
                || rawLength < 0
                || rawLength > Packed.MAX_RAW_BYTES) {
            throw FormatException.corrupt("frame lengths " + storedLength + "/" + rawLength + " are out of range");
        }
        return new FrameHeader(
                ordinal, storedLength, rawLength, Codec.of(codecCode), ChunkKind.of(kindCode), owner, id, bodyCrc);
    }

    /** Everything a forger might swap, so that no frame can pass for another. */
    byte[] aad(UUID container) {
        ByteWriter out = new ByteWriter(80);
        out.u64(container.getMostSignificantBits()).u64(container.getLeastSignificantBits());
        out.u32(ordinal);
        id.write(out);
        return out.u32(storedLength)
                .u32(rawLength)
                .u8(codec.code())
                .u8(kind.code())
                .u32(owner)
                .toByteArray();
    }

    static byte[] nonce(int ordinal) {
        return new ByteWriter(Aead.NONCE_BYTES).u64(0).u32(ordinal).toByteArray();
    }

    /** Bytes a frame takes, with its header and padding. */
    static int paddedBytes(int storedLength) {
        return (BYTES + storedLength + 15) & ~15;
    }

    static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}
