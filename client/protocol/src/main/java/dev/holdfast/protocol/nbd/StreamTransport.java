package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Over two streams. Buffers outside the heap are copied in parts. */
final class StreamTransport implements NbdTransport {
    private static final int PART_BYTES = 16 << 10;

    private final InputStream in;
    private final OutputStream out;
    private final Closeable close;
    private final byte[] read = new byte[PART_BYTES];
    private final byte[] written = new byte[PART_BYTES];

    StreamTransport(InputStream in, OutputStream out, Closeable close) {
        this.in = in;
        this.out = out;
        this.close = close;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (target.hasArray()) {
            int got = in.read(target.array(), target.arrayOffset() + target.position(), target.remaining());
            target.position(target.position() + Math.max(0, got));
            return got;
        }
        int got = in.read(read, 0, Math.min(read.length, target.remaining()));
        if (got > 0) {
            target.put(read, 0, got);
        }
        return got;
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
        for (ByteBuffer source : sources) {
            if (source.hasArray()) {
                out.write(source.array(), source.arrayOffset() + source.position(), source.remaining());
                source.position(source.limit());
            }
            while (source.hasRemaining()) {
                int part = Math.min(written.length, source.remaining());
                source.get(written, 0, part);
                out.write(written, 0, part);
            }
        }
        out.flush();
    }

    @Override
    public void close() throws IOException {
        close.close();
    }
}
