package dev.holdfast.vault.object;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * CRC-64/XZ (ECMA-182, reflected), which OSS keeps of each object. Sixteen bytes a step, each through a table of its
 * own, as in Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008. For
 * one thread.
 */
public final class Crc64 {
    /** Reflected. */
    private static final long POLYNOMIAL = 0xC96C5795D7870F42L;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int STEP = 16;
    private static final int TABLE = 256;
    /** Table n: what a byte leaves behind that n more bytes follow. */
    private static final long[] TABLES = tables();

    private long crc = -1;
    private long bytes;

    private static long[] tables() {
        long[] tables = new long[STEP * TABLE];
        for (int i = 0; i < TABLE; i++) {
            long value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = (value >>> 1) ^ ((value & 1) * POLYNOMIAL);
            }
            tables[i] = value;
        }
        for (int i = TABLE; i < tables.length; i++) {
            long before = tables[i - TABLE];
            tables[i] = (before >>> 8) ^ tables[(int) before & 0xFF];
        }
        return tables;
    }

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
        crc = update(crc, data, offset, offset + length);
        bytes += length;
    }

    private static long update(long before, byte[] data, int from, int end) {
        long value = before;
        int at = from;
        for (; end - at >= STEP; at += STEP) {
            value = eight(STEP - 1, value ^ (long) LONG.get(data, at)) ^ eight(STEP - 9, (long) LONG.get(data, at + 8));
        }
        for (; at < end; at++) {
            value = (value >>> 8) ^ TABLES[(int) (value ^ data[at]) & 0xFF];
        }
        return value;
    }

    /** @param table of the first byte, which is the lowest; those behind it follow downwards */
    private static long eight(int table, long data) {
        return (of(table, data) ^ of(table - 1, data >>> 8) ^ of(table - 2, data >>> 16) ^ of(table - 3, data >>> 24))
                ^ (of(table - 4, data >>> 32)
                        ^ of(table - 5, data >>> 40)
                        ^ of(table - 6, data >>> 48)
                        ^ of(table - 7, data >>> 56));
    }

    private static long of(int table, long data) {
        return TABLES[table * TABLE + ((int) data & 0xFF)];
    }

    /** Bytes seen so far. */
    public long bytes() {
        return bytes;
    }

    /** The checksum of what was seen so far. */
    public long value() {
        return ~crc;
    }

    /**
     * The checksum of two adjacent ranges, from those of each: appending n zero bytes to the first is a linear
     * map over GF(2), which squaring gets to in log n steps (as zlib's crc32_combine does).
     *
     * @param length of the second range
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
        return new BlockInputStream() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int count = in.read(buffer, offset, length);
                if (count > 0) {
                    update(buffer, offset, count);
                } else if (count < 0 && bytes < expected) {
                    throw new EOFException("the source gave " + bytes + " bytes instead of " + expected);
                }
                return count;
            }

            @Override
            public long skip(long count) throws IOException {
                throw new IOException("a stream with a checksum cannot skip bytes");
            }

            @Override
            public void close() throws IOException {
                in.close();
            }
        };
    }
}
