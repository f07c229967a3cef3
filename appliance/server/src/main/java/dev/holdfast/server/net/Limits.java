package dev.holdfast.server.net;

import dev.holdfast.profile.HardwareProfile;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * What all connections share: memory budgets, worker threads, and how many there may be. Worker threads are platform
 * threads, since zstd and RocksDB pin virtual ones. Safe for use by several threads.
 */
final class Limits implements AutoCloseable {
    static final int HANDSHAKE_MILLIS = 10_000;
    /** Clients ping well within this. */
    static final int SILENCE_MILLIS = 120_000;
    /** A peer that takes nothing for so long is gone. */
    static final int STUCK_WRITE_MILLIS = 60_000;

    static final int REQUESTS_UNDER_WAY = 128;
    /** Credit per connection, a share of the ingest budget. */
    private static final int MAX_CREDIT_BYTES = 16 << 20;

    private static final int MAX_STRANGERS = 32;
    private static final int UNIT_BYTES = 1024;

    final ExecutorService workers;
    final ExecutorService readers;
    final int creditBytes;
    private final Semaphore ingest;
    private final Semaphore restore;
    private final Semaphore connections;
    private final Semaphore strangers = new Semaphore(MAX_STRANGERS);
    private final int perNode;
    private final Map<Integer, Semaphore> nodes = new ConcurrentHashMap<>();

    Limits(HardwareProfile profile) {
        workers = Executors.newFixedThreadPool(
                profile.workers().ingest(),
                Thread.ofPlatform().name("ingest-", 0).factory());
        readers = Executors.newFixedThreadPool(
                profile.workers().restore(),
                Thread.ofPlatform().name("restore-", 0).factory());
        ingest = new Semaphore((int) (profile.memory().ingest().bytes() / UNIT_BYTES), true);
        restore = new Semaphore((int) (profile.memory().restore().bytes() / UNIT_BYTES), true);
        connections = new Semaphore(profile.connections().total());
        perNode = profile.connections().perNode();
        creditBytes = (int) Math.min(MAX_CREDIT_BYTES, profile.memory().ingest().bytes() / 4);
    }

    boolean admitConnection() {
        return connections.tryAcquire();
    }

    void releaseConnection() {
        connections.release();
    }

    boolean admitStranger() {
        return strangers.tryAcquire();
    }

    void releaseStranger() {
        strangers.release();
    }

    boolean admitNode(int node) {
        return nodes.computeIfAbsent(node, n -> new Semaphore(perNode)).tryAcquire();
    }

    void releaseNode(int node) {
        Semaphore semaphore = nodes.get(node);
        if (semaphore != null) {
            semaphore.release();
        }
    }

    private static int units(int bytes) {
        return bytes / UNIT_BYTES + 1;
    }

    void reserveIngest(int bytes) throws InterruptedException {
        ingest.acquire(units(bytes));
    }

    void releaseIngest(int bytes) {
        ingest.release(units(bytes));
    }

    void reserveRestore(int bytes) throws InterruptedException {
        restore.acquire(units(bytes));
    }

    void releaseRestore(int bytes) {
        restore.release(units(bytes));
    }

    @Override
    public void close() {
        workers.close();
        readers.close();
    }
}
