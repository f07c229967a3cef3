package dev.holdfast.store.snapshot;

import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots: {@code manifests/<node>/<snapshot>.hfs}. A snapshot exists exactly when its file does; the index only
 * remembers summaries. Safe for use by several threads.
 */
public final class Manifests implements AutoCloseable {
    /** With less in the file system of the manifests, backups are refused. */
    public static final long MIN_FREE_BYTES = 64L << 20;

    private final StoreParts parts;
    private final Disk disk;
    private final ChunkIndex index;
    private final ManifestFiles files;
    private final ManifestLimits limits;
    private final SnapshotRegister register;
    private final ManifestAccess access;

    public Manifests(StoreParts parts, Path root) {
        this.parts = parts;
        this.disk = parts.disk();
        this.index = parts.index();
        this.files = new ManifestFiles(root);
        this.limits = new ManifestLimits(parts, files);
        this.register = new SnapshotRegister(parts, files);
        this.access = new ManifestAccess(parts, files, register);
    }

    /** Where a snapshot's manifest lies, or would. */
    public Path path(int node, UUID id) {
        return files.path(node, id);
    }

    /** What must hold before a snapshot is begun or committed. */
    ManifestLimits limits() {
        return limits;
    }

    ManifestWriter create(int node) throws IOException {
        return new ManifestWriter(disk, files.directory(node), parts.vault(), node, parts.clock());
    }

    /** Enters snapshots whose files are in their places, or come later: see {@link #expect}. */
    public void remember(List<StoredSnapshot> snapshots) throws IOException {
        register.enter(snapshots);
    }

    /** Where files come from that are not there yet. */
    public interface Source {
        byte[] manifest(UUID snapshot) throws IOException;
    }

    /**
     * Files that are missing are not lost from now on, but still to come: one that is wanted is fetched.
     *
     * @param from null where all of them have come
     */
    public void expect(@Nullable Source from) {
        access.expect(from);
    }

    /** Snapshots whose files are not there, the newest first. */
    public List<StoredSnapshot> absent() throws IOException {
        return list().reversed().stream()
                .filter(each -> !Files.exists(path(each.node(), each.id())))
                .toList();
    }

    /** Content that is asked for only where it is needed. */
    public interface Content {
        byte[] fetch() throws IOException;
    }

    /** Puts a snapshot's file in its place, where it is not there and the snapshot was not forgotten meanwhile. */
    public void bring(StoredSnapshot snapshot, Content content) throws IOException {
        access.bring(snapshot.node(), snapshot.id(), content);
    }

    /** All snapshots that can be read, oldest first. */
    public List<StoredSnapshot> list() throws IOException {
        List<StoredSnapshot> snapshots = new ArrayList<>();
        index.eachSnapshot((key, value) -> snapshots.add(StoredSnapshot.parse(value)));
        snapshots.sort(Comparator.comparingLong(StoredSnapshot::committed));
        return snapshots;
    }

    /**
     * All snapshots there are.
     *
     * @param snapshots those that can be read, oldest first
     * @param unreadable manifest files that cannot, and what is wrong: whatever their nodes own may be needed
     */
    public record All(List<StoredSnapshot> snapshots, Map<ManifestFiles.Name, IOException> unreadable) {}

    /** As {@link #list()}, and certain that none is left out: for the collector, which deletes what no snapshot refers to. */
    public All complete() throws IOException {
        Map<ManifestFiles.Name, IOException> unreadable = new LinkedHashMap<>();
        for (ManifestFiles.Name name : files.names()) {
            try {
                register.enter(name);
            } catch (NoSuchFileException e) {
                // Forgotten at this moment.
            } catch (IndexException e) {
                throw e;
            } catch (IOException e) {
                unreadable.put(name, e);
            }
        }
        return new All(list(), unreadable);
    }

    /**
     * Some of one node's snapshots, in the order of ids: those after one, or the first ones.
     *
     * @param bytes the part ends before it is longer than this, but has at least one snapshot where there is one
     * @return empty where there is none left
     */
    public List<StoredSnapshot> page(int node, @Nullable UUID after, int bytes) throws IOException {
        List<StoredSnapshot> page = new ArrayList<>();
        for (byte[] value : index.snapshots(node, after, bytes)) {
            page.add(StoredSnapshot.parse(value));
        }
        return page;
    }

    /** Takes one snapshot after the other. */
    public interface Visitor {
        void visit(StoredSnapshot snapshot) throws IOException;
    }

    /** Visits one node's snapshots, in the order of ids, with one of them in memory at a time. */
    public void each(int node, Visitor visitor) throws IOException {
        index.eachSnapshot(node, (key, value) -> visitor.visit(StoredSnapshot.parse(value)));
    }

    /** One node's snapshots, oldest first. */
    public List<StoredSnapshot> list(int node) throws IOException {
        List<StoredSnapshot> snapshots = new ArrayList<>();
        index.eachSnapshot(node, (key, value) -> snapshots.add(StoredSnapshot.parse(value)));
        snapshots.sort(Comparator.comparingLong(StoredSnapshot::committed));
        return snapshots;
    }

    public long count() throws IOException {
        long[] count = new long[1];
        index.eachSnapshot((key, value) -> count[0]++);
        return count[0];
    }

    /** A node's snapshot; another node's is not found, like one that does not exist. */
    public Optional<StoredSnapshot> find(int node, UUID id) throws IOException {
        byte[] value = index.snapshot(node, id);
        return value == null ? Optional.empty() : Optional.of(StoredSnapshot.parse(value));
    }

    /** Something read from a manifest that is open. */
    public interface Reading<T> {
        T from(ManifestFile manifest) throws IOException;
    }

    /** Reads from a manifest that is kept open for those who come next, within limits; see {@link OpenManifests}. */
    public <T> T read(int node, UUID id, Reading<T> reading) throws IOException {
        return access.read(node, id, reading);
    }

    /** Manifests that {@link #read} keeps open at this moment. */
    public int kept() {
        return access.kept();
    }

    /** Opens a manifest for a caller who reads all of it, and closes it. */
    public ManifestFile open(StoredSnapshot snapshot) throws IOException {
        return access.open(snapshot.node(), snapshot.id());
    }

    /** Deletes a snapshot for good; the space comes back with the next garbage collection. */
    public void forget(StoredSnapshot snapshot) throws IOException {
        register.forget(snapshot);
    }

    /**
     * At start: deletes what never was committed, and makes the index agree with the files.
     *
     * @param damaged told of each manifest file that cannot be read
     */
    public void reconcile(BiConsumer<Path, IOException> damaged) throws IOException {
        Set<ChunkIndex.SnapshotKey> known = new HashSet<>();
        index.eachSnapshot((key, value) -> known.add(key));
        Set<ChunkIndex.SnapshotKey> present = new HashSet<>();
        for (Path file : files.all()) {
            ManifestFiles.Parsed name = ManifestFiles.parse(file);
            if (name.open()) {
                disk.delete(file);
            } else if (name.committed() == null) {
                damaged.accept(file, new IOException("is not a manifest; it is left in place"));
            } else {
                var key = new ChunkIndex.SnapshotKey(
                        name.committed().node(), name.committed().id());
                present.add(key);
                if (!known.contains(key)) {
                    try {
                        register.enter(name.committed());
                    } catch (IOException e) {
                        damaged.accept(file, e);
                    }
                }
            }
        }
        if (access.isExpecting()) {
            return;
        }
        known.removeAll(present);
        // Forgetting removes the summary first: a summary without a file means that the file was lost.
        for (ChunkIndex.SnapshotKey lost : known) {
            damaged.accept(
                    path(lost.node(), lost.id()),
                    new IOException(
                            "is missing, though its snapshot was not forgotten; everything that its node stored is kept"
                                    + " until the file is restored or the snapshot is forgotten"));
        }
    }

    /**
     * Reads all manifest files again.
     *
     * @return those that are damaged, or missing though their snapshots were not forgotten, and what is wrong
     */
    public Map<ManifestFiles.Name, IOException> damaged() throws IOException {
        Map<ManifestFiles.Name, IOException> found = new LinkedHashMap<>();
        Set<UUID> present = new HashSet<>();
        for (ManifestFiles.Name name : files.names()) {
            present.add(name.id());
            try (ManifestFile manifest = open(name.file())) {
                manifest.verifyHash();
            } catch (NoSuchFileException e) {
                // Forgotten meanwhile, or else found below the next time.
            } catch (IOException e) {
                found.put(name, e);
            }
        }
        index.eachSnapshot((key, value) -> {
            Path file = path(key.node(), key.id());
            if (!access.isExpecting() && !present.contains(key.id()) && !Files.exists(file)) {
                found.put(new ManifestFiles.Name(key.node(), key.id(), file), new NoSuchFileException(file.toString()));
            }
        });
        return found;
    }

    /** Puts a copy from elsewhere in the place of a damaged or missing manifest, once it was found whole. */
    public void heal(ManifestFiles.Name name, byte[] content) throws IOException {
        access.heal(name, content);
    }

    /** Every manifest file, uncommitted ones included. */
    public List<Path> files() throws IOException {
        return files.all();
    }

    /** Opens a manifest by its file, whatever the index says. */
    public ManifestFile open(Path file) throws IOException {
        return access.open(file);
    }

    /** Closes what {@link #read} kept open. */
    @Override
    public void close() throws IOException {
        access.close();
    }
}
