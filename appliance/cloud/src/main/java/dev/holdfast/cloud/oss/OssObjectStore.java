package dev.holdfast.cloud.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.OSSClientBuilder;
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
import com.aliyun.sdk.service.oss2.models.JobParameters;
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
import com.aliyun.sdk.service.oss2.models.RestoreObjectRequest;
import com.aliyun.sdk.service.oss2.models.RestoreRequest;
import com.aliyun.sdk.service.oss2.models.Retention;
import com.aliyun.sdk.service.oss2.models.Tag;
import com.aliyun.sdk.service.oss2.models.TagSet;
import com.aliyun.sdk.service.oss2.models.Tagging;
import com.aliyun.sdk.service.oss2.models.UploadPartRequest;
import com.aliyun.sdk.service.oss2.models.UploadPartResult;
import com.aliyun.sdk.service.oss2.retry.NopRetryer;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import dev.holdfast.cloud.object.Body;
import dev.holdfast.cloud.object.Crc64;
import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.object.ObjectStoreException.Kind;
import dev.holdfast.cloud.object.PutOptions;
import dev.holdfast.cloud.object.StorageClass;
import dev.holdfast.cloud.object.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Objects in a bucket of Alibaba Cloud OSS, by its SDK (V2): signatures V4, no retries of the SDK's own. The checksum that
 * the service made of what arrived is compared with the one made of what left; an answer without one counts as a failure.
 */
public final class OssObjectStore implements ObjectStore {
    private static final System.Logger LOG = System.getLogger(OssObjectStore.class.getName());
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final OssLocation location;
    private final String prefix;
    private final OSSClient client;

    public OssObjectStore(OssLocation location, OssCredentials credentials) {
        this.location = location;
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
                .connectTimeout(CONNECT)
                .readWriteTimeout(SILENCE);
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
        if (location.proxy() != null) {
            builder = builder.proxyHost(location.proxy());
        }
        this.client = builder.build();
    }

    @Override
    public String url() {
        return location.url();
    }

    /** The status of a stretch behind an object's end, as of any stretch of an empty one. */
    private static final int BEYOND_THE_END = 416;

    private interface Call<T> {
        T run();
    }

    private <T> T call(String key, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (RuntimeException e) {
            throw translated(key, e);
        }
    }

    private IOException translated(String key, RuntimeException e) {
        ServiceException spoken = ServiceException.asCause(e);
        String what = key.isEmpty() ? url() : url() + "/" + key;
        if (spoken != null) {
            Kind kind = kind(spoken.statusCode(), spoken.errorCode());
            String hint = hint(spoken.errorCode());
            return new ObjectStoreException(
                    kind,
                    "OSS, " + what + ": " + spoken.statusCode() + " " + spoken.errorCode() + ", "
                            + spoken.errorMessage() + " (request " + spoken.requestId() + ")" + hint,
                    e);
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException io) {
                return new IOException("OSS, " + what + ": " + io.getMessage(), e);
            }
            if (cause instanceof IllegalStateException && cause.getMessage() != null) {
                return new ObjectStoreException(Kind.DENIED, cause.getMessage(), e);
            }
        }
        return new ObjectStoreException(Kind.REFUSED, "OSS, " + what + ": " + e.getMessage(), e);
    }

    /** What a status and an error code mean for whoever calls. */
    static Kind kind(int status, @Nullable String code) {
        return switch (code == null ? "" : code) {
            case "NoSuchKey", "NoSuchUpload" -> Kind.NOT_FOUND;
            case "NoSuchBucket" -> Kind.REFUSED;
            case "FileAlreadyExists" -> Kind.EXISTS;
            case "InvalidObjectState" -> Kind.FROZEN;
            case "RequestTimeout", "BadDigest", "InvalidDigest", "RestoreAlreadyInProgress", "PartNotSequential" ->
                Kind.TRANSIENT;
            default ->
                switch (status) {
                    case 404 -> Kind.NOT_FOUND;
                    case 401, 403 -> Kind.DENIED;
                    case 408, 429 -> Kind.TRANSIENT;
                    default -> status >= 500 ? Kind.TRANSIENT : Kind.REFUSED;
                };
        };
    }

    private static String hint(@Nullable String code) {
        return switch (code == null ? "" : code) {
            case "RequestTimeTooSkewed" -> "; set this machine's clock";
            case "InvalidAccessKeyId", "SignatureDoesNotMatch" -> "; look at the access key";
            case "NoSuchBucket" -> "; make the bucket first, or look at its name and region";
            case "AccessDenied" -> "; the key's RAM policy must allow this bucket and prefix";
            default -> "";
        };
    }

    // ---- whole objects

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Crc64 crc = new Crc64();
        try (InputStream in = crc.watching(body.open(), body.length())) {
            PutObjectRequest.Builder request = PutObjectRequest.newBuilder()
                    .bucket(location.bucket())
                    .key(prefix + key)
                    .storageClass(options.storageClass().label())
                    .forbidOverwrite(options.ifAbsent())
                    .body(BinaryData.fromStream(in, body.length()));
            if (!options.tags().isEmpty()) {
                request.tagging(query(options.tags()));
            }
            PutObjectResult result = call(key, () -> client.putObject(request.build()));
            long value;
            try {
                value = requireSame(key, crc, result.hashCrc64ecma());
            } catch (ObjectStoreException e) {
                if (options.ifAbsent()) {
                    // It is ours, and would be in the way of the next attempt.
                    delete(List.of(key));
                }
                throw e;
            }
            return new StoredObject(key, body.length(), value, options.storageClass(), StoredObject.Thaw.NONE);
        }
    }

    private long requireSame(String key, Crc64 crc, @Nullable String told) throws IOException {
        long value = crc.value();
        if (told == null || Long.parseUnsignedLong(told) != value) {
            throw new ObjectStoreException(
                    Kind.CORRUPT,
                    "OSS, " + url() + "/" + key
                            + (told == null ? " was stored without a checksum" : " arrived damaged"));
        }
        return value;
    }

    private static String query(Map<String, String> tags) {
        return tags.entrySet().stream()
                .map(tag -> encode(tag.getKey()) + "=" + encode(tag.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        GetObjectResult result;
        try {
            result = call(
                    key,
                    () -> client.getObject(GetObjectRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .range("bytes=" + offset + "-" + (offset + length - 1))
                            .rangeBehavior("standard")
                            .build()));
        } catch (ObjectStoreException e) {
            ServiceException spoken = ServiceException.asCause(e);
            if (spoken != null && spoken.statusCode() == BEYOND_THE_END) {
                return InputStream.nullInputStream();
            }
            throw e;
        }
        return new FilterInputStream(result.body()) {
            private long left = length;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                int got;
                try {
                    got = in.read(buffer, at, count);
                } catch (RuntimeException e) {
                    throw new IOException("OSS, " + url() + "/" + key + ": " + e.getMessage(), e);
                }
                left -= Math.max(0, got);
                return got;
            }

            @Override
            public void close() throws IOException {
                if (left > 0) {
                    // Otherwise the rest would be read only to be thrown away.
                    result.abort();
                }
                in.close();
            }
        };
    }

    @Override
    public StoredObject head(String key) throws IOException {
        HeadObjectResult result = call(
                key,
                () -> client.headObject(HeadObjectRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .build()));
        String crc = result.hashCrc64ecma();
        Long bytes = result.contentLength();
        return new StoredObject(
                key,
                bytes == null ? 0 : bytes,
                crc == null ? null : Long.parseUnsignedLong(crc),
                storageClass(result.storageClass()),
                thaw(result.restore()));
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
        ListObjectsV2Result result = call(wanted, () -> client.listObjectsV2(request.build()));
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
        return new Listing(List.copyOf(objects), !Boolean.TRUE.equals(result.isTruncated()));
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        for (String key : keys) {
            call(
                    key,
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
        return call(key, () -> client.initiateMultipartUpload(request.build()))
                .initiateMultipartUpload()
                .uploadId();
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        Crc64 crc = new Crc64();
        try (InputStream in = crc.watching(body.open(), body.length())) {
            UploadPartResult result = call(
                    key,
                    () -> client.uploadPart(UploadPartRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .uploadId(upload)
                            .partNumber((long) number)
                            .body(BinaryData.fromStream(in, body.length()))
                            .build()));
            long value = requireSame(key, crc, result.hashCRC64());
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
        CompleteMultipartUploadResult result = call(
                key,
                () -> client.completeMultipartUpload(CompleteMultipartUploadRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .uploadId(upload)
                        .forbidOverwrite(ifAbsent)
                        .completeMultipartUpload(
                                CompleteMultipartUpload.newBuilder().parts(told).build())
                        .build()));
        String crc = result.hashCRC64();
        return new StoredObject(
                key,
                parts.stream().mapToLong(Part::bytes).sum(),
                crc == null ? null : Long.parseUnsignedLong(crc),
                StorageClass.STANDARD,
                StoredObject.Thaw.NONE);
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        try {
            call(
                    key,
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
            ListPartsResult result = call(
                    key,
                    () -> client.listParts(ListPartsRequest.newBuilder()
                            .bucket(location.bucket())
                            .key(prefix + key)
                            .uploadId(upload)
                            .partNumberMarker(from)
                            .build()));
            if (result.parts() != null) {
                for (com.aliyun.sdk.service.oss2.models.Part part : result.parts()) {
                    String crc = part.hashCrc64ecma();
                    long value = crc == null ? 0 : Long.parseUnsignedLong(crc);
                    found.add(new Part(part.partNumber().intValue(), part.size(), part.eTag(), value));
                }
            }
            if (!Boolean.TRUE.equals(result.isTruncated())) {
                return List.copyOf(found);
            }
            marker = result.nextPartNumberMarker();
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
            ListMultipartUploadsResult result = call(wanted, () -> client.listMultipartUploads(request.build()));
            if (result.uploads() != null) {
                result.uploads()
                        .forEach(each -> found.add(new Upload(each.key().substring(prefix.length()), each.uploadId())));
            }
            if (!Boolean.TRUE.equals(result.isTruncated())) {
                return List.copyOf(found);
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
            throw new ObjectStoreException(Kind.REFUSED, "object " + key + " is not frozen");
        }
        if (found.thaw() != StoredObject.Thaw.NONE) {
            return;
        }
        RestoreRequest.Builder restore = RestoreRequest.newBuilder().days((long) days);
        if (found.storageClass() == StorageClass.COLD_ARCHIVE) {
            restore.jobParameters(JobParameters.newBuilder().tier("Standard").build());
        }
        call(
                key,
                () -> client.restoreObject(RestoreObjectRequest.newBuilder()
                        .bucket(location.bucket())
                        .key(prefix + key)
                        .restoreRequest(restore.build())
                        .build()));
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        call(
                key,
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
                    key,
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
                        key,
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
                key,
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
        try {
            client.close();
        } catch (Exception e) {
            throw new IOException("the OSS client does not close", e);
        }
    }
}
