package dev.holdfast.protocol.hash;

import java.nio.ByteBuffer;

/** Hashes a sequence of bytes that arrive in parts. Used by one thread at a time. */
public interface Hasher {
    void update(byte[] bytes, int offset, int length);

    default void update(byte[] bytes) {
        update(bytes, 0, bytes.length);
    }

    /** Hashes what remains of a buffer, on the heap or outside, and leaves its position behind it. */
    void update(ByteBuffer bytes);

    /** The hash of all that was given: 32 bytes. Afterwards the hasher is as new. */
    byte[] digest();
}
