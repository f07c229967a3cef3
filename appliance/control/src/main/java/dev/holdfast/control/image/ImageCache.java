package dev.holdfast.control.image;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Chunks and pages of manifests that were read last, rehashed, for all images together. What several threads ask for at the same time
 * is read once. Safe for use by several threads.
 */
public final class ImageCache {
    private static final System.Logger LOG = System.getLogger(ImageCache.class.getName());
    /** Of the bytes, for parts of the manifests. */
    private static final int PAGES_SHARE = 4;
    /** At the same time, beyond what is asked for. */
    private static final int READ_AHEAD = 8;

    private static final Executor THREADS =
            task -> Thread.ofVirtual().name("image-read").start(task);

    private final Store store;
    private final AsyncCache<Digest, byte[]> chunks;
    private final AsyncCache<Part, Extents> parts;
    private final Semaphore ahead = new Semaphore(READ_AHEAD);

    /** Content that a page of a manifest has: that of one file, or of a part of it. */
    record Part(Digest page, int skip, long start) {}

    /** @param bytes of the heap that it takes at most */
    public ImageCache(Store store, long bytes) {
        this.store = store;
        this.chunks = Caffeine.newBuilder()
                .maximumWeight(bytes - bytes / PAGES_SHARE)
                .weigher((Digest digest, byte[] chunk) -> chunk.length)
                .executor(Runnable::run)
                .buildAsync();
        this.parts = Caffeine.newBuilder()
                .maximumWeight(bytes / PAGES_SHARE)
                .weigher((Part part, Extents extents) -> extents.heapBytes())
                .executor(Runnable::run)
                .buildAsync();
    }

    Store store() {
        return store;
    }

    byte[] chunk(Digest digest) throws IOException {
        return await(chunks.get(digest, reading(store.reader()::readVerified)));
    }

    /** Reads a chunk that will be wanted soon; returns false where enough others are being read. */
    boolean ahead(Digest digest) {
        if (chunks.getIfPresent(digest) != null) {
            return true;
        }
        if (!ahead.tryAcquire()) {
            return false;
        }
        THREADS.execute(() -> {
            try {
                chunk(digest);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "a chunk could not be read ahead", e);
            } finally {
                ahead.release();
            }
        });
        return true;
    }

    Extents extents(Part part) throws IOException {
        return await(parts.get(part, reading(wanted -> Extents.read(store, wanted))));
    }

    private interface Reading<K, V> {
        V of(K key) throws IOException;
    }

    private static <K, V> BiFunction<K, Executor, CompletableFuture<V>> reading(Reading<K, V> reading) {
        Function<K, V> unchecked = key -> {
            try {
                return reading.of(key);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        return (key, executor) -> CompletableFuture.supplyAsync(() -> unchecked.apply(key), THREADS);
    }

    private static <V> V await(CompletableFuture<V> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            // Each who waits gets an exception of its own, with the stack of the one who read as its cause.
            throw e.getCause() instanceof UncheckedIOException unchecked
                    ? unchecked.getCause()
                    : new IOException(String.valueOf(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
