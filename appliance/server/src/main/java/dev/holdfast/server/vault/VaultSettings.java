package dev.holdfast.server.vault;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.cloud.file.FileObjectStore;
import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.Retries;
import dev.holdfast.cloud.oss.OssCredentials;
import dev.holdfast.cloud.oss.OssLocation;
import dev.holdfast.cloud.oss.OssObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a vault lies and what is kept there.
 *
 * @param file a directory, or null where it is on OSS
 * @param oss a bucket, or null where it is a directory
 */
public record VaultSettings(
        @Nullable String file,
        @Nullable OssLocation oss,
        @JsonProperty(required = true) VaultPolicy policy) {
    private static final ObjectMapper JSON = new ObjectMapper();

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
        return Retries.around(FileObjectStore.watched(Path.of(String.valueOf(file))));
    }
}
