package dev.holdfast.protocol.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Numbers and data from a transport, through a small buffer, so that many small messages take one call of the system. One thread
 * uses it at a time.
 */
final class Intake {
    private static final int BUFFER_BYTES = 16 << 10;

    private final NbdTransport transport;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

    Intake(NbdTransport transport) {
        this.transport = transport;
    }

    /** Waits for the next byte. False where the other side has ended instead. */
    boolean more() throws IOException {
        return buffer.hasRemaining() || receive() >= 0;
    }

    /** Whether bytes have arrived that nobody has taken. */
    boolean hasBuffered() {
        return buffer.hasRemaining();
    }

    int u16() throws IOException {
        require(Short.BYTES);
        return buffer.getShort() & 0xFFFF;
    }

    int i32() throws IOException {
        require(Integer.BYTES);
        return buffer.getInt();
    }

    long u32() throws IOException {
        return i32() & Numbers.MAX_U32;
    }

    /** Unsigned; as a long, numbers from 2^63 on are negative. */
    long u64() throws IOException {
        require(Long.BYTES);
        return buffer.getLong();
    }

    /** An array; the caller has checked its length. */
    byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        fill(ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** Fills what remains of a buffer. */
    void fill(ByteBuffer target) throws IOException {
        int buffered = Math.min(buffer.remaining(), target.remaining());
        target.put(target.position(), buffer, buffer.position(), buffered);
        target.position(target.position() + buffered);
        buffer.position(buffer.position() + buffered);
        // What is shorter goes through the buffer, and brings what follows it.
        while (target.remaining() >= BUFFER_BYTES) {
            if (transport.read(target) < 0) {
                throw ended();
            }
        }
        if (target.hasRemaining()) {
            int rest = target.remaining();
            require(rest);
            target.put(target.position(), buffer, buffer.position(), rest);
            target.position(target.limit());
            buffer.position(buffer.position() + rest);
        }
    }

    void skip(long length) throws IOException {
        long left = length;
        while (left > 0) {
            if (!more()) {
                throw ended();
            }
            int step = (int) Math.min(left, buffer.remaining());
            buffer.position(buffer.position() + step);
            left -= step;
        }
    }

    /** Makes at least as many bytes available in the buffer, at most its size. */
    private void require(int bytes) throws IOException {
        while (buffer.remaining() < bytes) {
            if (receive() < 0) {
                throw ended();
            }
        }
    }

    private int receive() throws IOException {
        buffer.compact();
        try {
            return transport.read(buffer);
        } finally {
            buffer.flip();
        }
    }

    private static EOFException ended() {
        return new EOFException("the connection ended in the middle of a message");
    }
}
