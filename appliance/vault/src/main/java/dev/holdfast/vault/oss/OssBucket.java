package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.OSSClientBuilder;
import com.aliyun.sdk.service.oss2.credentials.CredentialsProvider;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.retry.NopRetryer;
import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A bucket by its SDK, and what all requests to it have in common: translated failures, and checksums of what was sent.
 * Safe for use by several threads.
 */
final class OssBucket {
    private final OssLocation location;
    private final String prefix;
    private final OssFailures failures;
    private final OSSClient client;

    private OssBucket(OssLocation location, OSSClient client) {
        this.location = location;
        this.prefix = location.prefix().isEmpty() ? "" : location.prefix() + "/";
        this.failures = new OssFailures(location);
        this.client = client;
    }

    static OssBucket open(OssLocation location, OssCredentials credentials, OssTransport transport) {
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
                .httpClient(transport);
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
        return new OssBucket(location, builder.build());
    }

    OSSClient client() {
        return client;
    }

    String name() {
        return location.bucket();
    }

    /** What begins the keys of all objects here; empty, or with a slash at its end. */
    String prefix() {
        return prefix;
    }

    OssFailures failures() {
        return failures;
    }

    interface Call<T> {
        T run() throws IOException;
    }

    /** @param operation with its object, as in "storing c/00" */
    <T> T call(String operation, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (IOException | RuntimeException e) {
            throw failures.translated(operation, e);
        }
    }

    /** The stream to send, with its checksum; a failure to read it is distinguished from a failure to send it. */
    static InputStream sent(Crc64 crc, Body body) throws IOException {
        InputStream in = crc.watching(body.open(), body.length());
        return new BlockInputStream() {
            @Override
            public int read(byte[] buffer, int at, int count) throws IOException {
                try {
                    return in.read(buffer, at, count);
                } catch (IOException e) {
                    throw new OssFailures.BodyException(e);
                }
            }

            @Override
            public void close() throws IOException {
                in.close();
            }
        };
    }

    long requireSame(String operation, Crc64 crc, @Nullable String told) throws IOException {
        long value = crc.value();
        if (told == null) {
            // A repetition does not help: the server has no checksums.
            throw failures.exception(
                    operation,
                    Kind.REFUSED,
                    "the server returned no checksum (x-oss-hash-crc64ecma), so that what it stored cannot be verified",
                    "use OSS itself, or a server that returns checksums",
                    null);
        }
        if (!told.equals(Long.toUnsignedString(value))) {
            throw failures.exception(
                    operation, Kind.CORRUPT, "it arrived damaged", "check the network and proxies on the way", null);
        }
        return value;
    }

    static @Nullable Long checksum(@Nullable String told) {
        return told == null ? null : Long.parseUnsignedLong(told);
    }

    static String query(Map<String, String> tags) {
        return tags.entrySet().stream()
                .map(tag -> encode(tag.getKey()) + "=" + encode(tag.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Fails for a page that does not advance: a caller that continued would request it forever. */
    ObjectStoreException endless(String operation) {
        return failures.exception(
                operation,
                Kind.REFUSED,
                "the server says that the listing continues, but returns nothing new",
                "check that the endpoint is OSS itself",
                null);
    }
}
