package dev.holdfast.vault.oss;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a vault lies on OSS, and how to get there.
 *
 * @param prefix of all keys, without a slash at its end; may be empty
 * @param endpoint null for the region's own, by {@code network}
 * @param proxy {@code http://host:port} or null
 */
public record OssLocation(
        @JsonProperty(required = true) String bucket,
        @JsonProperty(required = true) String prefix,
        @JsonProperty(required = true) String region,
        @Nullable String endpoint,
        @JsonProperty(required = true) Network network,
        @JsonProperty(required = true) Addressing addressing,
        @Nullable String proxy) {
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]");
    private static final Pattern REGION = Pattern.compile("[a-z]{2}-[a-z0-9-]{2,40}");
    private static final Pattern PREFIX =
            Pattern.compile("([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?");

    /** Which of the region's own endpoints. */
    public enum Network {
        PUBLIC,
        /** From within the region's data centres, free of traffic charges. */
        INTERNAL,
        /** Transfer acceleration, for far-away buckets. */
        ACCELERATE
    }

    /** How the bucket is named in requests. */
    public enum Addressing {
        /** {@code bucket.endpoint} */
        HOST,
        /** {@code endpoint/bucket}, for endpoints that are addresses */
        PATH,
        /** The endpoint is a domain of the bucket's owner. */
        CUSTOM_DOMAIN
    }

    public OssLocation {
        require(BUCKET.matcher(bucket).matches(), Phrase.of("vault.bucket").with("bucket", bucket));
        require(REGION.matcher(region).matches(), Phrase.of("vault.region").with("region", region));
        require(PREFIX.matcher(prefix).matches(), Phrase.of("vault.prefix").with("prefix", prefix));
        require(addressing != Addressing.CUSTOM_DOMAIN || endpoint != null, Phrase.of("vault.custom-domain"));
    }

    private static void require(boolean right, Phrase fault) {
        if (!right) {
            throw new PhrasedArgumentException(fault);
        }
    }

    /** Reads {@code oss://bucket/prefix}. */
    public static OssLocation parse(
            String url,
            String region,
            @Nullable String endpoint,
            Network network,
            Addressing addressing,
            @Nullable String proxy) {
        URI uri = URI.create(url);
        String host = uri.getAuthority();
        require(
                "oss".equals(uri.getScheme()) && host != null,
                Phrase.of("vault.oss-address").with("url", url));
        String path = uri.getPath() == null ? "" : uri.getPath();
        String prefix = path.replaceAll("^/+|/+$", "");
        return new OssLocation(String.valueOf(host), prefix, region, endpoint, network, addressing, proxy);
    }

    public String url() {
        return "oss://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
}
