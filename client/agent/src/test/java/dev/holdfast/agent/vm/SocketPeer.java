package dev.holdfast.agent.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/** Whoever is at the other end of a Unix socket; one connection after the other. */
final class SocketPeer implements AutoCloseable {
    private final ServerSocketChannel server;
    private final AtomicReference<SocketChannel> current = new AtomicReference<>();

    /** What it does with a connection, which is closed behind it. */
    interface Conduct {
        void of(InputStream in, OutputStream out) throws IOException;
    }

    SocketPeer(Path path, Conduct conduct) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        Thread.ofVirtual().start(() -> {
            while (server.isOpen()) {
                try (SocketChannel channel = server.accept()) {
                    current.set(channel);
                    conduct.of(Channels.newInputStream(channel), Channels.newOutputStream(channel));
                } catch (IOException e) {
                    // The client closed, or this was.
                }
            }
        });
    }

    @Override
    public void close() throws IOException {
        server.close();
        SocketChannel open = current.get();
        if (open != null) {
            open.close();
        }
    }
}
