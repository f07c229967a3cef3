package dev.holdfast.cloud.object;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.tukaani.xz.check.CRC64;

/** CRC-64/XZ (ECMA-182, reflected), which OSS keeps of each object. For one thread. */
public final class Crc64 {
    /** Reflected. */
    private static final long POLYNOMIAL = 0xC96C5795D7870F42L;

    private final CRC64 crc = new CRC64();
    private long bytes;

    /** The checksum of all that a body holds. */
    public static long of(Body body) throws IOException {
        try (InputStream in = body.open()) {
            return of(in);
        }
    }

    /** The checksum of the rest of a stream, which stays open. */
    public static long of(InputStream in) throws IOException {
        Crc64 crc = new Crc64();
        byte[] block = new byte[1 << 16];
        for (int count = in.read(block); count >= 0; count = in.read(block)) {
            crc.update(block, 0, count);
        }
        return crc.value();
    }

    public void update(byte[] data, int offset, int length) {
        crc.update(data, offset, length);
        bytes += length;
    }

    /** Bytes seen so far. */
    public long bytes() {
        return bytes;
    }

    /** The checksum; ends the computation. */
    public long value() {
        return ByteBuffer.wrap(crc.finish()).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /**
     * The checksum of two stretches behind one another, from those of each: appending n zero bytes to the first is a linear
     * map over GF(2), which squaring gets to in log n steps (as zlib's crc32_combine does).
     *
     * @param length of the second stretch
     */
    public static long combine(long first, long second, long length) {
        long[] step = new long[64];
        // One zero bit: a shift, and the polynomial where a one falls out.
        step[0] = POLYNOMIAL;
        for (int i = 1; i < 64; i++) {
            step[i] = 1L << (i - 1);
        }
        long result = first;
        for (long bits = length * 8; bits != 0; bits >>>= 1) {
            if ((bits & 1) != 0) {
                result = times(step, result);
            }
            step = squared(step);
        }
        return result ^ second;
    }

    private static long times(long[] matrix, long vector) {
        long sum = 0;
        for (long rest = vector; rest != 0; rest &= rest - 1) {
            sum ^= matrix[Long.numberOfTrailingZeros(rest)];
        }
        return sum;
    }

    private static long[] squared(long[] matrix) {
        long[] square = new long[64];
        for (int i = 0; i < 64; i++) {
            square[i] = times(matrix, matrix[i]);
        }
        return square;
    }

    /**
     * A stream that computes on the way.
     *
     * @param expected a source that ends earlier fails, rather than leave a receiver waiting for the rest
     */
    public InputStream watching(InputStream in, long expected) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int count = super.read(buffer, offset, length);
                if (count > 0) {
                    update(buffer, offset, count);
                } else if (count < 0 && bytes < expected) {
                    throw new EOFException("the source gave " + bytes + " bytes instead of " + expected);
                }
                return count;
            }

            @Override
            public long skip(long count) throws IOException {
                throw new IOException("nothing is skipped where a checksum is wanted");
            }

            @Override
            public boolean markSupported() {
                return false;
            }
        };
    }
}
