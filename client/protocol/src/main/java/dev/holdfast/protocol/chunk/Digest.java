package dev.holdfast.protocol.chunk;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The SHA-256 of a chunk's plaintext: a chunk's name on the wire and in manifests. Compact, immutable, hashable. */
public record Digest(long a, long b, long c, long d) {
    public static final int BYTES = 32;

    private static final Spares<MessageDigest> SHA256 = new Spares<>(Digest::newSha256);

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    public static Digest of(byte[] data) {
        return of(data, 0, data.length);
    }

    public static Digest of(byte[] data, int offset, int length) {
        return SHA256.use(sha -> {
            sha.update(data, offset, length);
            return fromBytes(sha.digest());
        });
    }

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
        // Already uniform: any 32 bits of a SHA-256 are as good as a mix of all.
        return (int) a;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
