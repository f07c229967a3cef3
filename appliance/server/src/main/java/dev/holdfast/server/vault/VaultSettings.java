package dev.holdfast.server.vault;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.cloud.file.FileObjectStore;
import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.Retries;
import dev.holdfast.cloud.object.StorageClass;
import dev.holdfast.cloud.oss.OssCredentials;
import dev.holdfast.cloud.oss.OssLocation;
import dev.holdfast.cloud.oss.OssObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a vault lies and when it is brought up to date.
 *
 * @param file a directory, or null where it is on OSS
 * @param oss a bucket, or null where it is a directory
 * @param when whether uploads begin by themselves
 * @param windows when they may run; empty for always
 * @param bandwidth limits by weekday and hour, the first that fits counts; none for no limit
 * @param evictAbove share of the capacity in per cent; above it what is in the vault leaves the volumes, 100 for never
 * @param containerClass how containers are kept; what is needed to find them always stays at hand
 */
public record VaultSettings(
        @Nullable String file,
        @Nullable OssLocation oss,
        @JsonProperty(required = true) When when,
        @JsonProperty(required = true) List<Hours> windows,
        @JsonProperty(required = true) List<Bandwidth> bandwidth,
        @JsonProperty(required = true) StorageClass containerClass,
        @JsonProperty(required = true) int parallelParts,
        @JsonProperty(required = true) int evictAbove) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whether uploads begin by themselves. */
    public enum When {
        IMMEDIATELY,
        MANUALLY,
        /** Nothing is ever written: the appliance restores and does nothing else. */
        NEVER
    }

    /** A limit in force during some hours. */
    public record Bandwidth(
            @JsonProperty(required = true) Hours hours,
            @JsonProperty(required = true) long bytesPerSecond) {}

    public static VaultSettings parse(String json) throws IOException {
        return JSON.readValue(json, VaultSettings.class);
    }

    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    public String url() {
        return oss != null ? oss.url() : "file://" + file;
    }

    /** The directory that a {@code file:} URL names. */
    public static String directory(String url) {
        URI uri = URI.create(url);
        if (!"file".equals(uri.getScheme())
                || uri.getPath() == null
                || !uri.getPath().startsWith("/")) {
            throw new IllegalArgumentException(
                    "'" + url + "' is no vault; write oss://BUCKET/PREFIX or file:///DIRECTORY");
        }
        return uri.getPath();
    }

    /** @param credentials null for a directory */
    public ObjectStore open(@Nullable OssCredentials credentials) throws IOException {
        if (oss != null) {
            if (credentials == null) {
                throw new IOException("the vault " + oss.url() + " has no credentials; give --credentials-file");
            }
            return Retries.around(new OssObjectStore(oss, credentials));
        }
        return Retries.around(new FileObjectStore(Path.of(String.valueOf(file))));
    }

    /** Whether uploads may run now, in the appliance's own time zone. */
    public boolean open(LocalDateTime now) {
        return windows.isEmpty() || windows.stream().anyMatch(window -> window.contains(now));
    }

    /** The limit in force, 0 for none. */
    public long bytesPerSecond(LocalDateTime now) {
        for (Bandwidth each : bandwidth) {
            if (each.hours.contains(now)) {
                return each.bytesPerSecond;
            }
        }
        return 0;
    }
}
