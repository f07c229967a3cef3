package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.Connection;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Pages of manifests that were used lately, each fetched once for all who want it. Safe for use by several threads. */
final class PageCache {
    /** Of pages as they are stored; objects take several times as much. */
    private static final long MAX_BYTES = 12L << 20;

    private record Key(UUID snapshot, int page) {}

    /** @param bytes of the page as it is stored */
    record Cached(IndexedPage page, int bytes) {}

    /** Fetches a page. */
    interface Loader {
        Cached load() throws IOException;
    }

    private final Map<Key, Cached> cached = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Key, CompletableFuture<IndexedPage>> loading = new HashMap<>();
    private long bytes;

    IndexedPage get(UUID snapshot, int page, Loader loader) throws IOException {
        Key key = new Key(snapshot, page);
        CompletableFuture<IndexedPage> mine;
        CompletableFuture<IndexedPage> others;
        synchronized (this) {
            Cached found = cached.get(key);
            if (found != null) {
                return found.page;
            }
            mine = new CompletableFuture<>();
            others = loading.putIfAbsent(key, mine);
        }
        if (others != null) {
            return Connection.await(others);
        }
        try {
            Cached loaded = loader.load();
            add(key, loaded);
            mine.complete(loaded.page);
            return loaded.page;
        } catch (IOException | RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            synchronized (this) {
                loading.remove(key);
            }
        }
    }

    /** Whether a page is there or on its way. */
    synchronized boolean has(UUID snapshot, int page) {
        Key key = new Key(snapshot, page);
        return cached.containsKey(key) || loading.containsKey(key);
    }

    private synchronized void add(Key key, Cached page) {
        @Nullable Cached before = cached.put(key, page);
        bytes += page.bytes - (before == null ? 0 : before.bytes);
        var eldest = cached.entrySet().iterator();
        while (bytes > MAX_BYTES && cached.size() > 1) {
            bytes -= eldest.next().getValue().bytes;
            eldest.remove();
        }
    }
}
