package dev.holdfast.vault.oss;

import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.Patience;
import java.io.IOException;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Creates sockets and closes those on which too little moves: socket timeouts cover reading only, and a write to a
 * peer that stopped reading blocks without limit. Safe for use by several threads.
 */
final class Watchdog implements AutoCloseable {
    private static final Duration SHORTEST_TICK = Duration.ofMillis(5);
    private static final Duration LONGEST_TICK = Duration.ofSeconds(1);
    private static final int TICKS_PER_STALL = 20;

    private final Patience patience;
    private final Movement movement;
    private final Set<WatchedSocket> sockets = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vault-watchdog").factory());
    private volatile boolean closed;

    Watchdog(Patience patience, Movement movement) {
        this.patience = patience;
        this.movement = movement;
        long tick = Math.clamp(
                patience.stall().toNanos() / TICKS_PER_STALL, SHORTEST_TICK.toNanos(), LONGEST_TICK.toNanos());
        var _ = thread.scheduleWithFixedDelay(this::look, tick, tick, TimeUnit.NANOSECONDS);
    }

    WatchedSocket socket(@Nullable Proxy proxy) throws IOException {
        WatchedSocket socket = new WatchedSocket(proxy == null ? Proxy.NO_PROXY : proxy, movement, sockets::remove);
        sockets.add(socket);
        if (closed) {
            socket.end(WatchedSocket.STOPPED);
        }
        return socket;
    }

    private void look() {
        long now = System.nanoTime();
        Map<String, Long> queues = null;
        for (WatchedSocket each : sockets) {
            if (!each.waiting()) {
                continue;
            }
            // Reading the table costs more than reading a clock.
            if (each.idle(now) > patience.stall().toNanos() / 4) {
                queues = queues == null ? SendQueues.read() : queues;
                each.queued(queues.get(SendQueues.key(each)), now);
            }
            String late = each.late(now, patience);
            if (late != null) {
                each.end(late);
            }
        }
    }

    /** Closes all sockets; none works afterwards. */
    @Override
    public void close() {
        closed = true;
        sockets.forEach(each -> each.end(WatchedSocket.STOPPED));
        thread.shutdownNow();
    }

    boolean closed() {
        return closed;
    }

    static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It cannot be reused.
        }
    }
}
