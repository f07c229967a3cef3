package dev.holdfast.server.net;

import dev.holdfast.control.fair.RateLimiter;
import dev.holdfast.profile.HardwareProfile;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/**
 * What all connections share: memory budgets, worker threads, and how many there may be of everything. Worker threads are
 * platform threads, since zstd and RocksDB pin virtual ones. Safe for use by several threads.
 */
final class Limits implements AutoCloseable {
    static final int REQUESTS_UNDER_WAY = 128;
    /** A shorter request counts as small. */
    static final int SMALL_REQUEST_BYTES = 16 << 10;
    /** Snapshots that one connection may have open; beyond it the one read longest ago is closed. */
    static final int OPEN_SNAPSHOTS = 4096;
    /** Credit per connection, a share of the ingest budget. */
    private static final int MAX_CREDIT_BYTES = 16 << 20;
    /** No node's credit exceeds this part of the ingest budget. */
    private static final int CREDIT_SHARE = 4;
    /** Looking up chunks takes this part of all processors at most. */
    private static final double LOOK_UP_SHARE = 0.25;
    /** Answers in memory take this part of the heap at most. */
    private static final int ANSWERS_SHARE = 16;

    private static final int MAX_UNIDENTIFIED = 256;
    private static final int MAX_UNIDENTIFIED_PER_ADDRESS = 64;
    private static final int MAX_STRANGERS = 32;
    private static final int MAX_STRANGERS_PER_ADDRESS = 8;
    private static final long STOP_NANOS = 15_000_000_000L;

    final FairPool workers;
    /**
     * Questions which chunks are known and in which order to read them. They cost a client nothing, so that they must not keep
     * the processors busy which backups and restores need.
     */
    final FairPool lookUps;

    final FairPool readers;
    /** Writes to the control database, each of which waits for the disk: one of a node at a time. */
    final FairPool control;
    /** Looks through all snapshots of a node, which takes the longer the more it has: one of a node at a time. */
    final FairPool history;
    /** Requests from their length on until they are answered. */
    final FairBudget ingest;
    /** Chunks from before they are read until they have left. */
    final FairBudget restore;
    /** The arrays that use the budget for restores. */
    final WindowMemory windows;
    /** All other answers, from before they are made until they have left. */
    final FairBudget answers;

    final int creditBytes;
    final Deadlines deadlines;
    final Admission unidentified;
    final Admission strangers;
    final Admission.KnownAddresses known;

    /** Enrolments with bad tokens, by address. */
    final RateLimiter<String> enrolments;
    /** New connections, by address: each handshake costs two signatures. */
    final RateLimiter<String> handshakes;
    /** Requests that were refused, by node or a stranger's address: well-behaved clients have few. */
    final RateLimiter<String> refusals;
    /** Small requests, by node or a stranger's address: the work for each is the same, however little it asks for. */
    final RateLimiter<String> smallRequests;
    /** Backups begun, by node. */
    final RateLimiter<Integer> backups;
    /** Snapshots opened, by node: each is an entry of the audit log. */
    final RateLimiter<Integer> openings;
    /** State directories that identify themselves, by node: each writes to the control database. */
    final RateLimiter<Integer> holds;
    /** Certificates renewed, by node. */
    final RateLimiter<Integer> renewals;
    /** Restores and verifications that show as tasks, by node. */
    final RateLimiter<Integer> tasks;
    /** Reports on orders, by node: each writes to the control database. */
    final RateLimiter<Integer> reports;
    /** Lines in the log about damage and failures, by node. */
    final RateLimiter<Integer> warnings;
    /** Marks of when a node was seen last, by node. */
    final RateLimiter<Integer> sightings;

    /** Of the memory for restores, so much may be idle. */
    private static final int IDLE_SHARE = 4;

    private final Semaphore connections;
    private final int perNode;
    private final Map<Integer, Semaphore> nodes = new ConcurrentHashMap<>();

    Limits(HardwareProfile profile, Deadlines deadlines, LongSupplier nanos) {
        this.deadlines = deadlines;
        workers = new FairPool("ingest", profile.workers().ingest());
        lookUps = new FairPool(
                "look-up",
                profile.workers().restore(),
                LOOK_UP_SHARE * Runtime.getRuntime().availableProcessors());
        readers = new FairPool("restore", profile.workers().restore());
        control = new FairPool("control", 1);
        history = new FairPool("history", 1);
        long heap = profile.memory().heap().bytes();
        // A process that was given less heap than its model has makes do with less of everything.
        long given = Math.min(heap, Runtime.getRuntime().maxMemory());
        long ingestBytes = profile.memory().ingest().bytes() / 1024 * (given / 1024) / (heap / 1024) * 1024;
        long restoreBytes = profile.memory().restore().bytes() / 1024 * (given / 1024) / (heap / 1024) * 1024;
        int sharers = profile.nodes() + 1;
        ingest = new FairBudget(ingestBytes, sharers);
        restore = new FairBudget(restoreBytes, sharers);
        windows = new WindowMemory(restoreBytes / IDLE_SHARE);
        answers = new FairBudget(given / ANSWERS_SHARE, sharers);
        creditBytes = (int) Math.min(MAX_CREDIT_BYTES, Math.max(8L << 20, ingestBytes / CREDIT_SHARE) / 2);
        connections = new Semaphore(profile.connections().total());
        perNode = profile.connections().perNode();
        known = new Admission.KnownAddresses(nanos);
        unidentified = new Admission(MAX_UNIDENTIFIED, MAX_UNIDENTIFIED_PER_ADDRESS, known);
        strangers = new Admission(MAX_STRANGERS, MAX_STRANGERS_PER_ADDRESS, known);
        enrolments = new RateLimiter<>(10, 0.2, nanos);
        handshakes = new RateLimiter<>(64, 32, nanos);
        refusals = new RateLimiter<>(100, 10, nanos);
        smallRequests = new RateLimiter<>(1000, 1000, nanos);
        backups = new RateLimiter<>(120, 1, nanos);
        openings = new RateLimiter<>(2000, 20, nanos);
        holds = new RateLimiter<>(1000, 10, nanos);
        renewals = new RateLimiter<>(10, 0.01, nanos);
        tasks = new RateLimiter<>(200, 1, nanos);
        reports = new RateLimiter<>(100, 10, nanos);
        warnings = new RateLimiter<>(100, 0.5, nanos);
        sightings = new RateLimiter<>(2, 0.1, nanos);
    }

    /** Work of nodes that waits or runs. */
    int underWay() {
        return workers.size() + lookUps.size() + readers.size();
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

    /** Lets work under way end, within reason. */
    @Override
    public void close() {
        long deadline = System.nanoTime() + STOP_NANOS;
        workers.shutdown();
        lookUps.shutdown();
        readers.shutdown();
        history.shutdown();
        control.shutdown();
        try {
            workers.awaitEnd(deadline);
            lookUps.awaitEnd(deadline);
            readers.awaitEnd(deadline);
            history.awaitEnd(deadline);
            control.awaitEnd(deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
