package dev.holdfast.protocol.chunk;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * The hash of a chunk's plaintext, by the appliance's {@link dev.holdfast.protocol.hash.HashAlgorithm}: a chunk's name on the
 * wire and in manifests. Compact, immutable, hashable.
 */
public record Digest(long a, long b, long c, long d) {
    public static final int BYTES = 32;

    public static Digest fromBytes(byte[] bytes) {
        try {
            ByteReader in = new ByteReader(bytes);
            Digest digest = read(in);
            in.expectEnd("digest");
            return digest;
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public static Digest read(ByteReader in) throws FormatException {
        return new Digest(in.u64(), in.u64(), in.u64(), in.u64());
    }

    public void write(ByteWriter out) {
        out.u64(a).u64(b).u64(c).u64(d);
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .array();
    }

    @Override
    public int hashCode() {
        // Already uniform: any 32 bits of a hash are as good as a mix of all.
        return (int) a;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
