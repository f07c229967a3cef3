package dev.holdfast.control.image;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
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

    /** Parts of chunks that are read without keeping the chunk on the heap: nobody else wants it at the same time. */
    private static final int LARGE_BYTES = SealedSlots.CHUNK_BYTES;

    private static final Executor THREADS =
            task -> Thread.ofVirtual().name("image-read").start(task);

    private final Store store;
    private final Optional<ChunkFile> file;
    private final AsyncCache<Digest, byte[]> chunks;
    private final AsyncCache<Part, Extents> parts;
    private final Semaphore ahead = new Semaphore(READ_AHEAD);

    /** Content that a page of a manifest has: that of one file, or of a part of it. */
    record Part(Digest page, int skip, long start) {}

    /**
     * @param bytes of the heap that it takes at most
     * @param file has more chunks; the caller closes it
     */
    public ImageCache(Store store, long bytes, Optional<ChunkFile> file) {
        this.store = store;
        this.file = file;
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

    /**
     * Reads a part of a chunk.
     *
     * @param target takes {@code length} bytes
     */
    void read(Digest digest, int offset, int length, ByteBuffer target) throws IOException {
        boolean here = chunks.getIfPresent(digest) != null;
        if (!here && file.isPresent() && file.get().read(digest, offset, length, target)) {
            return;
        }
        if (!here && length >= LARGE_BYTES) {
            store.reader().withVerified(digest, (bytes, from, count) -> {
                copy(digest, bytes, from + offset, length, from + count, target);
                keep(digest, bytes, from, count, false);
                return true;
            });
            return;
        }
        byte[] chunk = chunk(digest);
        copy(digest, chunk, offset, length, chunk.length, target);
        if (!here) {
            keep(digest, chunk, 0, chunk.length, true);
        }
    }

    private static void copy(Digest digest, byte[] from, int offset, int length, int end, ByteBuffer target)
            throws IOException {
        if (length > end - offset) {
            throw new IOException("an extent goes beyond the end of chunk " + digest);
        }
        target.put(from, offset, length);
    }

    private byte[] chunk(Digest digest) throws IOException {
        return await(chunks.get(digest, reading(store.reader()::readVerified)));
    }

    /** @param replace whether other chunks may be dropped for it; a reader of whole disks reads each chunk once */
    private void keep(Digest digest, byte[] array, int offset, int length, boolean replace) {
        file.ifPresent(kept -> kept.put(digest, array, offset, length, replace));
    }

    /** Gives back what can be read again of the file system; returns whether that was anything. */
    public boolean giveBack() {
        boolean any = file.isPresent() && file.get().bytes() > 0;
        file.ifPresent(ChunkFile::clear);
        return any;
    }

    /** Reads a chunk that will be wanted soon; returns false where enough others are being read. */
    boolean ahead(Digest digest) {
        if (chunks.getIfPresent(digest) != null
                || file.isPresent() && file.get().has(digest)) {
            return true;
        }
        if (!ahead.tryAcquire()) {
            return false;
        }
        THREADS.execute(() -> {
            try {
                byte[] chunk = chunk(digest);
                keep(digest, chunk, 0, chunk.length, false);
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
