package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.ingest.StoreFullException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots: {@code manifests/<node>/<snapshot>.hfs}. A snapshot exists exactly when its file does; the index only
 * remembers summaries. Safe for use by several threads.
 */
public final class Manifests implements AutoCloseable {
    static final String SUFFIX = ".hfs";
    /** Of one node: one every quarter of an hour for 100 days. */
    private static final int MAX_SNAPSHOTS = 10_000;
    /** Of all snapshots of one node, descriptions included. */
    private static final long MAX_SUMMARY_BYTES = 16L << 20;

    /** With less in the file system of the manifests, backups are refused. */
    public static final long MIN_FREE_BYTES = 64L << 20;

    private static final Pattern NAME = Pattern.compile("([0-9a-f]{8})/([0-9a-f-]{36})\\.hfs(\\.open)?");

    private final Disk disk;
    private final Path root;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final InstantSource clock;
    private final OpenManifests open;
    /** One file is fetched once. */
    private final Object[] bringing = new Object[64];

    private volatile @Nullable Source expected;

    public Manifests(Disk disk, Path root, VaultKeys vault, ChunkIndex index, InstantSource clock) {
        this.clock = clock;
        this.disk = disk;
        this.root = root;
        this.vault = vault;
        this.index = index;
        this.open = new OpenManifests(this::opened);
        Arrays.setAll(bringing, each -> new Object());
    }

    private Path directory(int node) {
        return root.resolve(String.format("%08x", node));
    }

    /** Where a snapshot's manifest lies, or would. */
    public Path path(int node, UUID id) {
        return path(root, node, id);
    }

    /** As above, without a store. */
    public static Path path(Path root, int node, UUID id) {
        return root.resolve(String.format("%08x", node)).resolve(id + SUFFIX);
    }

    /** A committed snapshot, as far as its file's name tells. */
    public record Name(int node, UUID id, Path file) {}

    /** All committed snapshots below a directory of manifests, without a store. */
    public static List<Name> names(Path root) throws IOException {
        List<Name> names = new ArrayList<>();
        for (Path file : files(root)) {
            Matcher name = match(file);
            if (name.matches() && name.group(3) == null) {
                names.add(new Name(Integer.parseUnsignedInt(name.group(1), 16), UUID.fromString(name.group(2)), file));
            }
        }
        return names;
    }

    private static Matcher match(Path file) {
        Path parent = file.getParent();
        return NAME.matcher((parent == null ? "" : parent.getFileName()) + "/" + file.getFileName());
    }

    /** Throws where the file system of the manifests is nearly full: the control database and the index live there too. */
    void requireRoom() throws IOException {
        Path place = Files.isDirectory(root) ? root : Objects.requireNonNull(root.getParent());
        if (disk.freeBytes(place) < MIN_FREE_BYTES) {
            throw new StoreFullException("less than " + MIN_FREE_BYTES + " bytes are free in the data directory, at "
                    + place + "; make room there. What is stored stays readable");
        }
    }

    /**
     * Throws where a node has as many snapshots as it may: whoever lists them needs memory for all.
     *
     * @param summaryBytes of one more
     */
    void requireFewer(int node, int summaryBytes) throws IOException {
        long[] count = new long[1];
        long[] bytes = {summaryBytes};
        index.eachSnapshot(node, (key, value) -> {
            count[0]++;
            bytes[0] += value.length;
        });
        if (count[0] >= MAX_SNAPSHOTS || bytes[0] > MAX_SUMMARY_BYTES) {
            throw new StoreFullException("this node has " + count[0] + " snapshots, whose descriptions take " + bytes[0]
                    + " bytes; the limits are " + MAX_SNAPSHOTS + " and " + MAX_SUMMARY_BYTES
                    + ". Set a retention policy, or forget some on the appliance");
        }
    }

    ManifestWriter create(int node) throws IOException {
        return new ManifestWriter(disk, directory(node), vault, node, clock);
    }

    /** Enters a snapshot whose file is in its place; what {@link #reconcile} does for all at start. */
    private void remember(StoredSnapshot snapshot) throws IOException {
        remember(List.of(snapshot));
    }

    /** Enters snapshots whose files are in their places, or come later: see {@link #expect}. */
    public void remember(List<StoredSnapshot> snapshots) throws IOException {
        try (ChunkIndex.Batch batch = index.batch()) {
            for (StoredSnapshot each : snapshots) {
                batch.snapshot(each.node(), each.id(), each.encode());
            }
            batch.commit();
        }
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
        expected = from;
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
        bring(snapshot.node(), snapshot.id(), content);
    }

    private void bring(int node, UUID id, Content content) throws IOException {
        Name name = new Name(node, id, path(node, id));
        synchronized (bringing[Math.floorMod(id.hashCode(), bringing.length)]) {
            if (index.snapshot(node, id) != null && !Files.exists(name.file)) {
                heal(name, content.fetch(), true);
            }
        }
    }

    /** Opens a file that is there, or one that is still to come. */
    private ManifestFile opened(int node, UUID id) throws IOException {
        Path file = path(node, id);
        try {
            return open(file);
        } catch (NoSuchFileException e) {
            Source from = expected;
            if (from == null) {
                throw e;
            }
            bring(node, id, () -> from.manifest(id));
            return open(file);
        }
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
    public record All(List<StoredSnapshot> snapshots, Map<Name, IOException> unreadable) {}

    /** As {@link #list()}, sure that none is left out: for whoever deletes what no snapshot refers to. */
    public All complete() throws IOException {
        Map<Name, IOException> unreadable = new LinkedHashMap<>();
        for (Name name : names(root)) {
            if (index.snapshot(name.node, name.id) == null) {
                StoredSnapshot snapshot;
                try (ManifestFile manifest = new ManifestFile(disk, name.file, vault)) {
                    snapshot = manifest.snapshot();
                } catch (NoSuchFileException e) {
                    // Forgotten at this moment.
                    continue;
                } catch (IOException e) {
                    unreadable.put(name, e);
                    continue;
                }
                remember(snapshot);
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
        return open.read(node, id, reading);
    }

    /** Manifests that {@link #read} keeps open at this moment. */
    public int kept() {
        return open.count();
    }

    /** Opens a manifest for a caller who reads all of it, and closes it. */
    public ManifestFile open(StoredSnapshot snapshot) throws IOException {
        return opened(snapshot.node(), snapshot.id());
    }

    /** Deletes a snapshot for good; the space comes back with the next garbage collection. */
    public void forget(StoredSnapshot snapshot) throws IOException {
        // In this order: a summary whose file is missing was lost, not forgotten, and its data are kept.
        try (ChunkIndex.Batch batch = index.batch()) {
            batch.removeSnapshot(snapshot.node(), snapshot.id()).commit();
        }
        try {
            disk.delete(path(snapshot.node(), snapshot.id()));
        } catch (NoSuchFileException e) {
            // Gone already, or never come: forgetting is what was asked for.
            return;
        }
        disk.syncDirectory(directory(snapshot.node()));
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
        for (Path file : files()) {
            Matcher name = match(file);
            if (!name.matches()) {
                damaged.accept(file, new IOException("is no manifest; left alone"));
            } else if (name.group(3) != null) {
                disk.delete(file);
            } else {
                var key = new ChunkIndex.SnapshotKey(
                        Integer.parseUnsignedInt(name.group(1), 16), UUID.fromString(name.group(2)));
                present.add(key);
                if (!known.contains(key)) {
                    try (ManifestFile manifest = new ManifestFile(disk, file, vault)) {
                        remember(manifest.snapshot());
                    } catch (IOException e) {
                        damaged.accept(file, e);
                    }
                }
            }
        }
        if (expected != null) {
            return;
        }
        known.removeAll(present);
        // Forgetting removes the summary first: a summary without a file means that the file was lost.
        for (ChunkIndex.SnapshotKey lost : known) {
            damaged.accept(
                    path(lost.node(), lost.id()),
                    new IOException(
                            "is missing, and was not forgotten; nothing is collected until it is back, or forgotten"));
        }
    }

    /**
     * Reads all manifest files again.
     *
     * @return those that are damaged, or missing though their snapshots were not forgotten, and what is wrong
     */
    public Map<Name, IOException> damaged() throws IOException {
        Map<Name, IOException> found = new LinkedHashMap<>();
        Set<UUID> present = new HashSet<>();
        for (Name name : names(root)) {
            present.add(name.id);
            try (ManifestFile manifest = open(name.file)) {
                manifest.verifyHash();
            } catch (NoSuchFileException e) {
                // Forgotten meanwhile, or else found below the next time.
            } catch (IOException e) {
                found.put(name, e);
            }
        }
        index.eachSnapshot((key, value) -> {
            Path file = path(key.node(), key.id());
            if (expected == null && !present.contains(key.id()) && !Files.exists(file)) {
                found.put(new Name(key.node(), key.id(), file), new NoSuchFileException(file.toString()));
            }
        });
        return found;
    }

    /** Puts a copy from elsewhere in the place of a damaged or missing manifest, once it was found whole. */
    public void heal(Name name, byte[] content) throws IOException {
        heal(name, content, index.snapshot(name.node, name.id) != null);
    }

    /** @param known whether it is listed; if it is not any more at the end it was forgotten meanwhile */
    private void heal(Name name, byte[] content, boolean known) throws IOException {
        Path draft = name.file.resolveSibling(name.file.getFileName() + ".healed");
        AtomicFile.createDirectory(Objects.requireNonNull(name.file.getParent()));
        AtomicFile.write(draft, content, true);
        StoredSnapshot snapshot;
        try (ManifestFile manifest = open(draft)) {
            manifest.verifyHash();
            snapshot = manifest.snapshot();
        } catch (IOException e) {
            Files.delete(draft);
            throw e;
        }
        if (!snapshot.id().equals(name.id) || snapshot.node() != name.node) {
            Files.delete(draft);
            throw FormatException.corrupt("the copy is of snapshot " + snapshot.id());
        }
        disk.rename(draft, name.file);
        open.drop(name.node, name.id);
        disk.syncDirectory(directory(name.node));
        if (known && index.snapshot(name.node, name.id) == null) {
            // Forgotten at this moment.
            disk.delete(name.file);
            return;
        }
        remember(snapshot);
    }

    /** Every manifest file, uncommitted ones included. */
    public List<Path> files() throws IOException {
        return files(root);
    }

    private static List<Path> files(Path root) throws IOException {
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return files;
        }
        try (DirectoryStream<Path> nodes = Files.newDirectoryStream(root)) {
            for (Path node : nodes) {
                if (!Files.isDirectory(node)) {
                    continue;
                }
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

    /** Closes what {@link #read} kept open. */
    @Override
    public void close() throws IOException {
        open.close();
    }
}
