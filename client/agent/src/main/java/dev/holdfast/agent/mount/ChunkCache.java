package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Fetches chunks, each once for all who want it, several requests at a time; unpacks and rehashes them on several threads. Safe for
 * use by several threads.
 */
final class ChunkCache implements AutoCloseable {
    private static final int GET_CHUNKS = 64;
    private static final int GET_BYTES = 4 << 20;
    /** The limit of read-ahead in progress. */
    private static final long MAX_AHEAD_BYTES = 48L << 20;

    private final Session session;
    private final ChunkMemory memory;
    private final Map<Digest, CompletableFuture<byte[]>> loading = new HashMap<>();
    private final AtomicLong underWay = new AtomicLong();
    private final ExecutorService workers = Executors.newFixedThreadPool(
            Math.max(2, Runtime.getRuntime().availableProcessors()),
            Thread.ofPlatform().daemon().name("chunk-", 0).factory());

    ChunkCache(Session session, long bytes) throws IOException {
        this.session = session;
        this.memory = new ChunkMemory(bytes);
    }

    /** Where bytes of a chunk go. */
    record Piece(Extent extent, int offset, int length, long at) {}

    /** Copies pieces of chunks, after those that are missing have come. */
    void read(List<Piece> pieces, MemorySegment to) throws IOException {
        List<Piece> missing = new ArrayList<>();
        for (Piece piece : pieces) {
            if (!memory.copy(piece.extent.chunk(), piece.offset, piece.length, to, piece.at)) {
                missing.add(piece);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        session.ask(live -> {
            Map<Digest, Extent> wanted = new LinkedHashMap<>();
            missing.forEach(piece -> wanted.putIfAbsent(piece.extent.chunk(), piece.extent));
            Map<Digest, CompletableFuture<byte[]>> coming = request(live, wanted.values());
            for (Piece piece : missing) {
                CompletableFuture<byte[]> future = coming.get(piece.extent.chunk());
                if (future != null) {
                    MemorySegment.copy(
                            Connection.await(future), piece.offset, to, ValueLayout.JAVA_BYTE, piece.at, piece.length);
                }
            }
            return true;
        });
    }

    /** Has chunks fetched that are likely to be read soon. */
    void prefetch(Collection<Extent> extents) {
        if (underWay.get() > MAX_AHEAD_BYTES) {
            return;
        }
        Map<Digest, Extent> wanted = new LinkedHashMap<>();
        for (Extent extent : extents) {
            if (!memory.has(extent.chunk())) {
                wanted.putIfAbsent(extent.chunk(), extent);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        try {
            session.askOnce(live -> request(live, wanted.values()));
        } catch (IOException e) {
            // A later read of these chunks reports the error.
        }
    }

    /** What each chunk will be: futures of those that are on their way already, and of those that are asked for now. */
    private Map<Digest, CompletableFuture<byte[]>> request(Session.Live live, Collection<Extent> extents)
            throws IOException {
        Map<Digest, CompletableFuture<byte[]>> all = new HashMap<>();
        List<Extent> mine = new ArrayList<>();
        synchronized (loading) {
            for (Extent extent : extents) {
                CompletableFuture<byte[]> future = loading.get(extent.chunk());
                if (future == null) {
                    future = new CompletableFuture<>();
                    loading.put(extent.chunk(), future);
                    mine.add(extent);
                }
                all.put(extent.chunk(), future);
            }
        }
        for (int from = 0; from < mine.size(); ) {
            int to = from;
            long bytes = 0;
            while (to < mine.size() && to - from < GET_CHUNKS && (bytes == 0 || bytes < GET_BYTES)) {
                bytes += mine.get(to++).chunkLength();
            }
            List<Extent> group = List.copyOf(mine.subList(from, to));
            from = to;
            get(live, new Group(group, bytes, live.appliance(), all));
        }
        return all;
    }

    /** Chunks that are asked for together. */
    private final class Group implements Appliance.ChunkSink {
        final List<Extent> extents;
        final long bytes;
        final Appliance appliance;
        final List<CompletableFuture<byte[]>> futures = new ArrayList<>();
        final boolean[] answered;

        Group(List<Extent> extents, long bytes, Appliance appliance, Map<Digest, CompletableFuture<byte[]>> all) {
            this.extents = extents;
            this.bytes = bytes;
            this.appliance = appliance;
            this.answered = new boolean[extents.size()];
            extents.forEach(each -> {
                CompletableFuture<byte[]> future = all.get(each.chunk());
                if (future != null) {
                    futures.add(future);
                }
            });
        }

        @Override
        public void chunk(int index, Packed packed, Runnable done) {
            answered[index] = true;
            workers.execute(() -> {
                try {
                    byte[] plain = packed.unpack();
                    Extent extent = extents.get(index);
                    if (plain.length != extent.chunkLength()
                            || !appliance.hash().digest(plain).equals(extent.chunk())) {
                        throw FormatException.corrupt(
                                "chunk " + extent.chunk() + " arrived with another digest or length");
                    }
                    memory.put(extent.chunk(), plain);
                    futures.get(index).complete(plain);
                } catch (IOException | RuntimeException | Error e) {
                    futures.get(index).completeExceptionally(e);
                } finally {
                    done.run();
                    settle(index);
                }
            });
        }

        @Override
        public void damaged(int index, String damage) {
            fail(index, new RemoteException(ErrorCode.DAMAGED, damage));
        }

        @Override
        public void frozen(int index, String what) {
            fail(index, new RemoteException(ErrorCode.FROZEN, what));
        }

        private void fail(int index, IOException cause) {
            answered[index] = true;
            futures.get(index).completeExceptionally(cause);
            settle(index);
        }

        private void settle(int index) {
            synchronized (loading) {
                loading.remove(extents.get(index).chunk(), futures.get(index));
            }
        }

        void end(IOException cause) {
            underWay.addAndGet(-bytes);
            for (int i = 0; i < answered.length; i++) {
                if (!answered[i]) {
                    fail(i, cause);
                }
            }
        }
    }

    private void get(Session.Live live, Group group) throws IOException {
        underWay.addAndGet(group.bytes);
        List<Digest> digests = group.extents.stream().map(Extent::chunk).toList();
        try {
            CompletableFuture<Void> _ = Appliance.get(live.appliance().control(), digests, Message.Reading.SEND, group)
                    .whenComplete((done, cause) -> group.end(
                            cause == null ? FormatException.corrupt("no answer for a chunk") : Connection.io(cause)));
        } catch (IOException | RuntimeException | Error e) {
            group.end(e instanceof IOException io ? io : new IOException(e));
            throw e;
        }
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
