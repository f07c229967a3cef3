package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Over a socket. Buffers outside the heap are passed to the system as they are. Buffers of the heap go in parts, because the JDK
 * copies each part to memory outside the heap, of which a process may have little.
 */
final class ChannelTransport implements NbdTransport {
    private static final int HEAP_PART_BYTES = 128 << 10;

    private final SocketChannel channel;

    ChannelTransport(SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.isDirect() || target.remaining() <= HEAP_PART_BYTES) {
            return channel.read(target);
        }
        int limit = target.limit();
        try {
            return channel.read(target.limit(target.position() + HEAP_PART_BYTES));
        } finally {
            target.limit(limit);
        }
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
        int at = 0;
        while (at < sources.length) {
            ByteBuffer source = sources[at];
            if (!source.hasRemaining()) {
                at++;
            } else if (inParts(source)) {
                writeParts(source);
            } else {
                int end = at + 1;
                while (end < sources.length && !inParts(sources[end])) {
                    end++;
                }
                channel.write(sources, at, end - at);
            }
        }
    }

    private static boolean inParts(ByteBuffer source) {
        return !source.isDirect() && source.remaining() > HEAP_PART_BYTES;
    }

    private void writeParts(ByteBuffer source) throws IOException {
        int limit = source.limit();
        try {
            while (source.position() < limit) {
                source.limit(Math.min(limit, source.position() + HEAP_PART_BYTES));
                channel.write(source);
            }
        } finally {
            source.limit(limit);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
