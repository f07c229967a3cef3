package dev.holdfast.server.vault;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A vault's objects, opened when they are first wanted: a place that is not there, such as a NAS that is not mounted
 * yet, does not keep the appliance from starting, and each call tries again. Safe for use by several threads.
 */
final class LateStore implements ObjectStore {
    private final String url;
    private final Opening opening;
    private volatile @Nullable ObjectStore opened;
    private volatile boolean closed;

    /** Opens it. */
    interface Opening {
        ObjectStore open() throws IOException;
    }

    LateStore(String url, Opening opening) {
        this.url = url;
        this.opening = opening;
    }

    private ObjectStore store() throws IOException {
        ObjectStore now = opened;
        return now == null ? open() : now;
    }

    private synchronized ObjectStore open() throws IOException {
        ObjectStore now = opened;
        if (now == null && !closed) {
            now = opening.open();
            opened = now;
        }
        if (closed) {
            if (now != null) {
                now.close();
            }
            throw new IOException(url + " is closed: the appliance stops");
        }
        return Objects.requireNonNull(now);
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public Movement movement() {
        ObjectStore now = opened;
        return now == null ? new Movement() : now.movement();
    }

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        return store().put(key, body, options);
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        return store().get(key, offset, length);
    }

    @Override
    public byte[] bytes(String key, long offset, int count) throws IOException {
        return store().bytes(key, offset, count);
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return store().head(key);
    }

    @Override
    public Listing list(String prefix, String after, int max) throws IOException {
        return store().list(prefix, after, max);
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        store().delete(keys);
    }

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return store().begin(key, options);
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        return store().putPart(key, upload, number, body);
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return store().complete(key, upload, parts, ifAbsent);
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        store().abort(key, upload);
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return store().parts(key, upload);
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        return store().uploads(prefix);
    }

    @Override
    public void thaw(String key, int days) throws IOException {
        store().thaw(key, days);
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        store().changeClass(key, wanted);
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        return store().retain(key, until);
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        return store().tags(key);
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        store().setTags(key, tags);
    }

    /** Waits for nobody: opening may hang. */
    @Override
    public void close() throws IOException {
        closed = true;
        ObjectStore now = opened;
        if (now != null) {
            now.close();
        }
    }
}
