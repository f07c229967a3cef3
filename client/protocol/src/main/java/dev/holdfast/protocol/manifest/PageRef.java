package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;

/**
 * A manifest page as a snapshot's root lists it.
 *
 * @param first the path of the page's first named record; of the last one before it where the page names nothing or
 *     begins in the middle of a file. Never decreases from page to page
 * @param continuation whether the page begins in the middle of a file
 * @param digest the page chunk
 * @param length its plaintext length in bytes
 * @param records how many records it holds
 */
public record PageRef(TreePath first, boolean continuation, Digest digest, int length, int records) {
    public void write(ByteWriter out) {
        out.bytes(first.toBytes()).u8(continuation ? 1 : 0);
        digest.write(out);
        out.varint(length).varint(records);
    }

    /** What {@link #write} takes, rounded up. */
    public int encodedBytes() {
        return first.toBytes().length + Digest.BYTES + 16;
    }

    public static PageRef read(ByteReader in) throws FormatException {
        TreePath first = TreePath.of(in.bytes(TreePath.MAX_BYTES, "path"));
        boolean continuation = in.u8() == 1;
        Digest digest = Digest.read(in);
        int length = in.varint(Packed.MAX_RAW_BYTES, "page length");
        return new PageRef(first, continuation, digest, length, in.varint(Integer.MAX_VALUE, "record count"));
    }
}
