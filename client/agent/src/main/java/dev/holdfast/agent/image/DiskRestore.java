package dev.holdfast.agent.image;

import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Writes a disk of a snapshot to a device or file. What the target has already is read, compared by its hash, and left as it is, so
 * that a disk is rolled back by what differs, and a restore that was interrupted goes on where it was. Runs once.
 */
public final class DiskRestore implements AutoCloseable {
    /** Chunk bytes that are compared, and fetched, together; two such windows are under way. */
    private static final long WINDOW_BYTES = 32 << 20;

    /** Chunks of one request. */
    private static final int GET_CHUNKS = 32;

    /** Once so many blocks in succession differed, the target is most likely another disk, or empty. */
    private static final int DIFFERENT = 64;
    /** Then only each so many blocks are compared, until one is the same: what is written need not be read before. */
    private static final int LOOKED_AT = 16;
    /** Of a device, given back together. */
    private static final long PUNCHED_BYTES = 1 << 30;

    private static final int ZERO_BYTES = 1 << 18;
    private static final byte[] ZEROS = new byte[ZERO_BYTES];

    private final Appliance appliance;
    private final TreeCursor.Pages manifest;
    private final TreePath disk;
    private final BlockFile target;
    private final byte[] prefix;
    private final Mode mode;
    private final Stats stats;
    private final List<Connection> connections = new ArrayList<>();
    private final ExecutorService workers;
    /** Of the target when the restore began; behind it a file has nothing. */
    private final long present;

    private final AtomicInteger different = new AtomicInteger();
    private final AtomicInteger skipped = new AtomicInteger();
    private int turn;

    /** What is done with blocks that differ. */
    public enum Mode {
        WRITE,
        /** They are counted only. */
        COMPARE
    }

    /** Bytes so far; written by several threads. */
    public static final class Stats {
        /** Of the disk, zeros included. */
        public final LongAdder done = new LongAdder();

        /** That differed from the snapshot, and were written if that was asked for. */
        public final LongAdder differed = new LongAdder();

        /** Of these, those that became zeros. */
        public final LongAdder zeroed = new LongAdder();
    }

    /**
     * Prepares a restore.
     *
     * @param target as large as the disk at least; the caller closes it
     * @param prefix what chunks of this node begin with in front of what was read
     * @param streams connections, which the appliance closes
     */
    public DiskRestore(
            Appliance appliance,
            TreeCursor.Pages manifest,
            TreePath disk,
            BlockFile target,
            long present,
            byte[] prefix,
            int streams,
            Mode mode,
            Stats stats)
            throws IOException {
        this.appliance = appliance;
        this.manifest = manifest;
        this.disk = disk;
        this.target = target;
        this.present = present;
        this.prefix = prefix.clone();
        this.mode = mode;
        this.stats = stats;
        for (int i = 0; i < streams; i++) {
            connections.add(appliance.connect());
        }
        this.workers = Executors.newFixedThreadPool(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                Thread.ofPlatform().daemon().name("disk-", 0).factory());
    }

    /** The size of a disk in a snapshot. */
    public static long size(TreeCursor.Pages manifest, TreePath disk) throws IOException {
        return DiskContent.open(manifest, disk).size();
    }

    /** The disks that a snapshot has, by path. */
    public static List<TreePath> disks(TreeCursor.Pages manifest) throws IOException {
        return DiskContent.list(manifest);
    }

    /** Returns when everything is on disk. */
    public void run() throws IOException {
        DiskContent content = DiskContent.open(manifest, disk);
        Deque<CompletableFuture<Void>> windows = new ArrayDeque<>();
        List<DiskContent.Piece.Data> window = new ArrayList<>();
        long bytes = 0;
        try {
            for (DiskContent.Piece each = content.next(); each != null; each = content.next()) {
                switch (each) {
                    case DiskContent.Piece.Hole hole -> clear(hole.position(), hole.length());
                    case DiskContent.Piece.Data data -> {
                        window.add(data);
                        bytes += data.extent().chunkLength();
                    }
                }
                if (bytes >= WINDOW_BYTES) {
                    begin(windows, window);
                    window = new ArrayList<>();
                    bytes = 0;
                }
            }
            begin(windows, window);
            while (!windows.isEmpty()) {
                Connection.await(windows.remove());
            }
        } finally {
            workers.shutdown();
        }
        if (mode == Mode.WRITE) {
            target.sync();
        }
    }

    private void begin(Deque<CompletableFuture<Void>> windows, List<DiskContent.Piece.Data> window) throws IOException {
        while (windows.size() > 1) {
            Connection.await(windows.remove());
        }
        List<CompletableFuture<DiskContent.Piece.Data>> compared = window.stream()
                .map(each -> CompletableFuture.supplyAsync(() -> differs(each) ? each : SAME, workers))
                .toList();
        List<DiskContent.Piece.Data> wanted = new ArrayList<>();
        for (CompletableFuture<DiskContent.Piece.Data> each : compared) {
            DiskContent.Piece.Data found = Connection.await(each);
            if (!found.equals(SAME)) {
                stats.differed.add(found.length());
                wanted.add(found);
            }
        }
        if (mode == Mode.COMPARE) {
            return;
        }
        List<CompletableFuture<Void>> fetched = new ArrayList<>();
        for (int from = 0; from < wanted.size(); from += GET_CHUNKS) {
            fetched.add(fetch(wanted.subList(from, Math.min(wanted.size(), from + GET_CHUNKS))));
        }
        windows.add(CompletableFuture.allOf(fetched.toArray(CompletableFuture[]::new)));
    }

    private static final DiskContent.Piece.Data SAME =
            new DiskContent.Piece.Data(-1, new Extent(0, Digest.fromBytes(new byte[Digest.BYTES]), 1, 0, 1));

    // ---- comparing

    /** On a worker: whether the target has other bytes. */
    private boolean differs(DiskContent.Piece.Data piece) {
        Extent extent = piece.extent();
        boolean differs = true;
        int front = extent.offset();
        boolean alone = (front == 0 || front == prefix.length) && front + extent.length() == extent.chunkLength();
        if (piece.position() < present && worthComparing()) {
            byte[] block = new byte[extent.chunkLength()];
            try {
                if (alone) {
                    System.arraycopy(prefix, 0, block, 0, front);
                } else {
                    // A small file shares its chunk with others.
                    block = appliance.read(extent.chunk());
                }
                differs = !readFully(piece.position(), block, front, extent.length())
                        || !appliance.hash().digest(block).equals(extent.chunk());
            } catch (IOException e) {
                // A sector that cannot be read may well be written.
                differs = true;
            }
            if (differs) {
                different.incrementAndGet();
            } else {
                different.set(0);
            }
        }
        stats.done.add(differs && mode == Mode.WRITE ? 0 : extent.length());
        return differs;
    }

    private boolean worthComparing() {
        return mode == Mode.COMPARE || different.get() < DIFFERENT || skipped.incrementAndGet() % LOOKED_AT == 0;
    }

    private boolean readFully(long position, byte[] block, int offset, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int count = target.read(position + done, block, offset + done, length - done);
            if (count <= 0) {
                return false;
            }
            done += count;
        }
        return true;
    }

    // ---- zeros

    /** Makes a range zeros where it is not. */
    private void clear(long position, long length) throws IOException {
        long end = position + length;
        long at = position + punched(position, Math.min(end, present));
        byte[] block = new byte[ZERO_BYTES];
        while (at < Math.min(end, present)) {
            long data = target.nextData(at);
            if (data < 0 || data >= end) {
                break;
            }
            long from = Math.max(at, data / ZERO_BYTES * ZERO_BYTES);
            int part = (int) Math.min(end - from, ZERO_BYTES - from % ZERO_BYTES);
            int there = (int) Math.min(part, Math.max(0, present - from));
            boolean zero = readFully(from, block, 0, there) && Arrays.equals(block, 0, there, ZEROS, 0, there);
            if (!zero) {
                stats.differed.add(part);
                stats.zeroed.add(part);
                if (mode == Mode.WRITE && !target.punch(from, part)) {
                    target.write(from, ZEROS, 0, part);
                }
            }
            at = from + part;
        }
        stats.done.add(length);
    }

    /**
     * Makes a range of a device that has other content zeros without a look at it, where the device does that itself. Returns how many
     * bytes. How many of them differed is not known then, and not counted.
     */
    private long punched(long position, long end) throws IOException {
        long at = position;
        if (mode == Mode.WRITE && target.device() && different.get() >= DIFFERENT) {
            while (at < end) {
                long part = Math.min(PUNCHED_BYTES, end - at);
                if (!target.punch(at, part)) {
                    break;
                }
                at += part;
            }
        }
        return at - position;
    }

    // ---- writing

    private CompletableFuture<Void> fetch(List<DiskContent.Piece.Data> wanted) throws IOException {
        // A disk has the same block in several places.
        Map<Digest, List<DiskContent.Piece.Data>> places = new LinkedHashMap<>();
        for (DiskContent.Piece.Data each : wanted) {
            places.computeIfAbsent(each.extent().chunk(), chunk -> new ArrayList<>())
                    .add(each);
        }
        List<Digest> digests = List.copyOf(places.keySet());
        List<List<DiskContent.Piece.Data>> pieces = List.copyOf(places.values());
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        CompletableFuture<Void> failed = new CompletableFuture<>();
        Appliance.ChunkSink sink = new Appliance.ChunkSink() {
            @Override
            public void chunk(int index, Packed packed, Runnable done) {
                synchronized (writes) {
                    writes.add(CompletableFuture.runAsync(() -> write(pieces.get(index), packed), workers)
                            .whenComplete((written, cause) -> done.run()));
                }
            }

            @Override
            public void damaged(int index, String damage) {
                failed.completeExceptionally(new RemoteException(
                        ErrorCode.DAMAGED,
                        disk + " at " + pieces.get(index).getFirst().position() + " is damaged in the store: "
                                + damage));
            }

            @Override
            public void frozen(int index, String what) {
                failed.completeExceptionally(new RemoteException(ErrorCode.FROZEN, disk + " is frozen: " + what));
            }
        };
        Connection connection = connections.get(turn++ % connections.size());
        return Appliance.get(connection, digests, Message.Reading.SEND, sink).thenCompose(all -> {
            if (failed.isCompletedExceptionally()) {
                return failed;
            }
            synchronized (writes) {
                if (writes.size() < pieces.size()) {
                    return CompletableFuture.failedFuture(FormatException.corrupt("the appliance left out chunks"));
                }
                return CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new));
            }
        });
    }

    /** @param places of one chunk */
    private void write(List<DiskContent.Piece.Data> places, Packed packed) {
        Digest chunk = places.getFirst().extent().chunk();
        try {
            packed.withPlain((bytes, at, length) -> {
                if (!appliance.hash().digest(bytes, at, length).equals(chunk)) {
                    throw FormatException.corrupt("chunk " + chunk + " arrived with other bytes");
                }
                for (DiskContent.Piece.Data each : places) {
                    Extent extent = each.extent();
                    if (length != extent.chunkLength()) {
                        throw FormatException.corrupt("chunk " + chunk + " arrived with another length");
                    }
                    target.write(each.position(), bytes, at + extent.offset(), extent.length());
                }
                return length;
            });
        } catch (IOException e) {
            throw new CompletionException(e);
        }
        places.forEach(each -> stats.done.add(each.length()));
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        workers.shutdownNow();
    }
}
