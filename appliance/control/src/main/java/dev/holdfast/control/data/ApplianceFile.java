package dev.holdfast.control.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Keyring;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * File {@code appliance.json}: a directory with it is an appliance.
 *
 * @param profile the name of a profile that ships, or {@code profile.json} for the one in the data directory
 * @param volumes absolute, or relative to the data directory
 * @param hash label of the hash that names chunks, as in the keyring; null in version 1: SHA-256
 */
record ApplianceFile(
        @JsonProperty(required = true) int version,
        @JsonProperty(required = true) String profile,
        @JsonProperty(required = true) List<String> volumes,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String hash) {
    static final String NAME = "appliance.json";
    static final String PROFILE = "profile.json";
    private static final int FIRST_VERSION = 1;
    private static final int VERSION = 2;
    private static final ObjectMapper JSON = new ObjectMapper();

    static ApplianceFile of(Path root, String profile, List<Path> volumes, Keyring keyring) {
        return new ApplianceFile(
                keyring.hash() == null ? FIRST_VERSION : VERSION,
                profile,
                volumes.stream().map(each -> relative(root, each)).toList(),
                keyring.hash());
    }

    static boolean exists(Path root) {
        return Files.exists(root.resolve(NAME));
    }

    static ApplianceFile parse(byte[] content) throws IOException {
        return JSON.readValue(content, ApplianceFile.class);
    }

    static ApplianceFile read(Path root) throws IOException {
        ApplianceFile read;
        try {
            read = parse(Files.readAllBytes(root.resolve(NAME)));
        } catch (NoSuchFileException e) {
            throw new IOException(
                    root + " is no appliance; make one with: "
                            + TypedCommand.appliance(root, "init", "--profile", "dev"),
                    e);
        } catch (JacksonException e) {
            throw new IOException(root.resolve(NAME) + " is damaged: " + e.getOriginalMessage(), e);
        }
        if (read.version < FIRST_VERSION || read.version > VERSION) {
            throw new IOException(root + " has version " + read.version + "; this release reads " + FIRST_VERSION
                    + " and " + VERSION);
        }
        if ((read.hash == null) != (read.version == FIRST_VERSION)) {
            throw new IOException(root.resolve(NAME) + " is damaged: it is of version " + read.version + " and "
                    + (read.hash == null ? "names no hash" : "names a hash"));
        }
        return read;
    }

    void write(Path root) throws IOException {
        AtomicFile.write(
                root.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this), false);
    }

    /** A volume inside the data directory moves with it. */
    private static String relative(Path root, Path volume) {
        Path absolute = volume.toAbsolutePath().normalize();
        Path data = root.toAbsolutePath().normalize();
        return absolute.startsWith(data) ? data.relativize(absolute).toString() : absolute.toString();
    }

    /** The volumes that were named, or else one inside the data directory. */
    static List<Path> volumes(Path root, List<Path> named) {
        return named.isEmpty() ? List.of(root.resolve("volumes/0")) : named;
    }

    static HardwareProfile profile(Path root, String name) throws IOException {
        return HardwareProfile.load(name.equals(PROFILE) ? root.resolve(PROFILE).toString() : name);
    }

    /** File {@code jvm.options}. */
    static byte[] jvmOptions(HardwareProfile profile) {
        long heap = profile.memory().heap().bytes() >>> 20;
        return ("-Xmx" + heap + "m\n-XX:MaxDirectMemorySize=" + Math.max(64, heap / 8) + "m\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
