package dev.holdfast.server.net;

import dev.holdfast.profile.HardwareProfile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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

    /** From accept to greeting, however the peer spreads its bytes. */
    static final long GREETING_NANOS = 20_000_000_000L;
    /** From a frame's length to its last byte: even 5 MiB at 50 KB/s. */
    static final long BODY_NANOS = 120_000_000_000L;

    private static final int MAX_STRANGERS = 32;
    private static final int MAX_UNIDENTIFIED = 256;
    private static final int STOP_SECONDS = 15;
    /** No node may hold more than this part of the ingest budget. */
    private static final int NODE_SHARE = 4;

    private static final int UNIT_BYTES = 1024;

    final ExecutorService workers;
    final ExecutorService readers;
    final int creditBytes;
    private final Semaphore ingest;
    private final Semaphore restore;
    private final Semaphore connections;
    private final Semaphore unidentified = new Semaphore(MAX_UNIDENTIFIED);
    private final int nodeIngestUnits;
    private final Map<Integer, Semaphore> nodeIngest = new ConcurrentHashMap<>();
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
        long share = Math.max(8L << 20, profile.memory().ingest().bytes() / NODE_SHARE);
        nodeIngestUnits = (int) (share / UNIT_BYTES);
        creditBytes = (int) Math.min(MAX_CREDIT_BYTES, share / 2);
    }

    /** A connection whose peer is not known yet. */
    boolean admitUnidentified() {
        return unidentified.tryAcquire();
    }

    void releaseUnidentified() {
        unidentified.release();
    }

    boolean admitStranger() {
        return strangers.tryAcquire();
    }

    void releaseStranger() {
        strangers.release();
    }

    boolean admitNode(int node) {
        if (!connections.tryAcquire()) {
            return false;
        }
        if (nodes.computeIfAbsent(node, n -> new Semaphore(perNode)).tryAcquire()) {
            return true;
        }
        connections.release();
        return false;
    }

    void releaseNode(int node) {
        Semaphore semaphore = nodes.get(node);
        if (semaphore != null) {
            semaphore.release();
            connections.release();
        }
    }

    private Semaphore share(int node) {
        return nodeIngest.computeIfAbsent(node, n -> new Semaphore(nodeIngestUnits, true));
    }

    private static int units(int bytes) {
        return bytes / UNIT_BYTES + 1;
    }

    void reserveIngest(int node, int bytes) throws InterruptedException {
        Semaphore share = share(node);
        share.acquire(units(bytes));
        try {
            ingest.acquire(units(bytes));
        } catch (InterruptedException e) {
            share.release(units(bytes));
            throw e;
        }
    }

    void releaseIngest(int node, int bytes) {
        ingest.release(units(bytes));
        share(node).release(units(bytes));
    }

    void reserveRestore(int bytes) throws InterruptedException {
        restore.acquire(units(bytes));
    }

    void releaseRestore(int bytes) {
        restore.release(units(bytes));
    }

    /** Lets work under way end, within reason. */
    @Override
    public void close() {
        for (ExecutorService pool : List.of(workers, readers)) {
            pool.shutdown();
            try {
                if (!pool.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                    pool.shutdownNow();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
