package dev.holdfast.protocol.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A frame as it goes on the wire, in parts: its own bytes, and the arrays of the message's chunks, which must not change.
 * Immutable but for these.
 */
public final class EncodedFrame {
    private final List<ByteBuffer> parts;
    private final int bytes;

    EncodedFrame(List<ByteBuffer> parts) {
        this.parts = List.copyOf(parts);
        this.bytes = parts.stream().mapToInt(ByteBuffer::remaining).sum();
    }

    /** How many bytes it takes on the wire. */
    public int bytes() {
        return bytes;
    }

    public void writeTo(OutputStream out) throws IOException {
        for (ByteBuffer part : parts) {
            out.write(part.array(), part.arrayOffset() + part.position(), part.remaining());
        }
    }

    public byte[] toByteArray() {
        ByteBuffer all = ByteBuffer.allocate(bytes);
        parts.forEach(part -> all.put(part.duplicate()));
        return all.array();
    }
}
