package dev.holdfast.server.vault;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A vault's objects, opened when they are first wanted: a place that is not there, such as a NAS that is not mounted
 * yet, does not keep the appliance from starting, and each call tries again. How they are opened may change: calls
 * under way end as they began. Safe for use by several threads.
 */
final class LateStore implements ObjectStore {
    private final String url;
    private final AtomicReference<@Nullable Held> opened = new AtomicReference<>();
    /** All that are not closed. */
    private final Set<Held> held = ConcurrentHashMap.newKeySet();

    private volatile Opening opening;
    private volatile boolean closed;

    /** Opens it. */
    interface Opening {
        ObjectStore open() throws IOException;
    }

    private interface Call<T> {
        T with(ObjectStore store) throws IOException;
    }

    /** One that is open, and closed after its last call once another took its place. */
    private final class Held {
        private final ObjectStore store;
        private int calls;
        private boolean replaced;

        Held(ObjectStore store) {
            this.store = store;
        }

        synchronized boolean begin() {
            if (replaced) {
                return false;
            }
            calls++;
            return true;
        }

        synchronized void end() throws IOException {
            calls--;
            closeAfterLast();
        }

        synchronized void replace() throws IOException {
            replaced = true;
            closeAfterLast();
        }

        private void closeAfterLast() throws IOException {
            if (replaced && calls == 0 && held.remove(this)) {
                store.close();
            }
        }
    }

    LateStore(String url, Opening opening) {
        this.url = url;
        this.opening = opening;
    }

    /** Opens it otherwise from now on. */
    void renew(Opening otherwise) throws IOException {
        opening = otherwise;
        Held before = opened.getAndSet(null);
        if (before != null) {
            before.replace();
        }
    }

    /** One that is open, in use until {@link Held#end}. */
    private Held held() throws IOException {
        while (true) {
            Held now = opened.get();
            if (now == null) {
                now = open();
            }
            if (now.begin()) {
                return now;
            }
        }
    }

    private synchronized Held open() throws IOException {
        while (true) {
            Held now = opened.get();
            if (now != null) {
                return now;
            }
            Opening by = opening;
            if (!closed) {
                now = new Held(by.open());
                held.add(now);
                opened.set(now);
            }
            if (closed) {
                if (now != null) {
                    now.store.close();
                }
                throw new IOException(url + " is closed: the appliance stops, or does not use it any more");
            }
            if (by.equals(opening)) {
                return Objects.requireNonNull(now);
            }
            // It is to be opened otherwise by now.
            opened.compareAndSet(now, null);
            Objects.requireNonNull(now).replace();
        }
    }

    private <T> T call(Call<T> call) throws IOException {
        Held now = held();
        try {
            return call.with(now.store);
        } finally {
            now.end();
        }
    }

    /** What is read later is a call too. */
    private InputStream stream(Call<InputStream> call) throws IOException {
        Held now = held();
        AtomicBoolean over = new AtomicBoolean();
        try {
            return new FilterInputStream(call.with(now.store)) {
                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    return in.read(buffer, offset, length);
                }

                @Override
                public void close() throws IOException {
                    try {
                        super.close();
                    } finally {
                        if (!over.getAndSet(true)) {
                            now.end();
                        }
                    }
                }
            };
        } catch (IOException | RuntimeException | Error e) {
            now.end();
            throw e;
        }
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public Movement movement() {
        Held now = opened.get();
        return now == null ? new Movement() : now.store.movement();
    }

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        return call(store -> store.put(key, body, options));
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        return stream(store -> store.get(key, offset, length));
    }

    @Override
    public byte[] bytes(String key, long offset, int count) throws IOException {
        return call(store -> store.bytes(key, offset, count));
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return call(store -> store.head(key));
    }

    @Override
    public Listing list(String prefix, String after, int max) throws IOException {
        return call(store -> store.list(prefix, after, max));
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        call(store -> {
            store.delete(keys);
            return true;
        });
    }

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return call(store -> store.begin(key, options));
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        return call(store -> store.putPart(key, upload, number, body));
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return call(store -> store.complete(key, upload, parts, ifAbsent));
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        call(store -> {
            store.abort(key, upload);
            return true;
        });
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return call(store -> store.parts(key, upload));
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        return call(store -> store.uploads(prefix));
    }

    @Override
    public void thaw(String key, int days) throws IOException {
        call(store -> {
            store.thaw(key, days);
            return true;
        });
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        call(store -> {
            store.changeClass(key, wanted);
            return true;
        });
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        return call(store -> store.retain(key, until));
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        return call(store -> store.tags(key));
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        call(store -> {
            store.setTags(key, tags);
            return true;
        });
    }

    /** Waits for nobody: opening may hang. */
    @Override
    public void close() throws IOException {
        closed = true;
        for (Held each : held) {
            each.store.close();
        }
    }
}
