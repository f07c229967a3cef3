package dev.holdfast.agent.restore;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings the chunks of one window after another: asked for in the order of the appliance's disk, rehashed on arrival, and
 * written to every place that wants them (forward assembly; Lillibridge et al., FAST 2013). One thread plans a window
 * while the one before it is fetched and written.
 */
final class ChunkFetch implements AutoCloseable {
    /** Most windows whole, since the appliance numbers the chunks of each request by themselves. */
    private static final int PLAN_DIGESTS = 1 << 15;

    /** Chunk bytes, unpacked, that may be on their way from the appliance. */
    private static final int IN_FLIGHT_BYTES = 48 << 20;

    /** Most chunks and bytes of a request: whatever the size of chunks, several are under way, on all connections. */
    private static final int GET_CHUNKS = 64;

    private static final int GET_BYTES = IN_FLIGHT_BYTES / 6;

    /** More places of one chunk than these, as zeros may have, are shared among the writers. */
    private static final int PLACES_A_WRITER = 32;

    private static final int UNIT_BYTES = 1024;
    private static final int MAX_OPEN_FILES = 256;

    private final ChunkSource source;
    private final ExistingFiles existing;
    private final TargetHealth health;
    private final Map<RestoredFile, Boolean> openFiles = new LinkedHashMap<>(16, 0.75f, true);
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_BYTES / UNIT_BYTES);
    private final ExecutorService writers;
    private final ExecutorService fetcher = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("fetch").factory());
    private Window window = new Window();
    private volatile @Nullable IOException failure;

    /** Where a chunk of the window goes. */
    private static final class ChunkUse {
        final int length;
        final List<Place> places = new ArrayList<>(1);

        ChunkUse(int length) {
            this.length = length;
        }
    }

    private record Place(RestoredFile file, long position, int offset, int length) {}

    /** What is planned together. Not changed any more once it is started. */
    private static final class Window {
        final Map<Digest, ChunkUse> uses = new LinkedHashMap<>();
        int places;

        ChunkUse use(Digest digest) {
            ChunkUse use = uses.get(digest);
            if (use == null) {
                throw new IllegalStateException("chunk " + digest + " was not planned");
            }
            return use;
        }
    }

    ChunkFetch(ChunkSource source, ExistingFiles existing, TargetHealth health) {
        this.source = source;
        this.existing = existing;
        this.health = health;
        int threads = Math.max(4, Runtime.getRuntime().availableProcessors());
        // Bounded by the bytes in flight and a window's places, long before the queue is.
        this.writers = new ThreadPoolExecutor(
                threads,
                threads,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(1 << 16),
                Thread.ofPlatform().daemon().name("restore-", 0).factory());
    }

    /** By which chunks are named. */
    HashAlgorithm hash() {
        return source.hash();
    }

    /** Notes that a file wants an extent at a position. */
    void plan(RestoredFile file, long position, Extent extent) {
        synchronized (file) {
            file.placesLeft++;
        }
        window.places++;
        window.uses
                .computeIfAbsent(extent.chunk(), digest -> new ChunkUse(extent.chunkLength()))
                .places
                .add(new Place(file, position, extent.offset(), extent.length()));
    }

    /** How many places are planned and not started yet. */
    int places() {
        return window.places;
    }

    /** Starts to fetch everything planned; done when it is written. What is planned from now on is another window. */
    CompletableFuture<Void> start() {
        Window started = window;
        window = new Window();
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        run(started);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                fetcher);
    }

    /** Makes what was started end soon, with an error. */
    void abort() {
        if (failure == null) {
            failure = new IOException("the restore was given up");
        }
    }

    private void run(Window started) throws IOException {
        requireHealthy();
        List<Digest> order = plan(started.uses.keySet());
        List<CompletableFuture<Void>> underWay = new ArrayList<>();
        for (int from = 0; from < order.size(); ) {
            List<Digest> group = order.subList(from, groupEnd(started, order, from));
            from += group.size();
            int permits = 0;
            for (Digest digest : group) {
                permits += permits(started.use(digest).length);
            }
            permits = Math.min(permits, IN_FLIGHT_BYTES / UNIT_BYTES);
            try {
                inFlight.acquire(permits);
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
            try {
                requireHealthy();
                underWay.add(get(started, List.copyOf(group), permits));
            } catch (IOException e) {
                inFlight.release(permits);
                throw e;
            }
            underWay.removeIf(done -> done.isDone() && !done.isCompletedExceptionally());
        }
        for (CompletableFuture<Void> future : underWay) {
            Connection.await(future);
        }
        requireHealthy();
    }

    /** Where the request ends that begins with a chunk: one at least. */
    private static int groupEnd(Window window, List<Digest> order, int from) {
        int to = from;
        long bytes = 0;
        while (to < order.size() && to - from < GET_CHUNKS) {
            bytes += window.use(order.get(to)).length;
            if (bytes > GET_BYTES && to > from) {
                break;
            }
            to++;
        }
        return to;
    }

    /** Throws what made everything end. */
    void requireHealthy() throws IOException {
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    private static int permits(int bytes) {
        return bytes / UNIT_BYTES + 1;
    }

    private List<Digest> plan(Collection<Digest> digests) throws IOException {
        record Placed(Digest digest, long place) {}
        List<Digest> all = List.copyOf(digests);
        List<Digest> order = new ArrayList<>(all.size());
        for (int from = 0; from < all.size(); from += PLAN_DIGESTS) {
            List<Digest> part = all.subList(from, Math.min(all.size(), from + PLAN_DIGESTS));
            long[] found = source.places(part);
            List<Placed> placed = new ArrayList<>(part.size());
            for (int i = 0; i < part.size(); i++) {
                placed.add(new Placed(part.get(i), i < found.length ? found[i] : -1));
            }
            placed.sort(Comparator.comparingLong(Placed::place));
            placed.forEach(each -> order.add(each.digest()));
        }
        return order;
    }

    private CompletableFuture<Void> get(Window from, List<Digest> group, int permits) throws IOException {
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        Appliance.ChunkSink sink = new Appliance.ChunkSink() {
            @Override
            public void chunk(int index, Packed packed, Runnable done) {
                Digest digest = group.get(index);
                synchronized (writes) {
                    writes.add(CompletableFuture.supplyAsync(() -> write(digest, packed, from.use(digest)), writers)
                            .thenCompose(ChunkFetch.this::share)
                            .whenComplete((written, cause) -> done.run()));
                }
            }

            @Override
            public void damaged(int index, String damage) {
                ChunkFetch.this.damaged(from.use(group.get(index)), damage);
            }

            @Override
            public void frozen(int index, String what) {
                ChunkFetch.this.frozen(from.use(group.get(index)));
            }
        };
        CompletableFuture<Void> answered = source.get(group, sink);
        return answered.thenCompose(done -> {
                    synchronized (writes) {
                        return CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new));
                    }
                })
                .whenComplete((done, cause) -> {
                    inFlight.release(permits);
                    if (cause != null && failure == null) {
                        failure = Connection.io(cause);
                    }
                });
    }

    private void verify(Digest digest, byte[] bytes, int at, int length, ChunkUse use) throws IOException {
        if (length != use.length || !source.hash().digest(bytes, at, length).equals(digest)) {
            throw FormatException.corrupt("chunk " + digest + " arrived with another digest or length");
        }
    }

    private CompletableFuture<Void> share(List<Runnable> writes) {
        return CompletableFuture.allOf(writes.stream()
                .map(each -> CompletableFuture.runAsync(each, writers))
                .toArray(CompletableFuture[]::new));
    }

    /** On a writer thread: verifies a chunk and puts its bytes everywhere they belong. Returns what is left to other writers. */
    private List<Runnable> write(Digest digest, Packed packed, ChunkUse use) {
        if (failure != null) {
            return List.of();
        }
        try {
            if (use.places.size() <= PLACES_A_WRITER) {
                return packed.withPlain((bytes, at, length) -> {
                    verify(digest, bytes, at, length, use);
                    write(bytes, at, use.places);
                    return List.of();
                });
            }
            byte[] bytes = packed.unpack();
            verify(digest, bytes, 0, bytes.length, use);
            return shares(bytes, use.places);
        } catch (IOException e) {
            damaged(use, String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    private List<Runnable> shares(byte[] bytes, List<Place> places) {
        List<Runnable> shares = new ArrayList<>();
        for (int from = 0; from < places.size(); from += PLACES_A_WRITER) {
            List<Place> share = places.subList(from, Math.min(places.size(), from + PLACES_A_WRITER));
            shares.add(() -> write(bytes, 0, share));
        }
        return shares;
    }

    private void write(byte[] bytes, int at, List<Place> places) {
        for (Place place : places) {
            RestoredFile task = place.file;
            try {
                task.write(place.position, bytes, at + place.offset, place.length);
                boolean last;
                synchronized (task) {
                    last = --task.placesLeft == 0 && task.complete && !task.damaged;
                }
                if (last) {
                    // Finished here, in parallel; the window's end then has nothing left to do.
                    task.finish(existing);
                } else {
                    remember(task);
                }
            } catch (IOException e) {
                failed(task, e);
            }
        }
    }

    /** Notes that a file cannot be restored; where the reason is the target as a whole, everything ends. */
    void failed(RestoredFile task, IOException cause) {
        boolean first;
        synchronized (task) {
            first = !task.damaged;
            task.damaged = true;
        }
        try {
            task.abandon();
        } catch (IOException e) {
            // What made it fail makes this fail as well.
        }
        if (first) {
            failed(task.path, cause);
        }
    }

    /** Reports what could not be done; where the reason is the target as a whole, everything ends. */
    void failed(TreePath path, IOException cause) {
        try {
            health.check(cause);
            existing.problem(path, cause.getMessage());
        } catch (TargetFailedException e) {
            failure = e;
        }
    }

    private void damaged(ChunkUse use, String damage) {
        giveUp(use, file -> {
            existing.stats().damaged.increment();
            existing.problem(file.path, "content is damaged in the store: " + damage);
        });
    }

    /** Counted and not reported one by one: there may be thousands, and all of them for one reason. */
    private void frozen(ChunkUse use) {
        giveUp(use, file -> {
            existing.stats().frozen.increment();
            existing.stats().frozenBytes.add(file.node.attributes().size());
        });
    }

    /** Marks the files that need a chunk; each is told of once, whatever else it lacks. */
    private static void giveUp(ChunkUse use, Consumer<RestoredFile> first) {
        for (Place place : use.places) {
            boolean marked;
            synchronized (place.file) {
                marked = place.file.damaged;
                place.file.damaged = true;
            }
            if (!marked) {
                first.accept(place.file);
            }
        }
    }

    /** Keeps the number of open files bounded. */
    void remember(RestoredFile task) {
        RestoredFile eldest = null;
        synchronized (openFiles) {
            openFiles.put(task, true);
            if (openFiles.size() > MAX_OPEN_FILES) {
                eldest = openFiles.keySet().iterator().next();
                openFiles.remove(eldest);
            }
        }
        if (eldest != null) {
            evict(eldest);
        }
    }

    private void evict(RestoredFile eldest) {
        // Nobody may finish it between the error and the note of it.
        synchronized (eldest) {
            try {
                eldest.closeHandle();
            } catch (IOException e) {
                // Network file systems say only here what they did not take: of this file, whatever is being written
                // now.
                failed(eldest, e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        fetcher.shutdownNow();
        writers.shutdown();
        try {
            // What is under way still uses the target's directories.
            if (!writers.awaitTermination(1, TimeUnit.MINUTES)) {
                writers.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (openFiles) {
            for (RestoredFile task : openFiles.keySet()) {
                task.closeHandle();
            }
            openFiles.clear();
        }
    }
}
