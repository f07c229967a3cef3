package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.OperationInput;
import com.aliyun.sdk.service.oss2.OperationOptions;
import com.aliyun.sdk.service.oss2.models.CopyObjectRequest;
import com.aliyun.sdk.service.oss2.models.GetObjectTaggingRequest;
import com.aliyun.sdk.service.oss2.models.PutObjectRetentionRequest;
import com.aliyun.sdk.service.oss2.models.PutObjectTaggingRequest;
import com.aliyun.sdk.service.oss2.models.Retention;
import com.aliyun.sdk.service.oss2.models.Tag;
import com.aliyun.sdk.service.oss2.models.TagSet;
import com.aliyun.sdk.service.oss2.models.Tagging;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Storage classes, deadlines and tags of a bucket's objects. Safe for use by several threads. */
final class OssAttributes {
    private static final System.Logger LOG = System.getLogger(OssObjectStore.class.getName());

    private final OssBucket bucket;
    private final OssObjects objects;

    OssAttributes(OssBucket bucket, OssObjects objects) {
        this.bucket = bucket;
        this.objects = objects;
    }

    // ---- classes and tags

    void thaw(String key, int days) throws IOException {
        StoredObject found = objects.head(key);
        if (!found.storageClass().frozen()) {
            throw bucket.failures()
                    .exception(
                            "thawing " + key, Kind.REFUSED, "it is not in an archive class", "read it as it is", null);
        }
        if (found.thaw() != StoredObject.Thaw.NONE) {
            return;
        }
        String tier = found.storageClass() == StorageClass.COLD_ARCHIVE
                ? "<JobParameters><Tier>Standard</Tier></JobParameters>"
                : "";
        String body = "<RestoreRequest><Days>" + days + "</Days>" + tier + "</RestoreRequest>";
        // The SDK's own request leaves its body out, and with it days and tier.
        OperationInput restore = OperationInput.newBuilder()
                .opName("RestoreObject")
                .method("POST")
                .headers(new HashMap<>(Map.of("Content-Type", "application/xml")))
                .parameters(new HashMap<>(Map.of("restore", "")))
                .bucket(bucket.name())
                .key(bucket.prefix() + key)
                .body(BinaryData.fromString(body))
                .build();
        bucket.call("thawing " + key, () -> bucket.client().invokeOperation(restore, OperationOptions.defaults()));
    }

    void changeClass(String key, StorageClass wanted) throws IOException {
        bucket.call(
                "changing the class of " + key,
                () -> bucket.client()
                        .copyObject(CopyObjectRequest.newBuilder()
                                .bucket(bucket.name())
                                .key(bucket.prefix() + key)
                                .sourceBucket(bucket.name())
                                .sourceKey(bucket.prefix() + key)
                                .storageClass(wanted.label())
                                .metadataDirective("COPY")
                                .taggingDirective("Copy")
                                .build()));
    }

    boolean retain(String key, Instant until) throws IOException {
        try {
            bucket.call(
                    "locking " + key,
                    () -> bucket.client()
                            .putObjectRetention(PutObjectRetentionRequest.newBuilder()
                                    .bucket(bucket.name())
                                    .key(bucket.prefix() + key)
                                    .retention(Retention.newBuilder()
                                            .mode("COMPLIANCE")
                                            .retainUntilDate(until.truncatedTo(ChronoUnit.SECONDS)
                                                    .toString())
                                            .build())
                                    .build()));
            return true;
        } catch (ObjectStoreException e) {
            // Buckets without such policies, users without the right to set them.
            if (e.kind() == Kind.REFUSED || e.kind() == Kind.DENIED) {
                LOG.log(System.Logger.Level.INFO, "no deadline for " + key + ": " + e.getMessage());
                return false;
            }
            throw e;
        }
    }

    Map<String, String> tags(String key) throws IOException {
        Tagging tagging = bucket.call(
                        "reading the tags of " + key,
                        () -> bucket.client()
                                .getObjectTagging(GetObjectTaggingRequest.newBuilder()
                                        .bucket(bucket.name())
                                        .key(bucket.prefix() + key)
                                        .build()))
                .tagging();
        Map<String, String> tags = new LinkedHashMap<>();
        if (tagging != null && tagging.tagSet() != null && tagging.tagSet().tags() != null) {
            tagging.tagSet().tags().forEach(tag -> tags.put(tag.key(), tag.value()));
        }
        return tags;
    }

    void setTags(String key, Map<String, String> tags) throws IOException {
        List<Tag> list = tags.entrySet().stream()
                .map(tag ->
                        Tag.newBuilder().key(tag.getKey()).value(tag.getValue()).build())
                .toList();
        bucket.call(
                "setting the tags of " + key,
                () -> bucket.client()
                        .putObjectTagging(PutObjectTaggingRequest.newBuilder()
                                .bucket(bucket.name())
                                .key(bucket.prefix() + key)
                                .tagging(Tagging.newBuilder()
                                        .tagSet(TagSet.newBuilder().tags(list).build())
                                        .build())
                                .build()));
    }
}
