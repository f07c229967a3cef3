package dev.holdfast.vault.file;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files below a directory: a NAS, a disk to be carried to the cloud, or the embedded default. What is stored is
 * on stable storage under its final name, whole, before the call returns. Uploads in parts, storage classes and tags lie
 * under {@code .holdfast/}; a frozen class is kept in name only, but must be thawed all the same.
 */
public final class FileObjectStore implements ObjectStore {
    private static final String PRIVATE = ".holdfast";
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Meta PLAIN = new Meta(StorageClass.STANDARD.label(), false, Map.of());

    private final Path root;
    private final Path temporary;
    private final Path uploads;
    private final Path metas;

    record Meta(
            @JsonProperty(required = true) String storageClass,
            @JsonProperty(required = true) boolean thawed,
            @JsonProperty(required = true) Map<String, String> tags) {
        StorageClass kept() {
            return StorageClass.of(storageClass);
        }
    }

    record Begun(
            @JsonProperty(required = true) String key,
            @JsonProperty(required = true) Meta meta) {}

    /** One whose file system may hang or break: each call has a deadline, and failures say what happened. */
    public static ObjectStore watched(Path root) throws IOException {
        return watched(root, Patience.FILES);
    }

    static ObjectStore watched(Path root, Patience patience) throws IOException {
        return new WatchedFileStore(root, patience, () -> new FileObjectStore(root));
    }

    /** @param root made where it is missing, but not its parent: a missing mount must not be filled in */
    public FileObjectStore(Path root) throws IOException {
        Path parent = root.toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            throw new IOException("the vault's directory " + root + " cannot be made: " + parent
                    + " is not there; mount it or make it first");
        }
        this.root = root;
        temporary = root.resolve(PRIVATE).resolve("tmp");
        uploads = root.resolve(PRIVATE).resolve("uploads");
        metas = root.resolve(PRIVATE).resolve("meta");
        AtomicFile.createDirectory(root);
        AtomicFile.createDirectory(temporary);
        AtomicFile.createDirectory(uploads);
        AtomicFile.createDirectory(metas);
        removeOldDrafts();
    }

    /** Of those that a crash left behind. Younger ones may be another machine's, at work. */
    private void removeOldDrafts() throws IOException {
        Instant before = Instant.now().minus(Duration.ofDays(1));
        try (DirectoryStream<Path> drafts = Files.newDirectoryStream(temporary)) {
            for (Path draft : drafts) {
                if (Files.getLastModifiedTime(draft).toInstant().isBefore(before)) {
                    Files.deleteIfExists(draft);
                }
            }
        }
    }

    @Override
    public String url() {
        return root.toAbsolutePath().normalize().toUri().toString().replaceFirst("/$", "");
    }

    private Path path(String key) throws ObjectStoreException {
        if (!KEY.matcher(key).matches()) {
            throw new ObjectStoreException(Kind.REFUSED, "'" + key + "' is no key");
        }
        return root.resolve(key);
    }

    private static ObjectStoreException missing(String key) {
        return new ObjectStoreException(Kind.NOT_FOUND, "there is no object " + key);
    }

    // ---- whole objects

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Path target = path(key);
        Path draft = temporary.resolve(UUID.randomUUID().toString());
        long crc;
        try (InputStream in = body.open()) {
            crc = write(draft, in, body.length());
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        publish(
                draft,
                target,
                key,
                options.ifAbsent(),
                new Meta(options.storageClass().label(), false, options.tags()));
        return new StoredObject(key, body.length(), crc, options.storageClass(), StoredObject.Thaw.NONE);
    }

    private static long write(Path file, InputStream in, long length) throws IOException {
        Crc64 crc = new Crc64();
        try (FileChannel out =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
                for (ByteBuffer left = ByteBuffer.wrap(buffer, 0, count); left.hasRemaining(); ) {
                    out.write(left);
                }
            }
            if (crc.bytes() != length) {
                throw new IOException("the source gave " + crc.bytes() + " bytes instead of " + length);
            }
            out.force(true);
        }
        return crc.value();
    }

    /** Gives a finished file its name; its meta data first, so that it is never seen with those of another. */
    private void publish(Path draft, Path target, String key, boolean ifAbsent, Meta meta) throws IOException {
        try {
            if (ifAbsent && Files.exists(target)) {
                throw new FileAlreadyExistsException(target.toString());
            }
            Path directory = Objects.requireNonNull(target.getParent());
            AtomicFile.createDirectory(directory);
            if (!ifAbsent || !meta.equals(PLAIN)) {
                writeMeta(key, meta);
            }
            if (ifAbsent) {
                linkOrMove(draft, target);
            } else {
                Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            }
            AtomicFile.syncDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            throw new ObjectStoreException(Kind.EXISTS, "there is an object " + key + " already", e);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** A link is made only where nothing is: atomic even among machines. File systems without links get the next best. */
    private static void linkOrMove(Path draft, Path target) throws IOException {
        try {
            Files.createLink(target, draft);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(draft, target);
        }
    }

    @Override
    public InputStream get(String key, long offset, long length) throws IOException {
        Path file = path(key);
        if (!found(key, file).readable()) {
            throw new ObjectStoreException(Kind.FROZEN, "object " + key + " must be thawed first");
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            channel.position(offset);
            InputStream in = Channels.newInputStream(channel);
            return new InputStream() {
                private long left = length;

                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
                }

                @Override
                public int read(byte[] buffer, int at, int count) throws IOException {
                    if (count > 0 && left <= 0) {
                        return -1;
                    }
                    int got = in.read(buffer, at, (int) Math.min(count, left));
                    left -= Math.max(0, got);
                    return got;
                }

                @Override
                public void close() throws IOException {
                    in.close();
                }
            };
        } catch (NoSuchFileException e) {
            throw missing(key);
        }
    }

    private StoredObject found(String key, Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw missing(key);
        }
        Meta meta = meta(key);
        StoredObject.Thaw thaw = meta.thawed ? StoredObject.Thaw.DONE : StoredObject.Thaw.NONE;
        return new StoredObject(key, Files.size(file), null, meta.kept(), thaw);
    }

    /** Reads the whole file for its checksum. */
    @Override
    public StoredObject head(String key) throws IOException {
        Path file = path(key);
        StoredObject found = found(key, file);
        try (InputStream in = Files.newInputStream(file)) {
            return new StoredObject(key, found.bytes(), Crc64.of(in), found.storageClass(), found.thaw());
        }
    }

    // ---- listing

    @Override
    public Listing list(String prefix, String after, int max) throws IOException {
        List<StoredObject> objects = new ArrayList<>();
        boolean more = collect(root, "", prefix, after, max, objects);
        return new Listing(List.copyOf(objects), !more);
    }

    /** Depth first in the order of keys, entering only what can hold wanted ones; returns whether it had to stop. */
    private boolean collect(Path directory, String at, String prefix, String after, int max, List<StoredObject> objects)
            throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!name.equals(PRIVATE)) {
                    // A directory sorts as its name with the slash, as keys do.
                    names.add(Files.isDirectory(entry) ? name + "/" : name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
        Collections.sort(names);
        for (String name : names) {
            String key = at + name;
            if (name.endsWith("/")) {
                boolean mayHold = key.startsWith(prefix) || prefix.startsWith(key);
                boolean behind = key.compareTo(after) >= 0 || after.startsWith(key);
                if (mayHold && behind && collect(directory.resolve(name), key, prefix, after, max, objects)) {
                    return true;
                }
            } else if (key.startsWith(prefix) && key.compareTo(after) > 0) {
                if (objects.size() == max) {
                    return true;
                }
                try {
                    objects.add(found(key, directory.resolve(name)));
                } catch (ObjectStoreException | NoSuchFileException e) {
                    // Deleted meanwhile.
                }
            }
        }
        return false;
    }

    @Override
    public void delete(List<String> keys) throws IOException {
        for (String key : keys) {
            Path file = path(key);
            Files.deleteIfExists(file);
            Files.deleteIfExists(metaPath(key));
            Path directory = Objects.requireNonNull(file.getParent());
            try {
                if (!directory.equals(root)) {
                    Files.deleteIfExists(directory);
                }
            } catch (DirectoryNotEmptyException e) {
                AtomicFile.syncDirectory(directory);
            }
        }
    }

    // ---- uploads in parts

    private Path upload(String key, String id) throws IOException {
        Path directory = uploads.resolve(id);
        if (!id.matches("[0-9a-f-]{36}")
                || !Files.isDirectory(directory)
                || !begun(directory).key.equals(key)) {
            throw new ObjectStoreException(Kind.NOT_FOUND, "there is no upload " + id + " of " + key);
        }
        return directory;
    }

    private static Begun begun(Path directory) throws IOException {
        return JSON.readValue(Files.readAllBytes(directory.resolve("begun.json")), Begun.class);
    }

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        Path target = path(key);
        if (options.ifAbsent() && Files.exists(target)) {
            throw new ObjectStoreException(Kind.EXISTS, "there is an object " + key + " already");
        }
        String id = UUID.randomUUID().toString();
        Path directory = uploads.resolve(id);
        AtomicFile.createDirectory(directory);
        Meta meta = new Meta(options.storageClass().label(), false, options.tags());
        AtomicFile.write(directory.resolve("begun.json"), JSON.writeValueAsBytes(new Begun(key, meta)), false);
        return id;
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        Path directory = upload(key, upload);
        Path draft = temporary.resolve(UUID.randomUUID().toString());
        try (InputStream in = body.open()) {
            long crc = write(draft, in, body.length());
            String tag = Long.toHexString(crc);
            for (Path old : partFiles(directory)) {
                if (partNumber(old) == number) {
                    Files.delete(old);
                }
            }
            Files.move(
                    draft,
                    directory.resolve(String.format("%05d-%s", number, tag)),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            AtomicFile.syncDirectory(directory);
            return new Part(number, body.length(), tag, crc);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private static List<Path> partFiles(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{5}-[0-9a-f]+"))
                    .sorted()
                    .toList();
        }
    }

    private static int partNumber(Path file) {
        return Integer.parseInt(String.valueOf(file.getFileName()).substring(0, 5));
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        List<Part> parts = new ArrayList<>();
        for (Path file : partFiles(upload(key, upload))) {
            String tag = String.valueOf(file.getFileName()).substring(6);
            parts.add(new Part(partNumber(file), Files.size(file), tag, Long.parseUnsignedLong(tag, 16)));
        }
        return List.copyOf(parts);
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        Path directory = upload(key, upload);
        if (!parts(key, upload).containsAll(parts)) {
            throw new ObjectStoreException(Kind.REFUSED, "upload " + upload + " of " + key + " has other parts");
        }
        List<InputStream> streams = new ArrayList<>();
        Path draft = temporary.resolve(UUID.randomUUID().toString());
        long bytes = parts.stream().mapToLong(Part::bytes).sum();
        long crc;
        try {
            for (Part part : parts) {
                streams.add(
                        Files.newInputStream(directory.resolve(String.format("%05d-%s", part.number(), part.tag()))));
            }
            crc = write(draft, new SequenceInputStream(Collections.enumeration(streams)), bytes);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(draft);
            throw e;
        } finally {
            for (InputStream stream : streams) {
                stream.close();
            }
        }
        Meta meta = begun(directory).meta;
        publish(draft, path(key), key, ifAbsent, meta);
        abort(key, upload);
        return new StoredObject(key, bytes, crc, meta.kept(), StoredObject.Thaw.NONE);
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        Path directory;
        try {
            directory = upload(key, upload);
        } catch (ObjectStoreException e) {
            return;
        }
        // Its description last, so that what was cut off here can be aborted again.
        for (Path file : partFiles(directory)) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(directory.resolve("begun.json"));
        Files.deleteIfExists(directory);
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        List<Upload> found = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(uploads)) {
            for (Path directory : directories) {
                try {
                    String key = begun(directory).key;
                    if (key.startsWith(prefix)) {
                        found.add(new Upload(key, String.valueOf(directory.getFileName())));
                    }
                } catch (NoSuchFileException | FileNotFoundException e) {
                    // Begun or aborted at this moment.
                }
            }
        }
        return List.copyOf(found);
    }

    // ---- classes and tags

    private Path metaPath(String key) {
        return metas.resolve(key.replace('/', '~') + ".json");
    }

    private Meta meta(String key) throws IOException {
        Path file = metaPath(key);
        byte @Nullable [] bytes;
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

    private void writeMeta(String key, Meta meta) throws IOException {
        if (meta.equals(PLAIN)) {
            Files.deleteIfExists(metaPath(key));
        } else {
            AtomicFile.write(metaPath(key), JSON.writeValueAsBytes(meta), false);
        }
    }

    @Override
    public void thaw(String key, int days) throws IOException {
        StoredObject found = found(key, path(key));
        if (!found.storageClass().frozen()) {
            throw new ObjectStoreException(Kind.REFUSED, "object " + key + " is not frozen");
        }
        writeMeta(key, new Meta(found.storageClass().label(), true, meta(key).tags));
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        if (!found(key, path(key)).readable()) {
            throw new ObjectStoreException(Kind.FROZEN, "object " + key + " must be thawed first");
        }
        writeMeta(key, new Meta(wanted.label(), false, meta(key).tags));
    }

    @Override
    public boolean retain(String key, Instant until) {
        // Whoever may write in the directory may delete there.
        return false;
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        found(key, path(key));
        return meta(key).tags;
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        Meta old = meta(found(key, path(key)).key());
        writeMeta(key, new Meta(old.storageClass, old.thawed, Map.copyOf(tags)));
    }

    @Override
    public void close() {}
}
