package dev.holdfast.control.vault;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssLocation;
import dev.holdfast.vault.oss.OssObjectStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private static final String UNREADABLE = "/settings-of-a-newer-release";

    public static VaultSettings parse(String json) throws IOException {
        return JSON.readValue(json, VaultSettings.class);
    }

    /** As {@link #parse}; settings of a newer release, which cannot be read here, are those of a vault that is only read. */
    public static VaultSettings readable(String json) {
        try {
            return parse(json);
        } catch (IOException | IllegalArgumentException e) {
            return new VaultSettings(UNREADABLE, null, VaultPolicy.READ_ONLY);
        }
    }

    public boolean unreadable() {
        return UNREADABLE.equals(file);
    }

    /** Whether two URLs name one place, however they are written. */
    public static boolean samePlace(String one, String other) {
        return plain(one).equals(plain(other));
    }

    private static String plain(String url) {
        if (!url.startsWith("file://")) {
            return url.replaceFirst("/+$", "");
        }
        return "file://"
                + Path.of(url.substring("file://".length())).toAbsolutePath().normalize();
    }

    /** As a copy must have it. */
    public VaultSettings withoutEviction() {
        return new VaultSettings(
                file,
                oss,
                new VaultPolicy(
                        policy.when(),
                        policy.windows(),
                        policy.bandwidth(),
                        policy.leastAgeSeconds(),
                        policy.nodes(),
                        policy.keepDays(),
                        policy.containerClass(),
                        policy.colder(),
                        policy.parallelParts(),
                        100));
    }

    /** The words of the command that sets this again, but for {@code --data}; a file with credentials is called F. */
    public List<String> command(String name) {
        List<String> words = new ArrayList<>(List.of("vault", "set", url()));
        if (!name.equals(VaultRegistry.FIRST)) {
            words.addAll(List.of("--name", name));
        }
        words.addAll(access());
        words.addAll(policy.options());
        return List.copyOf(words);
    }

    /** The words of the command that makes a new appliance of it elsewhere; files and directories are called K, F and DIR. */
    public List<String> recoverCommand() {
        List<String> words = new ArrayList<>(List.of("recover", "--from", url()));
        words.addAll(access());
        words.addAll(List.of("--recovery-key-file", "K", "--data", "DIR"));
        return List.copyOf(words);
    }

    /** The options that say how it is reached; none for a directory. */
    private List<String> access() {
        List<String> words = new ArrayList<>();
        if (oss != null) {
            words.addAll(List.of("--region", oss.region()));
            if (oss.endpoint() != null) {
                words.addAll(List.of("--endpoint", oss.endpoint()));
            }
            if (oss.network() != OssLocation.Network.PUBLIC) {
                words.addAll(List.of("--network", oss.network().toString()));
            }
            if (oss.addressing() != OssLocation.Addressing.HOST) {
                words.addAll(List.of("--addressing", oss.addressing().toString()));
            }
            if (oss.proxy() != null) {
                words.addAll(List.of("--proxy", oss.proxy()));
            }
            words.addAll(List.of("--credentials-file", "F"));
        }
        return words;
    }

    /** Empty for a directory. */
    public String region() {
        return oss == null ? "" : oss.region();
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
            throw new PhrasedArgumentException(Phrase.of("vault.address").with("url", url));
        }
        return uri.getPath();
    }

    /**
     * As {@link #open}, of a vault that must be there: no directory is made.
     *
     * @throws IOException where the directory does not exist
     */
    public ObjectStore openExisting(@Nullable OssCredentials credentials) throws IOException {
        if (oss == null && !Files.isDirectory(Path.of(String.valueOf(file)))) {
            throw new IOException("the vault's directory " + file + " does not exist");
        }
        return open(credentials);
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
