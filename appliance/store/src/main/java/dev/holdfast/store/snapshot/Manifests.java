package dev.holdfast.store.snapshot;

import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Vault;
import dev.holdfast.store.index.ChunkIndex;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * The snapshots: {@code manifests/<node>/<snapshot>.hfs}. A snapshot exists exactly when its file does; the index only
 * remembers summaries. Safe for use by several threads.
 */
public final class Manifests {
    static final String SUFFIX = ".hfs";

    private final Disk disk;
    private final Path root;
    private final Vault vault;
    private final ChunkIndex index;

    public Manifests(Disk disk, Path root, Vault vault, ChunkIndex index) {
        this.disk = disk;
        this.root = root;
        this.vault = vault;
        this.index = index;
    }

    private Path directory(int node) {
        return root.resolve(String.format("%08x", node));
    }

    private Path path(int node, UUID id) {
        return directory(node).resolve(id + SUFFIX);
    }

    ManifestWriter create(int node) throws IOException {
        return new ManifestWriter(disk, directory(node), vault, node);
    }

    void remember(StoredSnapshot snapshot) throws IOException {
        try (ChunkIndex.Batch batch = index.batch()) {
            batch.snapshot(snapshot.id(), snapshot.encode()).commit();
        }
    }

    /** All snapshots that can be read, oldest first. */
    public List<StoredSnapshot> list() throws IOException {
        List<byte[]> values = new ArrayList<>();
        index.eachSnapshot((id, value) -> values.add(value));
        List<StoredSnapshot> snapshots = new ArrayList<>();
        for (byte[] value : values) {
            snapshots.add(StoredSnapshot.parse(value));
        }
        snapshots.sort(Comparator.comparingLong(StoredSnapshot::committed));
        return snapshots;
    }

    public List<StoredSnapshot> list(int node) throws IOException {
        return list().stream().filter(snapshot -> snapshot.node() == node).toList();
    }

    /** A node's snapshot; another node's is not found, like one that does not exist. */
    public Optional<StoredSnapshot> find(int node, UUID id) throws IOException {
        byte[] value = index.snapshot(id);
        if (value == null) {
            return Optional.empty();
        }
        StoredSnapshot snapshot = StoredSnapshot.parse(value);
        return snapshot.node() == node ? Optional.of(snapshot) : Optional.empty();
    }

    public ManifestFile open(StoredSnapshot snapshot) throws IOException {
        return new ManifestFile(disk, path(snapshot.node(), snapshot.id()), vault);
    }

    /** Deletes a snapshot for good; the space comes back with the next garbage collection. */
    public void forget(StoredSnapshot snapshot) throws IOException {
        Path path = path(snapshot.node(), snapshot.id());
        try {
            disk.delete(path);
        } catch (NoSuchFileException e) {
            // Gone already: forgetting is what was asked for.
        }
        disk.syncDirectory(directory(snapshot.node()));
        try (ChunkIndex.Batch batch = index.batch()) {
            batch.removeSnapshot(snapshot.id()).commit();
        }
    }

    /**
     * At start: deletes what never was committed, and makes the index agree with the files.
     *
     * @param damaged told of each manifest file that cannot be read
     */
    public void reconcile(BiConsumer<Path, IOException> damaged) throws IOException {
        Set<UUID> known = new HashSet<>();
        index.eachSnapshot((id, value) -> known.add(id));
        Set<UUID> present = new HashSet<>();
        for (Path file : files()) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(ContainerWriter.OPEN_SUFFIX)) {
                disk.delete(file);
                continue;
            }
            UUID id = UUID.fromString(name.substring(0, name.length() - SUFFIX.length()));
            present.add(id);
            if (!known.contains(id)) {
                try (ManifestFile manifest = new ManifestFile(disk, file, vault)) {
                    remember(manifest.snapshot());
                } catch (IOException e) {
                    damaged.accept(file, e);
                }
            }
        }
        known.removeAll(present);
        for (UUID gone : known) {
            try (ChunkIndex.Batch batch = index.batch()) {
                batch.removeSnapshot(gone).commit();
            }
        }
    }

    /** Every manifest file, uncommitted ones included. */
    public List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return files;
        }
        try (DirectoryStream<Path> nodes = Files.newDirectoryStream(root)) {
            for (Path node : nodes) {
                try (DirectoryStream<Path> manifests = Files.newDirectoryStream(node, "*" + SUFFIX + "{,.open}")) {
                    manifests.forEach(files::add);
                }
            }
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }

    /** Opens a manifest by its file, whatever the index says. */
    public ManifestFile open(Path file) throws IOException {
        return new ManifestFile(disk, file, vault);
    }
}
