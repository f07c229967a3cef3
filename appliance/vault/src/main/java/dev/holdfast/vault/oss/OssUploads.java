package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.models.AbortMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUpload;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUploadResult;
import com.aliyun.sdk.service.oss2.models.InitiateMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.ListMultipartUploadsRequest;
import com.aliyun.sdk.service.oss2.models.ListMultipartUploadsResult;
import com.aliyun.sdk.service.oss2.models.ListPartsRequest;
import com.aliyun.sdk.service.oss2.models.ListPartsResult;
import com.aliyun.sdk.service.oss2.models.UploadPartRequest;
import com.aliyun.sdk.service.oss2.models.UploadPartResult;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStore.Part;
import dev.holdfast.vault.object.ObjectStore.Upload;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Uploads in parts to a bucket. Safe for use by several threads. */
final class OssUploads {
    private final OssBucket bucket;

    OssUploads(OssBucket bucket) {
        this.bucket = bucket;
    }

    // ---- uploads in parts

    String begin(String key, PutOptions options) throws IOException {
        InitiateMultipartUploadRequest.Builder request = InitiateMultipartUploadRequest.newBuilder()
                .bucket(bucket.name())
                .key(bucket.prefix() + key)
                .storageClass(options.storageClass().label())
                .forbidOverwrite(options.ifAbsent());
        if (!options.tags().isEmpty()) {
            request.tagging(OssBucket.query(options.tags()));
        }
        return bucket.call(
                "beginning the upload of " + key,
                () -> bucket.client()
                        .initiateMultipartUpload(request.build())
                        .initiateMultipartUpload()
                        .uploadId());
    }

    Part putPart(String key, String upload, int number, Body body) throws IOException {
        Crc64 crc = new Crc64();
        String operation = "storing part " + number + " of " + key;
        try (InputStream in = OssBucket.sent(crc, body)) {
            UploadPartResult result = bucket.call(
                    operation,
                    () -> bucket.client()
                            .uploadPart(UploadPartRequest.newBuilder()
                                    .bucket(bucket.name())
                                    .key(bucket.prefix() + key)
                                    .uploadId(upload)
                                    .partNumber((long) number)
                                    .body(BinaryData.fromStream(in, body.length()))
                                    .build()));
            long value = bucket.requireSame(operation, crc, result.hashCRC64());
            return new Part(number, body.length(), result.eTag(), value);
        }
    }

    StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        List<com.aliyun.sdk.service.oss2.models.Part> told = new ArrayList<>();
        for (Part part :
                parts.stream().sorted(Comparator.comparingInt(Part::number)).toList()) {
            told.add(com.aliyun.sdk.service.oss2.models.Part.newBuilder()
                    .partNumber((long) part.number())
                    .eTag(part.tag())
                    .build());
        }
        return bucket.call("completing the upload of " + key, () -> {
            CompleteMultipartUploadResult result = bucket.client()
                    .completeMultipartUpload(CompleteMultipartUploadRequest.newBuilder()
                            .bucket(bucket.name())
                            .key(bucket.prefix() + key)
                            .uploadId(upload)
                            .forbidOverwrite(ifAbsent)
                            .completeMultipartUpload(CompleteMultipartUpload.newBuilder()
                                    .parts(told)
                                    .build())
                            .build());
            return new StoredObject(
                    key,
                    parts.stream().mapToLong(Part::bytes).sum(),
                    OssBucket.checksum(result.hashCRC64()),
                    StorageClass.STANDARD,
                    StoredObject.Thaw.NONE);
        });
    }

    void abort(String key, String upload) throws IOException {
        try {
            bucket.call(
                    "ending the upload of " + key,
                    () -> bucket.client()
                            .abortMultipartUpload(AbortMultipartUploadRequest.newBuilder()
                                    .bucket(bucket.name())
                                    .key(bucket.prefix() + key)
                                    .uploadId(upload)
                                    .build()));
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
        }
    }

    List<Part> parts(String key, String upload) throws IOException {
        List<Part> found = new ArrayList<>();
        long marker = 0;
        while (true) {
            long from = marker;
            String operation = "listing the parts of " + key;
            ListPartsResult result = bucket.call(operation, () -> {
                ListPartsResult page = bucket.client()
                        .listParts(ListPartsRequest.newBuilder()
                                .bucket(bucket.name())
                                .key(bucket.prefix() + key)
                                .uploadId(upload)
                                .partNumberMarker(from)
                                .build());
                Objects.requireNonNull(page.isTruncated(), "no listing");
                if (page.parts() != null) {
                    for (com.aliyun.sdk.service.oss2.models.Part part : page.parts()) {
                        Long crc = OssBucket.checksum(part.hashCrc64ecma());
                        found.add(new Part(
                                part.partNumber().intValue(), part.size(), part.eTag(), crc == null ? 0 : crc));
                    }
                }
                return page;
            });
            if (!result.isTruncated()) {
                return List.copyOf(found);
            }
            Long next = result.nextPartNumberMarker();
            if (next == null || next <= from) {
                throw bucket.endless(operation);
            }
            marker = next;
        }
    }

    List<Upload> uploads(String wanted) throws IOException {
        List<Upload> found = new ArrayList<>();
        String key = "";
        String id = "";
        while (true) {
            ListMultipartUploadsRequest.Builder request = ListMultipartUploadsRequest.newBuilder()
                    .bucket(bucket.name())
                    .prefix(bucket.prefix() + wanted);
            if (!key.isEmpty()) {
                request.keyMarker(key).uploadIdMarker(id);
            }
            String operation = "listing the uploads of " + wanted;
            ListMultipartUploadsResult result = bucket.call(operation, () -> {
                ListMultipartUploadsResult page = bucket.client().listMultipartUploads(request.build());
                Objects.requireNonNull(page.isTruncated(), "no listing");
                if (page.uploads() != null) {
                    page.uploads()
                            .forEach(each -> found.add(new Upload(
                                    each.key().substring(bucket.prefix().length()), each.uploadId())));
                }
                return page;
            });
            if (!result.isTruncated()) {
                return List.copyOf(found);
            }
            if (result.nextKeyMarker() == null
                    || result.nextUploadIdMarker() == null
                    || (result.nextKeyMarker().equals(key)
                            && result.nextUploadIdMarker().equals(id))) {
                throw bucket.endless(operation);
            }
            key = result.nextKeyMarker();
            id = result.nextUploadIdMarker();
        }
    }
}
