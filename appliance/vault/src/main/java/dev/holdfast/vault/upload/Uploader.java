package dev.holdfast.vault.upload;

import dev.holdfast.vault.format.SealedBody;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Uploads sealed objects to a store: large ones in parts, several at once, resuming where an earlier attempt stopped.
 * An object that is there already, and is the same, is left alone. Safe for use by several threads.
 */
final class Uploader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Uploader.class.getName());
    /** A full container with its padding is eight of them, without a ninth for the rest. */
    static final int PART_BYTES = 17 << 19;
    /** Parts that are ready while others are on their way. */
    private static final int SEALED_AHEAD = 2;
    /** How long transfers under way may take to end after close() was called. */
    private static final long STOP_SECONDS = 5;

    private final ObjectStore store;
    private final Journal journal;
    private final Throttle throttle;
    private final Semaphore slots;
    private final BlockingQueue<byte[]> buffers = new LinkedBlockingQueue<>();
    private final AtomicInteger unmade;
    /** Changed between runs, by the thread that runs them. */
    private int parallel;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /** @param parallel parts, or small objects, that are on their way at once */
    Uploader(ObjectStore store, Journal journal, Throttle throttle, int parallel) {
        this.store = store;
        this.journal = journal;
        this.throttle = throttle;
        this.parallel = parallel;
        this.slots = new Semaphore(parallel);
        this.unmade = new AtomicInteger(parallel + SEALED_AHEAD);
    }

    /** From now on so many are on their way at once; where some of an earlier run still are, fewer leave than wanted. */
    void parallel(int wanted) {
        for (; parallel < wanted; parallel++) {
            unmade.incrementAndGet();
            slots.release();
        }
        for (; parallel > wanted && slots.tryAcquire(); parallel--) {
            if (buffers.poll() == null) {
                unmade.updateAndGet(left -> Math.max(0, left - 1));
            }
        }
    }

    /** Returns once the object is stored, whole, at {@code key}. */
    void put(SealedBody body, String key, PutOptions options) throws IOException {
        try {
            store(body, key, options);
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.EXISTS) {
                throw e;
            }
            if (!isOwn(body, key)) {
                // Names are random, so it is this object, and arrived damaged.
                store(body, key, new PutOptions(false, options.storageClass(), options.tags()));
            }
            journal.objects().uploadEnded(key);
        }
    }

    private void store(SealedBody body, String key, PutOptions options) throws IOException {
        if (body.length() <= PART_BYTES) {
            inSlot(() -> store.put(key, throttle.slowed(body), options));
        } else {
            putInParts(body, key, options);
        }
    }

    /** An object that an interrupted attempt stored without noting it. */
    private boolean isOwn(SealedBody body, String key) throws IOException {
        StoredObject there = store.head(key);
        Long crc = there.crc64();
        return there.bytes() == body.length() && crc != null && crc == Crc64.of(body);
    }

    private <T> T inSlot(Callable<T> work) throws IOException {
        try {
            slots.acquire();
            try {
                return work.call();
            } finally {
                slots.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void putInParts(SealedBody body, String key, PutOptions options) throws IOException {
        Begun begun = begun(key);
        if (begun == null) {
            begun = new Begun(store.begin(key, options), Map.of());
            journal.objects().uploadBegun(key, begun.id);
        }
        List<ObjectStore.Part> parts = send(body, key, begun);
        StoredObject whole = store.complete(key, begun.id, parts, options.ifAbsent());
        Long crc = whole.crc64() == null ? store.head(key).crc64() : whole.crc64();
        Optional<ObjectStoreException> damage = damage(key, crc, parts);
        if (damage.isPresent()) {
            // No root refers to it yet.
            store.delete(List.of(key));
        }
        journal.objects().uploadEnded(key);
        if (damage.isPresent()) {
            throw damage.get();
        }
    }

    /** An upload in parts that was begun, with the parts that are there. */
    private record Begun(String id, Map<Integer, ObjectStore.Part> parts) {}

    private @Nullable Begun begun(String key) throws IOException {
        Optional<String> id = journal.objects().upload(key);
        if (id.isEmpty()) {
            return null;
        }
        try {
            return new Begun(
                    id.get(),
                    store.parts(key, id.get()).stream()
                            .collect(Collectors.toMap(ObjectStore.Part::number, Function.identity())));
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
            return null;
        }
    }

    private List<ObjectStore.Part> send(SealedBody body, String key, Begun begun) throws IOException {
        List<Future<ObjectStore.Part>> sent = new ArrayList<>();
        try (InputStream in = body.open()) {
            for (long left = body.length(); left > 0; left -= PART_BYTES) {
                int number = sent.size() + 1;
                byte[] block = buffer();
                Body part = fill(block, in);
                ObjectStore.Part known = begun.parts.get(number);
                sent.add(threads.submit(() -> {
                    try {
                        return known != null && same(known, part)
                                ? known
                                : inSlot(() -> store.putPart(key, begun.id, number, throttle.slowed(part)));
                    } finally {
                        buffers.add(block);
                    }
                }));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        List<ObjectStore.Part> parts = new ArrayList<>();
        for (Future<ObjectStore.Part> each : sent) {
            parts.add(await(each));
        }
        return parts;
    }

    private Optional<ObjectStoreException> damage(String key, @Nullable Long crc, List<ObjectStore.Part> parts) {
        if (crc == null) {
            return Optional.of(new ObjectStoreException(
                    Kind.REFUSED,
                    store.url() + ": completing the upload of " + key
                            + " failed: the server returned no checksum of the whole object, so that it cannot be verified;"
                            + " use OSS itself, or a server that returns checksums"));
        }
        long sent = 0;
        for (ObjectStore.Part part : parts) {
            sent = Crc64.combine(sent, part.crc64(), part.bytes());
        }
        if (crc != sent) {
            return Optional.of(new ObjectStoreException(
                    Kind.CORRUPT,
                    store.url() + ": completing the upload of " + key
                            + " failed: the parts were assembled wrongly; check that the endpoint is OSS itself"));
        }
        return Optional.empty();
    }

    private Body fill(byte[] block, InputStream in) throws IOException {
        try {
            return Body.of(block, in.readNBytes(block, 0, PART_BYTES));
        } catch (IOException | RuntimeException e) {
            buffers.add(block);
            throw e;
        }
    }

    /** A buffer that was used before, or a new one while there are few. */
    private byte[] buffer() throws InterruptedException {
        byte[] used = buffers.poll();
        if (used != null) {
            return used;
        }
        return unmade.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? new byte[PART_BYTES] : buffers.take();
    }

    private static boolean same(ObjectStore.Part known, Body part) throws IOException {
        return known.bytes() == part.length() && known.crc64() == Crc64.of(part);
    }

    private static <T> T await(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default -> throw new IOException(e.getCause());
            }
        }
    }

    /** Interrupts transfers in progress, and waits a while for their end. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "the upload of a part to " + store.url() + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
