package dev.holdfast.server.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Accepts clients over TLS 1.3 and gives each a virtual thread. */
public final class Listener implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Listener.class.getName());
    private static final int BACKLOG = 256;
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

    private final Services services;
    private final Limits limits;
    private final SSLServerSocket server;
    private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());
    private final Thread acceptor;

    /** @param tls whose trust manager decides which certificates of clients count */
    public Listener(InetSocketAddress address, Services services, SSLContext tls) throws IOException {
        this.services = services;
        this.limits = new Limits(services.profile());
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new IOException("cannot listen on " + address.getHostString() + ": unknown host");
        }
        server = (SSLServerSocket) tls.getServerSocketFactory().createServerSocket(address.getPort(), BACKLOG, host);
        server.setEnabledProtocols(new String[] {"TLSv1.3"});
        server.setWantClientAuth(true);
        acceptor = Thread.ofPlatform().name("acceptor").start(this::acceptLoop);
        var _ = watchdog.scheduleAtFixedRate(
                () -> connections.stream().filter(ClientConnection::stuck).forEach(ClientConnection::kill),
                2,
                2,
                TimeUnit.SECONDS);
    }

    public int port() {
        return server.getLocalPort();
    }

    public int connectionCount() {
        return connections.size();
    }

    private void acceptLoop() {
        while (!server.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) server.accept();
                if (!limits.admitUnidentified()) {
                    socket.close();
                    continue;
                }
                serve(socket);
            } catch (SocketException e) {
                if (!server.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, "accepting failed", e);
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "accepting failed", e);
            }
        }
    }

    /** On a thread of its own; where the system has none left, this client goes and the others stay. */
    private void serve(SSLSocket socket) throws IOException {
        ClientConnection connection = new ClientConnection(socket, services, limits);
        Thread thread = Thread.ofPlatform().daemon().name("client").unstarted(() -> {
            try {
                connection.run();
            } finally {
                connections.remove(connection);
                threads.remove(Thread.currentThread());
            }
        });
        connections.add(connection);
        threads.add(thread);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            connections.remove(connection);
            threads.remove(thread);
            limits.releaseUnidentified();
            socket.close();
            LOG.log(
                    System.Logger.Level.ERROR,
                    "no thread left for another client; raise TasksMax or the pids limit",
                    e);
        }
    }

    /** Takes no more clients and ends those there are; requests under way are finished first. */
    @Override
    public void close() throws IOException {
        server.close();
        watchdog.shutdownNow();
        connections.forEach(ClientConnection::kill);
        long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
        try {
            acceptor.join();
            for (Thread thread : Set.copyOf(threads)) {
                thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        limits.close();
    }
}
