package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.exceptions.ServiceException;
import com.aliyun.sdk.service.oss2.models.DeleteObjectRequest;
import com.aliyun.sdk.service.oss2.models.GetObjectRequest;
import com.aliyun.sdk.service.oss2.models.GetObjectResult;
import com.aliyun.sdk.service.oss2.models.HeadObjectRequest;
import com.aliyun.sdk.service.oss2.models.HeadObjectResult;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Request;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Result;
import com.aliyun.sdk.service.oss2.models.ObjectSummary;
import com.aliyun.sdk.service.oss2.models.PutObjectRequest;
import com.aliyun.sdk.service.oss2.models.PutObjectResult;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStore.Listing;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whole objects of a bucket: stored, read, listed, deleted. Safe for use by several threads. */
final class OssObjects {
    /** The status of a range behind an object's end. */
    private static final int BEYOND_THE_END = 416;

    private final OssBucket bucket;

    OssObjects(OssBucket bucket) {
        this.bucket = bucket;
    }

    StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Crc64 crc = new Crc64();
        try (InputStream in = OssBucket.sent(crc, body)) {
            PutObjectRequest.Builder request = PutObjectRequest.newBuilder()
                    .bucket(bucket.name())
                    .key(bucket.prefix() + key)
                    .storageClass(options.storageClass().label())
                    .forbidOverwrite(options.ifAbsent())
                    .body(BinaryData.fromStream(in, body.length()));
            if (!options.tags().isEmpty()) {
                request.tagging(OssBucket.query(options.tags()));
            }
            PutObjectResult result =
                    bucket.call("storing " + key, () -> bucket.client().putObject(request.build()));
            long value;
            try {
                value = bucket.requireSame("storing " + key, crc, result.hashCrc64ecma());
            } catch (ObjectStoreException e) {
                if (options.ifAbsent()) {
                    // It is this upload's own, and would fail the next attempt.
                    try {
                        delete(List.of(key));
                    } catch (IOException kept) {
                        e.addSuppressed(kept);
                    }
                }
                throw e;
            }
            return new StoredObject(key, body.length(), value, options.storageClass(), StoredObject.Thaw.NONE);
        }
    }

    /** Empty for a range behind the object's end, as is any range of an empty object. */
    private Optional<GetObjectResult> found(String key, long offset, long length) {
        try {
            return Optional.of(bucket.client()
                    .getObject(GetObjectRequest.newBuilder()
                            .bucket(bucket.name())
                            .key(bucket.prefix() + key)
                            .range("bytes=" + offset + "-" + (offset + length - 1))
                            .rangeBehavior("standard")
                            .build()));
        } catch (RuntimeException e) {
            ServiceException spoken = ServiceException.asCause(e);
            if (spoken != null && spoken.statusCode() == BEYOND_THE_END) {
                return Optional.empty();
            }
            throw e;
        }
    }

    InputStream get(String key, long offset, long length) throws IOException {
        String operation = "reading " + key;
        Optional<GetObjectResult> found = bucket.call(operation, () -> found(key, offset, length));
        if (found.isEmpty()) {
            return InputStream.nullInputStream();
        }
        GetObjectResult result = found.get();
        InputStream in = result.body();
        return new BlockInputStream() {
            private long left = length;

            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                int got = bucket.call(operation, () -> in.read(buffer, at, count));
                left -= Math.max(0, got);
                return got;
            }

            @Override
            public void close() throws IOException {
                if (left > 0) {
                    // Otherwise the rest would be read only to be thrown away.
                    result.abort();
                    return;
                }
                bucket.call(operation, () -> {
                    in.close();
                    return true;
                });
            }
        };
    }

    StoredObject head(String key) throws IOException {
        return bucket.call("looking at " + key, () -> {
            HeadObjectResult result = bucket.client()
                    .headObject(HeadObjectRequest.newBuilder()
                            .bucket(bucket.name())
                            .key(bucket.prefix() + key)
                            .build());
            Long bytes = result.contentLength();
            return new StoredObject(
                    key,
                    bytes == null ? 0 : bytes,
                    OssBucket.checksum(result.hashCrc64ecma()),
                    storageClass(result.storageClass()),
                    thaw(result.restore()));
        });
    }

    private static StorageClass storageClass(@Nullable String label) {
        return label == null ? StorageClass.STANDARD : StorageClass.of(label);
    }

    /** From {@code ongoing-request="true"}, and false once it is readable. */
    private static StoredObject.Thaw thaw(@Nullable String restore) {
        if (restore == null || restore.isEmpty()) {
            return StoredObject.Thaw.NONE;
        }
        return restore.contains("ongoing-request=\"false\"") ? StoredObject.Thaw.DONE : StoredObject.Thaw.UNDER_WAY;
    }

    Listing list(String wanted, String after, int max) throws IOException {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.newBuilder()
                .bucket(bucket.name())
                .prefix(bucket.prefix() + wanted)
                .maxKeys((long) Math.min(max, 1000));
        if (!after.isEmpty()) {
            request.startAfter(bucket.prefix() + after);
        }
        return bucket.call("listing " + wanted, () -> {
            ListObjectsV2Result result = bucket.client().listObjectsV2(request.build());
            Objects.requireNonNull(result.isTruncated(), "no listing");
            List<StoredObject> objects = new ArrayList<>();
            if (result.contents() != null) {
                for (ObjectSummary each : result.contents()) {
                    objects.add(new StoredObject(
                            each.key().substring(bucket.prefix().length()),
                            each.size(),
                            null,
                            storageClass(each.storageClass()),
                            thaw(each.restoreInfo())));
                }
            }
            boolean last = !result.isTruncated();
            if (!last && (objects.isEmpty() || objects.getLast().key().compareTo(after) <= 0)) {
                throw bucket.endless("listing " + wanted);
            }
            return new Listing(List.copyOf(objects), last);
        });
    }

    void delete(List<String> keys) throws IOException {
        for (String key : keys) {
            bucket.call(
                    "deleting " + key,
                    () -> bucket.client()
                            .deleteObject(DeleteObjectRequest.newBuilder()
                                    .bucket(bucket.name())
                                    .key(bucket.prefix() + key)
                                    .build()));
        }
    }
}
