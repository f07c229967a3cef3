package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Listens on a Unix socket or a TCP port, and serves each connection in virtual threads of its own. Whoever can connect can use
 * the exports, unless {@link NbdServerSettings#tls} is set: put a Unix socket into a directory that only its users can enter. Safe
 * for use by several threads.
 */
public final class NbdServer implements Closeable {
    private static final System.Logger LOG = System.getLogger(NbdServer.class.getName());
    /** Between two attempts to accept a connection, where the first failed, such as for lack of descriptors. */
    private static final long PAUSE_MS = 100;

    private final ServerSocketChannel listener;
    private final NbdAddress address;
    private final NbdExports exports;
    private final NbdServerSettings settings;
    private final Pieces pieces = new Pieces();
    private final Map<NbdSession, Served> sessions = new ConcurrentHashMap<>();
    private final Thread accepting;

    /** @param from where its client is */
    private record Served(Thread thread, Object from) {}

    private NbdServer(ServerSocketChannel listener, NbdExports exports, NbdServerSettings settings) throws IOException {
        this.listener = listener;
        this.address = Sockets.address(listener);
        this.exports = exports;
        this.settings = settings;
        this.accepting = Thread.ofVirtual().name("nbd-accept").unstarted(this::accept);
    }

    /**
     * Listens at an address.
     *
     * @throws IOException if it cannot listen there, such as where the file of a Unix socket exists already
     */
    public static NbdServer listen(NbdAddress at, NbdExports exports, NbdServerSettings settings) throws IOException {
        ServerSocketChannel listener;
        try {
            listener = Sockets.listen(at);
        } catch (IOException e) {
            throw new IOException("cannot listen at " + at + ": " + e.getMessage() + "; choose another address", e);
        }
        return on(listener, exports, settings);
    }

    /** Serves connections to a channel that listens already, which is the server's from now on. */
    public static NbdServer on(ServerSocketChannel listener, NbdExports exports, NbdServerSettings settings)
            throws IOException {
        NbdServer server = new NbdServer(listener, exports, settings);
        server.accepting.start();
        return server;
    }

    /** Where it listens; the port is the one that the system chose. */
    public NbdAddress address() {
        return address;
    }

    /** The number of connections. */
    public int connections() {
        return sessions.size();
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                begin(listener.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "NBD server at " + address + " cannot accept a connection", e);
                try {
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
                } catch (InterruptedException interrupted) {
                    return;
                }
            }
        }
    }

    private void begin(SocketChannel channel) throws IOException {
        Object from;
        try {
            from = Sockets.client(channel);
            if (address instanceof NbdAddress.Tcp) {
                Sockets.forRequests(channel);
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        long same = sessions.values().stream()
                .filter(each -> each.from.equals(from))
                .count();
        if (sessions.size() >= settings.connections() || same >= settings.perAddress()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "NBD server at " + address + " refuses a connection: it has " + sessions.size() + " already, "
                            + same + " of them from " + from);
            channel.close();
            return;
        }
        NbdSession session = new NbdSession(NbdTransport.of(channel), exports, settings, pieces);
        Thread thread = Thread.ofVirtual().name("nbd-session").unstarted(() -> serve(session));
        sessions.put(session, new Served(thread, from));
        thread.start();
    }

    private void serve(NbdSession session) {
        try {
            session.run();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "NBD server at " + address + ": a connection has ended", e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "NBD server at " + address + ": a connection has failed", e);
        } finally {
            sessions.remove(session);
        }
    }

    /**
     * Accepts no further connections, lets requests end that are at work, and closes all connections. Returns when no export is
     * open any more. A client that does not read its replies delays this by {@link NbdServerSettings#stall} at most.
     */
    @Override
    public void close() throws IOException {
        listener.close();
        if (address instanceof NbdAddress.Unix unix) {
            Files.deleteIfExists(unix.path());
        }
        // After it, nobody adds a session.
        join(accepting);
        List<Thread> ends = new ArrayList<>();
        sessions.forEach((session, served) -> {
            ends.add(Thread.ofVirtual().name("nbd-stop").start(() -> stop(session)));
            ends.add(served.thread);
        });
        ends.forEach(NbdServer::join);
    }

    private static void stop(NbdSession session) {
        try {
            session.stop();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "an NBD connection cannot be closed", e);
        }
    }

    /** Waits for a thread, even if this one is interrupted. */
    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
