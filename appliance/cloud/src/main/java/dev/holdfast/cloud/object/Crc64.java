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
    private final CRC64 crc = new CRC64();
    private long bytes;

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
