package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.OSSClientBuilder;
import com.aliyun.sdk.service.oss2.OperationInput;
import com.aliyun.sdk.service.oss2.OperationOptions;
import com.aliyun.sdk.service.oss2.credentials.CredentialsProvider;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.exceptions.ServiceException;
import com.aliyun.sdk.service.oss2.models.AbortMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUpload;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.CompleteMultipartUploadResult;
import com.aliyun.sdk.service.oss2.models.CopyObjectRequest;
import com.aliyun.sdk.service.oss2.models.DeleteObjectRequest;
import com.aliyun.sdk.service.oss2.models.GetObjectRequest;
import com.aliyun.sdk.service.oss2.models.GetObjectResult;
import com.aliyun.sdk.service.oss2.models.GetObjectTaggingRequest;
import com.aliyun.sdk.service.oss2.models.HeadObjectRequest;
import com.aliyun.sdk.service.oss2.models.HeadObjectResult;
import com.aliyun.sdk.service.oss2.models.InitiateMultipartUploadRequest;
import com.aliyun.sdk.service.oss2.models.ListMultipartUploadsRequest;
import com.aliyun.sdk.service.oss2.models.ListMultipartUploadsResult;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Request;
import com.aliyun.sdk.service.oss2.models.ListObjectsV2Result;
import com.aliyun.sdk.service.oss2.models.ListPartsRequest;
import com.aliyun.sdk.service.oss2.models.ListPartsResult;
import com.aliyun.sdk.service.oss2.models.ObjectSummary;
import com.aliyun.sdk.service.oss2.models.PutObjectRequest;
import com.aliyun.sdk.service.oss2.models.PutObjectResult;
import com.aliyun.sdk.service.oss2.models.PutObjectRetentionRequest;
import com.aliyun.sdk.service.oss2.models.PutObjectTaggingRequest;
import com.aliyun.sdk.service.oss2.models.Retention;
import com.aliyun.sdk.service.oss2.models.Tag;
import com.aliyun.sdk.service.oss2.models.TagSet;
import com.aliyun.sdk.service.oss2.models.Tagging;
import com.aliyun.sdk.service.oss2.models.UploadPartRequest;
import com.aliyun.sdk.service.oss2.models.UploadPartResult;
import com.aliyun.sdk.service.oss2.retry.NopRetryer;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Objects in a bucket of Alibaba Cloud OSS, by its SDK (V2): signatures V4, no retries of the SDK's own. The checksum that
 * the service made of what arrived is compared with the one made of what left; a server that tells none is refused. What
 * hangs ends by {@link Patience}; {@link #close} ends what is under way.
 */
public final class OssObjectStore implements ObjectStore {
    private static final System.Logger LOG = System.getLogger(OssObjectStore.class.getName());

    private final OssLocation location;
    private final String prefix;
    private final OssFailures failures;
    private final Movement movement = new Movement();
    private final Names names;
    private final OSSClient client;

    public OssObjectStore(OssLocation location, OssCredentials credentials) {
        this(location, credentials, Patience.DEFAULT, InetAddress::getAllByName);
    }

    /** @param lookup of names */
    OssObjectStore(OssLocation location, OssCredentials credentials, Patience patience, Names.Lookup lookup) {
        this.location = location;
        this.failures = new OssFailures(location);
        this.names = new Names(lookup, patience);
        this.prefix = location.prefix().isEmpty() ? "" : location.prefix() + "/";
        CredentialsProvider provider = switch (credentials) {
            case OssCredentials.Keys keys ->
                keys.token() == null
                        ? new StaticCredentialsProvider(keys.id(), keys.secret())
                        : new StaticCredentialsProvider(keys.id(), keys.secret(), keys.token());
            case OssCredentials.EcsRole role -> new EcsRoleProvider(role);
        };
        OSSClientBuilder builder = OSSClient.newBuilder()
                .region(location.region())
                .credentialsProvider(provider)
                .retryer(new NopRetryer())
                .retryMaxAttempts(1)
                // Compared here, where an answer without a checksum is noticed too.
                .disableUploadCRC64Check(true)
                .httpClient(new OssTransport(patience, movement, names, location.proxy()));
        if (location.endpoint() != null) {
            builder = builder.endpoint(location.endpoint());
        }
        builder = switch (location.network()) {
            case PUBLIC -> builder;
            case INTERNAL -> builder.useInternalEndpoint(true);
            case ACCELERATE -> builder.useAccelerateEndpoint(true);
        };
        builder = switch (location.addressing()) {
            case HOST -> builder;
            case PATH -> builder.usePathStyle(true);
            case CUSTOM_DOMAIN -> builder.useCName(true);
        };
        this.client = builder.build();
    }

    @Override
    public String url() {
        return location.url();
    }

    @Override
    public Movement movement() {
        return movement;
    }

    /** The status of a stretch behind an object's end. */
    private static final int BEYOND_THE_END = 416;

    private interface Call<T> {
        T run() throws IOException;
    }

    /** @param operation with its object, as in "storing c/00" */
    private <T> T call(String operation, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (IOException | RuntimeException e) {
            throw failures.translated(operation, e);
        }
    }

    // ---- whole objects

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Crc64 crc = new Crc64();
        try (InputStream in = sent(crc, body)) {
            PutObjectRequest.Builder request = PutObjectRequest.newBuilder()
                    .bucket(location.bucket())
                    .key(prefix + key)
                    .storageClass(options.storageClass().label())
                    .forbidOverwrite(options.ifAbsent())
                    .body(BinaryData.fromStream(in, body.length()));
            if (!options.tags().isEmpty()) {
                request.tagging(query(options.tags()));
            }
            PutObjectResult result = call("storing " + key, () -> client.putObject(request.build()));
            long value;
            try {
                value = requireSame("storing " + key, crc, result.hashCrc64ecma());
            } catch (ObjectStoreException e) {
                if (options.ifAbsent()) {
                    // It is ours, and would be in the way of the next attempt.
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

    /** What is sent, watched; a failure to read it is told apart from one to send it. */
    private static InputStream sent(Crc64 crc, Body body) throws IOException {
        return new FilterInputStream(crc.watching(body.open(), body.length())) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                try {
                    return in.read(buffer, at, count);
                } catch (IOException e) {
                    throw new OssFailures.BodyException(e);
                }
            }
        };
    }

    private long requireSame(String operation, Crc64 crc, @Nullable String told) throws IOException {
        long value = crc.value();
        if (told == null) {
            // No attempt goes better: the server has no checksums.
            throw failures.exception(
                    operation,
                    Kind.REFUSED,
                    "the server stored it without telling its checksum (x-oss-hash-crc64ecma), so that nobody knows what"
                            + " it stored",
                    "use OSS itself, or a server that tells checksums",
                    null);
        }
        if (!told.equals(Long.toUnsignedString(value))) {
            throw failures.exception(
                    operation,
                    Kind.CORRUPT,
                    "it arrived damaged",
                    "look at the network and at proxies on the way",
                    null);
        }
        return value;
    }

    private static @Nullable Long checksum(@Nullable String told) {
        return told == null ? null : Long.parseUnsignedLong(told);
    }

    private static String query(Map<String, String> tags) {
        return tags.entrySet().stream()
                .map(tag -> encode(tag.getKey()) + "=" + encode(tag.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Empty for a stretch behind the object's end, as is any stretch of an empty one. */
    private Optional<GetObjectResult> found(String key, long offset, long length) {
        try {
            return Optional.of(client.getObject(GetObjectRequest.newBuilder()
                    .bucket(location.bucket())
                    .key(prefix + key)
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

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        String operation = "reading " + key;
        Optional<GetObjectResult> found = call(operation, () -> found(key, offset, length));
        if (found.isEmpty()) {
            return InputStream.nullInputStream();
        }
        GetObjectResult result = found.get();
        return new FilterInputStream(result.body()) {
            private long left = length;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                int got = call(operation, () -> in.read(buffer, at, count));
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
                call(operation, () -> {
                    in.close();
                    return true;
                });
            }
        };
    }

    @Override
    public StoredObject head(String key) throws IOException {
        return call("looking at " + key, () -> {
            HeadObjectResult result = client.headObject(HeadObjectRequest.newBuilder()
                    .bucket(location.bucket())
                    .key(prefix + key)
                    .build());
            Long bytes = result.contentLength();
            return new StoredObject(
                    key,
                    bytes == null ? 0 : bytes,
                    checksum(result.hashCrc64ecma()),
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

    @Override
    public Listing list(String wanted, String after, int max) throws IOException {
        ListObjectsV2Request.Builder request = ListObjectsV2Request.newBuilder()
                .bucket(location.bucket())
                .prefix(prefix + wanted)
                .maxKeys((long) Math.min(max, 1000));
        if (!after.isEmpty()) {
            request.startAfter(prefix + after);
        }
        return call("listing " + wanted, () -> {
            ListObjectsV2Result result = client.listObjectsV2(request.build());
            Objects.requireNonNull(result.isTruncated(), "no listing");
            List<StoredObject> objects = new ArrayList<>();
            if (result.contents() != null) {
                for (ObjectSummary each : result.contents()) {
                    objects.add(new StoredObject(
                            each.key().substring(prefix.length()),
                            each.size(),
                            null,
                            storageClass(each.storageClass()),
                            thaw(each.restoreInfo())));
                }
            }
            boolean last = !result.isTruncated();
            if (!last && (objects.isEmpty() || objects.getLast().key().compareTo(after) <= 0)) {
                throw endless("listing " + wanted);
            }
            return new Listing(List.copyOf(objects), last);
        });
    }

    /** Fails for a page that does not advance: a caller that went on would request it for ever. */
    private ObjectStoreException endless(String operation) {
        return failures.exception(
                operation,
                Kind.REFUSED,
                "the server says that there is more, but gives nothing new",
                "look whether the endpoint is OSS itself",
                null);
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        for (String key : keys) {
            call(
                    "deleting " + key,
                    () -> client.deleteObject(DeleteObjectRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .build()));
        }
    }

    // ---- uploads in parts

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        InitiateMultipartUploadRequest.Builder request = InitiateMultipartUploadRequest.newBuilder()
                .bucket(location.bucket())
                .key(prefix + key)
                .storageClass(options.storageClass().label())
                .forbidOverwrite(options.ifAbsent());
        if (!options.tags().isEmpty()) {
            request.tagging(query(options.tags()));
        }
        return call(
                "beginning the upload of " + key,
                () -> client.initiateMultipartUpload(request.build())
                        .initiateMultipartUpload()
                        .uploadId());
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        Crc64 crc = new Crc64();
        String operation = "storing part " + number + " of " + key;
        try (InputStream in = sent(crc, body)) {
            UploadPartResult result = call(
                    operation,
                    () -> client.uploadPart(UploadPartRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .uploadId(upload)
                            .partNumber((long) number)
                            .body(BinaryData.fromStream(in, body.length()))
                            .build()));
            long value = requireSame(operation, crc, result.hashCRC64());
            return new Part(number, body.length(), result.eTag(), value);
        }
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        List<com.aliyun.sdk.service.oss2.models.Part> told = new ArrayList<>();
        for (Part part :
                parts.stream().sorted(Comparator.comparingInt(Part::number)).toList()) {
            told.add(com.aliyun.sdk.service.oss2.models.Part.newBuilder()
                    .partNumber((long) part.number())
                    .eTag(part.tag())
                    .build());
        }
        return call("completing the upload of " + key, () -> {
            CompleteMultipartUploadResult result =
                    client.completeMultipartUpload(CompleteMultipartUploadRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .uploadId(upload)
                            .forbidOverwrite(ifAbsent)
                            .completeMultipartUpload(CompleteMultipartUpload.newBuilder()
                                    .parts(told)
                                    .build())
                            .build());
            return new StoredObject(
                    key,
                    parts.stream().mapToLong(Part::bytes).sum(),
                    checksum(result.hashCRC64()),
                    StorageClass.STANDARD,
                    StoredObject.Thaw.NONE);
        });
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        try {
            call(
                    "ending the upload of " + key,
                    () -> client.abortMultipartUpload(AbortMultipartUploadRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .uploadId(upload)
                            .build()));
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
        }
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        List<Part> found = new ArrayList<>();
        long marker = 0;
        while (true) {
            long from = marker;
            String operation = "listing the parts of " + key;
            ListPartsResult result = call(operation, () -> {
                ListPartsResult page = client.listParts(ListPartsRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .uploadId(upload)
                        .partNumberMarker(from)
                        .build());
                Objects.requireNonNull(page.isTruncated(), "no listing");
                if (page.parts() != null) {
                    for (com.aliyun.sdk.service.oss2.models.Part part : page.parts()) {
                        Long crc = checksum(part.hashCrc64ecma());
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
                throw endless(operation);
            }
            marker = next;
        }
    }

    @Override
    public List<Upload> uploads(String wanted) throws IOException {
        List<Upload> found = new ArrayList<>();
        String key = "";
        String id = "";
        while (true) {
            ListMultipartUploadsRequest.Builder request = ListMultipartUploadsRequest.newBuilder()
                    .bucket(location.bucket())
                    .prefix(prefix + wanted);
            if (!key.isEmpty()) {
                request.keyMarker(key).uploadIdMarker(id);
            }
            String operation = "listing the uploads of " + wanted;
            ListMultipartUploadsResult result = call(operation, () -> {
                ListMultipartUploadsResult page = client.listMultipartUploads(request.build());
                Objects.requireNonNull(page.isTruncated(), "no listing");
                if (page.uploads() != null) {
                    page.uploads()
                            .forEach(each ->
                                    found.add(new Upload(each.key().substring(prefix.length()), each.uploadId())));
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
                throw endless(operation);
            }
            key = result.nextKeyMarker();
            id = result.nextUploadIdMarker();
        }
    }

    // ---- classes and tags

    @Override
    public void thaw(String key, int days) throws IOException {
        StoredObject found = head(key);
        if (!found.storageClass().frozen()) {
            throw failures.exception(
                    "thawing " + key, Kind.REFUSED, "it is in no archive class", "read it as it is", null);
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
                .bucket(location.bucket())
                .key(prefix + key)
                .body(BinaryData.fromString(body))
                .build();
        call("thawing " + key, () -> client.invokeOperation(restore, OperationOptions.defaults()));
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        call(
                "changing the class of " + key,
                () -> client.copyObject(CopyObjectRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .sourceBucket(location.bucket())
                        .sourceKey(prefix + key)
                        .storageClass(wanted.label())
                        .metadataDirective("COPY")
                        .taggingDirective("Copy")
                        .build()));
    }

    @Override
    public boolean retain(String key, Instant until) throws IOException {
        try {
            call(
                    "locking " + key,
                    () -> client.putObjectRetention(PutObjectRetentionRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
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

    @Override
    public Map<String, String> tags(String key) throws IOException {
        Tagging tagging = call(
                        "reading the tags of " + key,
                        () -> client.getObjectTagging(GetObjectTaggingRequest.newBuilder()
                                .bucket(location.bucket())
                                .key(prefix + key)
                                .build()))
                .tagging();
        Map<String, String> tags = new LinkedHashMap<>();
        if (tagging != null && tagging.tagSet() != null && tagging.tagSet().tags() != null) {
            tagging.tagSet().tags().forEach(tag -> tags.put(tag.key(), tag.value()));
        }
        return tags;
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        List<Tag> list = tags.entrySet().stream()
                .map(tag ->
                        Tag.newBuilder().key(tag.getKey()).value(tag.getValue()).build())
                .toList();
        call(
                "setting the tags of " + key,
                () -> client.putObjectTagging(PutObjectTaggingRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .tagging(Tagging.newBuilder()
                                .tagSet(TagSet.newBuilder().tags(list).build())
                                .build())
                        .build()));
    }

    @Override
    public void close() throws IOException {
        names.close();
        try {
            client.close();
        } catch (Exception e) {
            throw new IOException("the OSS client does not close", e);
        }
    }
}
