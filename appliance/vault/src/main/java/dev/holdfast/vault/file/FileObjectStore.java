package dev.holdfast.vault.file;

import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.Crc64;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Objects as files below a directory: a NAS, a disk to be carried to the cloud, or the embedded default. What is stored
 * is on stable storage under its final name, whole, before the call returns. Uploads in parts, storage classes and tags
 * lie under {@code .holdfast/}; a frozen class is kept in name only, but must be thawed all the same.
 */
public final class FileObjectStore implements ObjectStore {
    private static final String PRIVATE = ".holdfast";
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");

    private final Path root;
    private final ObjectMetas metas;
    private final Drafts drafts;
    private final FileUploads uploads;

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
        AtomicFile.createDirectory(root);
        metas = new ObjectMetas(directory("meta"));
        drafts = new Drafts(directory("tmp"), metas);
        uploads = new FileUploads(directory("uploads"), drafts);
        drafts.removeOld();
    }

    private Path directory(String name) throws IOException {
        Path directory = root.resolve(PRIVATE).resolve(name);
        AtomicFile.createDirectory(directory);
        return directory;
    }

    @Override
    public String url() {
        return root.toAbsolutePath().normalize().toUri().toString().replaceFirst("/$", "");
    }

    private Path path(String key) throws ObjectStoreException {
        if (!KEY.matcher(key).matches()) {
            throw new ObjectStoreException(Kind.REFUSED, "'" + key + "' is not a valid object key");
        }
        return root.resolve(key);
    }

    private static ObjectStoreException missing(String key) {
        return new ObjectStoreException(Kind.NOT_FOUND, "no such object: " + key);
    }

    // ---- whole objects

    @Override
    public StoredObject put(String key, Body body, PutOptions options) throws IOException {
        Path target = path(key);
        Path draft = drafts.create();
        long crc;
        try (InputStream in = body.open()) {
            crc = Drafts.write(draft, in, body.length());
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(draft);
            throw e;
        }
        drafts.publish(
                draft,
                target,
                key,
                options.ifAbsent(),
                new ObjectMetas.Meta(options.storageClass().label(), false, options.tags()));
        return new StoredObject(key, body.length(), crc, options.storageClass(), StoredObject.Thaw.NONE);
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
            return new BlockInputStream() {
                private long left = length;

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
        ObjectMetas.Meta meta = metas.read(key);
        StoredObject.Thaw thaw = meta.thawed() ? StoredObject.Thaw.DONE : StoredObject.Thaw.NONE;
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
            metas.delete(key);
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

    @Override
    public String begin(String key, PutOptions options) throws IOException {
        return uploads.begin(key, path(key), options);
    }

    @Override
    public Part putPart(String key, String upload, int number, Body body) throws IOException {
        return uploads.putPart(key, upload, number, body);
    }

    @Override
    public List<Part> parts(String key, String upload) throws IOException {
        return uploads.parts(key, upload);
    }

    @Override
    public StoredObject complete(String key, String upload, List<Part> parts, boolean ifAbsent) throws IOException {
        return uploads.complete(key, path(key), upload, parts, ifAbsent);
    }

    @Override
    public void abort(String key, String upload) throws IOException {
        uploads.abort(key, upload);
    }

    @Override
    public List<Upload> uploads(String prefix) throws IOException {
        return uploads.uploads(prefix);
    }

    // ---- classes and tags

    @Override
    public void thaw(String key, int days) throws IOException {
        StoredObject found = found(key, path(key));
        if (!found.storageClass().frozen()) {
            throw new ObjectStoreException(Kind.REFUSED, "object " + key + " is not frozen");
        }
        metas.write(
                key,
                new ObjectMetas.Meta(
                        found.storageClass().label(), true, metas.read(key).tags()));
    }

    @Override
    public void changeClass(String key, StorageClass wanted) throws IOException {
        if (!found(key, path(key)).readable()) {
            throw new ObjectStoreException(Kind.FROZEN, "object " + key + " must be thawed first");
        }
        metas.write(
                key, new ObjectMetas.Meta(wanted.label(), false, metas.read(key).tags()));
    }

    @Override
    public boolean retain(String key, Instant until) {
        // Whoever may write in the directory may delete there.
        return false;
    }

    @Override
    public Map<String, String> tags(String key) throws IOException {
        found(key, path(key));
        return metas.read(key).tags();
    }

    @Override
    public void setTags(String key, Map<String, String> tags) throws IOException {
        ObjectMetas.Meta old = metas.read(found(key, path(key)).key());
        metas.write(key, new ObjectMetas.Meta(old.storageClass(), old.thawed(), Map.copyOf(tags)));
    }

    @Override
    public void close() {}
}
