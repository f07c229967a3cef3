package dev.holdfast.vault.file;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore.Part;
import dev.holdfast.vault.object.ObjectStore.Upload;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StoredObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/** Uploads in parts: a directory each, with what was begun and a file for each part. */
final class FileUploads {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final Drafts drafts;

    private record Begun(
            @JsonProperty(required = true) String key,
            @JsonProperty(required = true) ObjectMetas.Meta meta) {}

    /** @param directory must be there, on the file system of the objects */
    FileUploads(Path directory, Drafts drafts) {
        this.directory = directory;
        this.drafts = drafts;
    }

    private Path upload(String key, String id) throws IOException {
        Path place = directory.resolve(id);
        if (!id.matches("[0-9a-f-]{36}")
                || !Files.isDirectory(place)
                || !begun(place).key().equals(key)) {
            throw new ObjectStoreException(Kind.NOT_FOUND, "there is no upload " + id + " of " + key);
        }
        return place;
    }

    private static Begun begun(Path place) throws IOException {
        return JSON.readValue(Files.readAllBytes(place.resolve("begun.json")), Begun.class);
    }

    String begin(String key, Path target, PutOptions options) throws IOException {
        if (options.ifAbsent() && Files.exists(target)) {
            throw new ObjectStoreException(Kind.EXISTS, "there is an object " + key + " already");
        }
        String id = UUID.randomUUID().toString();
        Path place = directory.resolve(id);
        AtomicFile.createDirectory(place);
        ObjectMetas.Meta meta = new ObjectMetas.Meta(options.storageClass().label(), false, options.tags());
        AtomicFile.write(place.resolve("begun.json"), JSON.writeValueAsBytes(new Begun(key, meta)), false);
        return id;
    }

    Part putPart(String key, String upload, int number, Body body) throws IOException {
        Path place = upload(key, upload);
        Path draft = drafts.create();
        try (InputStream in = body.open()) {
            long crc = Drafts.write(draft, in, body.length());
            String tag = Long.toHexString(crc);
            for (Path old : partFiles(place)) {
                if (partNumber(old) == number) {
                    Files.delete(old);
                }
            }
            Files.move(
                    draft,
                    place.resolve(String.format("%05d-%s", number, tag)),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            AtomicFile.syncDirectory(place);
            return new Part(number, body.length(), tag, crc);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static List<Path> partFiles(Path place) throws IOException {
        try (var files = Files.list(place)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{5}-[0-9a-f]+"))
                    .sorted()
                    .toList();
        }
    }

    private static int partNumber(Path file) {
        return Integer.parseInt(String.valueOf(file.getFileName()).substring(0, 5));
    }

    List<Part> parts(String key, String upload) throws IOException {
        List<Part> parts = new ArrayList<>();
        for (Path file : partFiles(upload(key, upload))) {
            String tag = String.valueOf(file.getFileName()).substring(6);
            parts.add(new Part(partNumber(file), Files.size(file), tag, Long.parseUnsignedLong(tag, 16)));
        }
        return List.copyOf(parts);
    }

    StoredObject complete(String key, Path target, String upload, List<Part> parts, boolean ifAbsent)
            throws IOException {
        Path place = upload(key, upload);
        if (!parts(key, upload).containsAll(parts)) {
            throw new ObjectStoreException(Kind.REFUSED, "upload " + upload + " of " + key + " has other parts");
        }
        List<InputStream> streams = new ArrayList<>();
        Path draft = drafts.create();
        long bytes = parts.stream().mapToLong(Part::bytes).sum();
        long crc;
        try {
            for (Part part : parts) {
                streams.add(Files.newInputStream(place.resolve(String.format("%05d-%s", part.number(), part.tag()))));
            }
            crc = Drafts.write(draft, new SequenceInputStream(Collections.enumeration(streams)), bytes);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(draft);
            throw e;
        } finally {
            for (InputStream stream : streams) {
                stream.close();
            }
        }
        ObjectMetas.Meta meta = begun(place).meta();
        drafts.publish(draft, target, key, ifAbsent, meta);
        abort(key, upload);
        return new StoredObject(key, bytes, crc, meta.kept(), StoredObject.Thaw.NONE);
    }

    void abort(String key, String upload) throws IOException {
        Path place;
        try {
            place = upload(key, upload);
        } catch (ObjectStoreException e) {
            return;
        }
        // Its description last, so that what was cut off here can be aborted again.
        for (Path file : partFiles(place)) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(place.resolve("begun.json"));
        Files.deleteIfExists(place);
    }

    List<Upload> uploads(String prefix) throws IOException {
        List<Upload> found = new ArrayList<>();
        try (DirectoryStream<Path> places = Files.newDirectoryStream(directory)) {
            for (Path place : places) {
                try {
                    String key = begun(place).key();
                    if (key.startsWith(prefix)) {
                        found.add(new Upload(key, String.valueOf(place.getFileName())));
                    }
                } catch (NoSuchFileException | FileNotFoundException e) {
                    // Begun or aborted at this moment.
                }
            }
        }
        return List.copyOf(found);
    }
}
