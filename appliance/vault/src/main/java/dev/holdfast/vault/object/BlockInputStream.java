package dev.holdfast.vault.object;

import java.io.IOException;
import java.io.InputStream;

/**
 * A stream that is read in blocks: a single byte is read as a block of one. Nothing is skipped or marked but by
 * reading.
 */
public abstract class BlockInputStream extends InputStream {
    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public abstract int read(byte[] buffer, int offset, int length) throws IOException;
}
