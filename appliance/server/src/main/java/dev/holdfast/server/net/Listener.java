package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.server.metrics.Metrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/** Accepts clients over TLS 1.3 and gives each a thread. */
public final class Listener implements AutoCloseable, Metrics.Clients {
    private static final System.Logger LOG = System.getLogger(Listener.class.getName());
    private static final int BACKLOG = 256;
    private static final int WATCH_MILLIS = 500;
    /** Where accepting fails, for want of descriptors for example, it is tried again after so long. */
    private static final int ACCEPT_AGAIN_MILLIS = 200;

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

    private final Services services;
    private final Limits limits;
    private final AuditLimiter audit;
    private final ServerSocket server;
    private final SSLSocketFactory tls;
    private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());
    private final Thread acceptor;

    /** @param tls whose trust manager decides which certificates of clients count */
    public Listener(InetSocketAddress address, Services services, SSLContext tls) throws IOException {
        this(address, services, tls, Deadlines.STANDARD, System::nanoTime);
    }

    /** @param nanos the time by which rates are limited */
    Listener(InetSocketAddress address, Services services, SSLContext tls, Deadlines deadlines, LongSupplier nanos)
            throws IOException {
        this.services = services;
        this.audit = services.control().auditLimiter();
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new IOException("cannot listen on " + address.getHostString() + ": unknown host");
        }
        this.tls = tls.getSocketFactory();
        server = new ServerSocket(address.getPort(), BACKLOG, host);
        this.limits = new Limits(services.profile(), deadlines, nanos);
        acceptor = Thread.ofPlatform().name("acceptor").start(this::acceptLoop);
        var _ = watchdog.scheduleWithFixedDelay(this::watch, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Whether the thread that accepts connections runs. */
    public boolean accepts() {
        return acceptor.isAlive();
    }

    @Override
    public int connections() {
        return connections.size();
    }

    @Override
    public int backups() {
        return services.sessions().count();
    }

    @Override
    public boolean attends(int node) {
        return services.dispatcher().present(node);
    }

    @Override
    public long received() {
        return services.traffic().received().sum();
    }

    @Override
    public long sent() {
        return services.traffic().sent().sum();
    }

    /** For tests: what is held and taken at this moment. */
    Limits limits() {
        return limits;
    }

    /** Keeps the deadlines of all connections, and writes what the audit counted. */
    private void watch() {
        try {
            connections.stream().filter(ClientConnection::stuck).forEach(ClientConnection::kill);
            audit.flush();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "watching connections failed", e);
        }
    }

    private void acceptLoop() {
        while (!server.isClosed()) {
            try {
                serve(server.accept());
            } catch (IOException e) {
                if (!server.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, "accepting failed", e);
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(ACCEPT_AGAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** On a thread of its own; where the system has none left, this client goes and the others stay. */
    private void serve(Socket socket) throws IOException {
        ClientConnection connection = new ClientConnection(socket, tls, services, limits, audit);
        Admission.Seat seat = limits.unidentified.enter(connection.source(), connection::kill);
        if (seat == null) {
            socket.close();
            return;
        }
        Thread thread = Thread.ofPlatform().daemon().name("client").unstarted(() -> {
            try {
                connection.run(() -> limits.unidentified.leave(seat));
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
            limits.unidentified.leave(seat);
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
            // One may have been accepted at the last moment.
            connections.forEach(ClientConnection::kill);
            for (Thread thread : Set.copyOf(threads)) {
                thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        limits.close();
        audit.close();
    }
}
