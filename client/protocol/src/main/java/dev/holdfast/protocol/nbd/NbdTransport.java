package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Bytes to and from the other side, in order. One thread reads and one writes, at the same time; {@link #close} may be called by
 * any thread and must end both at once.
 */
public interface NbdTransport extends Closeable {
    /**
     * Reads what there is, waiting for the first byte.
     *
     * @param target with room for at least one byte
     * @return the number of bytes, or -1 at the end
     */
    int read(ByteBuffer target) throws IOException;

    /** Writes all that remains of some buffers. */
    void write(ByteBuffer... sources) throws IOException;

    /** Tells the other side that nothing follows, if this kind of transport can. May block as {@link #write} does. */
    default void finish() throws IOException {}

    /** Closes both directions. Reads and writes that wait fail with an {@link IOException}. */
    @Override
    void close() throws IOException;

    /** Over a connected socket, TCP or Unix, in blocking mode. Closing the transport closes the socket. */
    static NbdTransport of(SocketChannel channel) {
        return new ChannelTransport(channel);
    }

    /**
     * Over two streams.
     *
     * @param close closes what is behind both, so that waiting reads and writes fail
     */
    static NbdTransport of(InputStream in, OutputStream out, Closeable close) {
        return new StreamTransport(in, out, close);
    }
}
