package dev.holdfast.agent.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Standard input, whose failures say so. The launcher sees to it that a closed one cannot be read. */
final class StandardInput extends FilterInputStream {
    StandardInput() {
        super(System.in);
    }

    /** Reads something. */
    private interface Reading<T> {
        T from(InputStream in) throws IOException;
    }

    private <T> T reading(Reading<T> reading) throws IOException {
        try {
            return reading.from(in);
        } catch (IOException e) {
            throw new IOException("standard input cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public int read() throws IOException {
        return reading(InputStream::read);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return reading(from -> from.read(buffer, offset, length));
    }
}
