package dev.holdfast.store.volume;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * File {@code volume.json}: which volume a directory is. An empty mount point has none, and the disk of another appliance has
 * another, so that neither is taken for the volume.
 *
 * @param vault of the appliance
 * @param number of the volume; member {@code position}, as releases called it whose volumes were fixed
 */
public record VolumeIdentity(UUID vault, int number) {
    public static final String NAME = "volume.json";
    private static final String FORMAT = "holdfast-volume";
    private static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Empty where the directory has none.
     *
     * @throws FormatException where it is damaged
     */
    public static Optional<VolumeIdentity> read(Path root) throws IOException {
        JsonNode json;
        try {
            json = JSON.readTree(Files.readAllBytes(root.resolve(NAME)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw FormatException.corrupt(root.resolve(NAME) + " is damaged: " + e.getOriginalMessage());
        }
        if (json.path("version").asInt() > VERSION) {
            throw FormatException.tooNew(root.resolve(NAME) + " has version "
                    + json.path("version").asInt() + "; this release reads " + VERSION);
        }
        try {
            return Optional.of(new VolumeIdentity(
                    UUID.fromString(json.path("vault").asText()),
                    json.path("position").asInt(-1)));
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt(root.resolve(NAME) + " is damaged: it names no vault");
        }
    }

    void write(Path root) throws IOException {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("format", FORMAT);
        content.put("version", VERSION);
        content.put("vault", vault.toString());
        content.put("position", number);
        AtomicFile.write(root.resolve(NAME), JSON.writeValueAsBytes(content), false);
    }
}
