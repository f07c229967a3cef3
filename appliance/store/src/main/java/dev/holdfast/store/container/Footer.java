package dev.holdfast.store.container;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * The last bytes of a sealed container; they let anyone verify it without keys.
 *
 * <pre>
 *  0  8  magic "HFFOOT\r\n"
 *  8  8  offset of the trailer: nonce 12, then ciphertext and tag of the frame entries
 * 16  4  trailer length
 * 20  4  frames
 * 24 32  hash of everything before the footer, by the algorithm of the header
 * 56  4  zero
 * 60  4  CRC-32C of bytes 0 to 59
 * </pre>
 */
record Footer(long trailerOffset, int trailerLength, int frames, byte[] hash) {
    static final int BYTES = 64;
    private static final long MAGIC = 0x4846464F4F540D0AL;

    byte[] encode() {
        ByteWriter out = new ByteWriter(BYTES);
        out.u64(MAGIC)
                .u64(trailerOffset)
                .u32(trailerLength)
                .u32(frames)
                .raw(hash)
                .u32(0);
        return out.u32(FrameHeader.crc(out.toByteArray(), 0, BYTES - 4)).toByteArray();
    }

    static Footer parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        if (in.u64() != MAGIC) {
            throw FormatException.corrupt("no container footer");
        }
        Footer footer = new Footer(in.u64(), in.i32(), in.i32(), in.raw(32));
        in.i32();
        if (in.i32() != FrameHeader.crc(bytes, 0, BYTES - 4)) {
            throw FormatException.corrupt("container footer fails its checksum");
        }
        return footer;
    }
}
