package dev.holdfast.vault.object;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Bytes to be stored. They can be read again, and are then the same: an attempt that failed is repeated. */
public interface Body {
    long length();

    InputStream open() throws IOException;

    static Body of(byte[] bytes) {
        return of(bytes, bytes.length);
    }

    /** The first bytes of an array. */
    static Body of(byte[] bytes, int length) {
        return new Body() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes, 0, length);
            }
        };
    }
}
