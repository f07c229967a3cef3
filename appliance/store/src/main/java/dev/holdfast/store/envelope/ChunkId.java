package dev.holdfast.store.envelope;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** A chunk's name on disk and in the cloud: a keyed hash of its digest. See {@link VaultKeys#chunkId}. */
public record ChunkId(long a, long b, long c, long d) {
    public static final int BYTES = 32;

    public static ChunkId read(ByteReader in) throws FormatException {
        return new ChunkId(in.u64(), in.u64(), in.u64(), in.u64());
    }

    public static ChunkId fromBytes(byte[] bytes) {
        try {
            return read(new ByteReader(bytes));
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public void write(ByteWriter out) {
        out.u64(a).u64(b).u64(c).u64(d);
    }

    /** Big-endian, whatever the order of the buffer. */
    public void write(ByteBuffer out) {
        ByteOrder order = out.order();
        out.order(ByteOrder.BIG_ENDIAN)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .order(order);
    }

    public byte[] toBytes() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        write(out);
        return out.array();
    }

    @Override
    public int hashCode() {
        return (int) a;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
