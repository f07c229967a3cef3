package dev.holdfast.vault.oss;

import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Objects in a bucket of Alibaba Cloud OSS, by its SDK (V2): signatures V4, no retries of the SDK's own. The checksum
 * that the service made of what arrived is compared with the one made of what left; a server that tells none is
 * refused. What hangs ends by {@link Patience}; {@link #close} ends what is under way.
 */
public final class OssObjectStore implements ObjectStore {
    private final OssLocation location;
    private final Movement movement = new Movement();
    private final Names names;
    private final OssBucket bucket;
    private final OssObjects objects;
    private final OssUploads uploads;
    private final OssAttributes attributes;

    public OssObjectStore(OssLocation location, OssCredentials credentials) {
        this(location, credentials, Patience.DEFAULT, InetAddress::getAllByName);
    }

    /** @param lookup of names */
    OssObjectStore(OssLocation location, OssCredentials credentials, Patience patience, Names.Lookup lookup) {
        this.location = location;
        this.names = new Names(lookup, patience);
        this.bucket =
                OssBucket.open(location, credentials, new OssTransport(patience, movement, names, location.proxy()));
        this.objects = new OssObjects(bucket);
        this.uploads = new OssUploads(bucket);
        this.attributes = new OssAttributes(bucket, objects);
    }

    @Override
    public String url() {
        return location.url();
    }

    @Override
    public Movement movement() {
        return movement;
    }

    // ---- whole objects

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        return objects.put(key, body, options);
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        return objects.get(key, offset, length);
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return objects.head(key);
    }

    @Override
    public Listing list(String wanted, String after, int max) throws IOException {
        return objects.list(wanted, after, max);
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        objects.delete(keys);
    }

    // ---- uploads in parts

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return uploads.begin(key, options);
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        return uploads.putPart(key, upload, number, body);
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return uploads.complete(key, upload, parts, ifAbsent);
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        uploads.abort(key, upload);
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return uploads.parts(key, upload);
    }

    @Override
    public List<Upload> uploads(String wanted) throws IOException {
        return uploads.uploads(wanted);
    }

    // ---- classes, deadlines and tags

    @Override
    public void thaw(String key, int days) throws IOException {
        attributes.thaw(key, days);
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        attributes.changeClass(key, wanted);
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        return attributes.retain(key, until);
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        return attributes.tags(key);
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        attributes.setTags(key, tags);
    }

    @Override
    public void close() throws IOException {
        names.close();
        try {
            bucket.client().close();
        } catch (Exception e) {
            throw new IOException("the OSS client does not close", e);
        }
    }
}
