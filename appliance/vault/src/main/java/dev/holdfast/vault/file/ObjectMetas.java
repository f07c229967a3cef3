package dev.holdfast.vault.file;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/** Storage classes and tags of objects, in a file each; objects of the standard class without tags have none. */
final class ObjectMetas {
    static final Meta PLAIN = new Meta(StorageClass.STANDARD.label(), false, Map.of());

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;

    record Meta(
            @JsonProperty(required = true) String storageClass,
            @JsonProperty(required = true) boolean thawed,
            @JsonProperty(required = true) Map<String, String> tags) {
        StorageClass kept() {
            return StorageClass.of(storageClass);
        }
    }

    /** @param directory must be there */
    ObjectMetas(Path directory) {
        this.directory = directory;
    }

    private Path path(String key) {
        return directory.resolve(key.replace('/', '~') + ".json");
    }

    Meta read(String key) throws IOException {
        Path file = path(key);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return PLAIN;
        }
        try {
            return JSON.readValue(bytes, Meta.class);
        } catch (JacksonException e) {
            throw new ObjectStoreException(Kind.CORRUPT, file + " is damaged; delete it: it holds class and tags", e);
        }
    }

    void write(String key, Meta meta) throws IOException {
        if (meta.equals(PLAIN)) {
            Files.deleteIfExists(path(key));
        } else {
            AtomicFile.write(path(key), JSON.writeValueAsBytes(meta), false);
        }
    }

    void delete(String key) throws IOException {
        Files.deleteIfExists(path(key));
    }
}
