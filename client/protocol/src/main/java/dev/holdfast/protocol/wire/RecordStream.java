package dev.holdfast.protocol.wire;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Gives a TLS stream what it makes full records of, so that no record and no system call is spent on the few bytes between
 * two chunks. Not safe for use by several threads.
 */
public final class RecordStream extends FilterOutputStream {
    /** Plaintext of a record; RFC 8446, section 5.1. */
    private static final int RECORD_BYTES = 1 << 14;

    private final byte[] record = new byte[RECORD_BYTES];
    private int filled;

    public RecordStream(OutputStream tls) {
        super(tls);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            int whole = (end - at) / RECORD_BYTES * RECORD_BYTES;
            if (filled == 0 && whole > 0) {
                out.write(bytes, at, whole);
                at += whole;
            } else {
                int part = Math.min(end - at, RECORD_BYTES - filled);
                System.arraycopy(bytes, at, record, filled, part);
                filled += part;
                at += part;
                if (filled == RECORD_BYTES) {
                    emit();
                }
            }
        }
    }

    private void emit() throws IOException {
        int length = filled;
        filled = 0;
        out.write(record, 0, length);
    }

    @Override
    public void flush() throws IOException {
        if (filled > 0) {
            emit();
        }
        out.flush();
    }
}
