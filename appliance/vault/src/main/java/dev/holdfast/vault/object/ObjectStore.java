package dev.holdfast.vault.object;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Where a vault lies: objects under keys. Each call is one attempt; {@link Retries} repeats. Failures are {@link
 * ObjectStoreException}s where the store spoke, other {@link IOException}s where the way to it failed. What a call
 * stored is checked by its CRC-64 before the call returns. Safe for use by several threads; the opener closes it.
 */
public interface ObjectStore extends AutoCloseable {
    /** {@code oss://bucket/prefix} or {@code file:///path}. */
    String url();

    /** The bytes that move to and from the store. */
    default Movement movement() {
        return new Movement();
    }

    StoredObject put(String key, Body body, PutOptions options) throws IOException;

    /** A range of an object; ends early only where the object does. The caller closes it. */
    InputStream get(String key, long offset, long length) throws IOException;

    StoredObject head(String key) throws IOException;

    /** A part of a listing, in the order of keys; {@code last} where there is nothing behind it. */
    record Listing(List<StoredObject> objects, boolean last) {}

    /** Objects whose keys begin with {@code prefix} and sort behind {@code after}. */
    Listing list(String prefix, String after, int max) throws IOException;

    /** Visits all objects whose keys begin with {@code prefix} and sort behind {@code after}, in the order of keys. */
    default void each(String prefix, String after, Consumer<StoredObject> visitor) throws IOException {
        Listing page;
        String last = after;
        do {
            page = list(prefix, last, 1000);
            page.objects().forEach(visitor);
            last = page.objects().isEmpty() ? last : page.objects().getLast().key();
        } while (!page.last() && !page.objects().isEmpty());
    }

    /** Reads up to {@code count} bytes of an object; fewer where it ends. */
    default byte[] bytes(String key, long offset, int count) throws IOException {
        if (count == 0) {
            return new byte[0];
        }
        try (InputStream in = get(key, offset, count)) {
            return in.readNBytes(count);
        }
    }

    /** A missing object counts as deleted. */
    void delete(List<String> keys) throws IOException;

    /**
     * A part that was stored.
     *
     * @param tag what the store expects when the upload is completed
     * @param crc64 of its content
     */
    record Part(int number, long bytes, String tag, long crc64) {}

    /** An upload in parts that was begun and not ended. */
    record Upload(String key, String id) {}

    /** Begins an upload in parts; the result names it. */
    String begin(String key, PutOptions options) throws IOException;

    /** Stores a part; parts may come in any order and at once. All but the last have at least 100 KiB. */
    Part putPart(String key, String upload, int number, Body body) throws IOException;

    /** Makes an object of all parts, in the order of their numbers. */
    StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException;

    void abort(String key, String upload) throws IOException;

    /** The parts that the store has, in the order of numbers. */
    List<Part> parts(String key, String upload) throws IOException;

    List<Upload> uploads(String prefix) throws IOException;

    /** Asks for an object of a frozen class to be readable for some days; see {@link StoredObject#thaw}. */
    void thaw(String key, int days) throws IOException;

    void changeClass(String key, StorageClass wanted) throws IOException;

    /**
     * Protects an object from being deleted or replaced by anybody, the store's owner included, until a moment that can
     * be extended, never shortened.
     *
     * @return whether the store can do so; where it cannot, nothing has changed
     */
    boolean retain(String key, Instant until) throws IOException;

    Map<String, String> tags(String key) throws IOException;

    void setTags(String key, Map<String, String> tags) throws IOException;

    /** Ends calls in progress: they fail, and so does every later call. */
    @Override
    void close() throws IOException;
}
