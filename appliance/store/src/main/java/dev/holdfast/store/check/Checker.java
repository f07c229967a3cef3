package dev.holdfast.store.check;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a store: every container's structure, every manifest and page, that every chunk referred to is there; on
 * demand also every byte. Then names the snapshots and paths that what it found will hurt. Reads only.
 */
public final class Checker {
    private static final int MAX_HURTS_PER_FINDING = 1000;
    /** Beyond this the store is lost rather than damaged; a report need not be complete. */
    private static final int MAX_BAD_CHUNKS = 1_000_000;

    private final StoreConfig config;
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Manifests manifests;
    private final ChunkReader chunks;

    private final List<Finding> findings = new ArrayList<>();
    /** Chunks that cannot be read, and the finding that says so. */
    private final Map<ChunkId, Finding> bad = new HashMap<>();

    /** Pages looked at, by node, since ownership differs. */
    private final Set<OwnedPage> checkedPages = new HashSet<>();

    /** Containers with a finding that may hide further chunks. */
    private final Map<Integer, Finding> suspects = new HashMap<>();

    /** How many of a container's frames the index places where they are. */
    private final Map<Integer, Integer> matched = new HashMap<>();

    private record OwnedPage(int node, Digest page) {}

    public Checker(
            StoreConfig config,
            Disk disk,
            VaultKeys vault,
            ChunkIndex index,
            Volumes volumes,
            Manifests manifests,
            ChunkReader chunks) {
        this.config = config;
        this.disk = disk;
        this.vault = vault;
        this.index = index;
        this.volumes = volumes;
        this.manifests = manifests;
        this.chunks = chunks;
    }

    /** @param chunks frames looked at; with {@code readData} each was decrypted, decompressed and rehashed */
    public record Report(long containers, long chunks, long snapshots, boolean readData, List<Finding> findings) {}

    /** Told how far the check is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    public Report run(boolean readData, Progress progress) throws IOException {
        return run(number -> readData, readData, progress);
    }

    /** Reads the data of some containers only, and names what is hurt by what is found there and by all else. */
    public Report run(IntPredicate readData, Progress progress) throws IOException {
        return run(readData, false, progress);
    }

    private Report run(IntPredicate readData, boolean all, Progress progress) throws IOException {
        boolean indexWhole = true;
        try {
            index.verify();
        } catch (IOException e) {
            indexWhole = false;
            found(Finding.Kind.INDEX, config.index(), e.getMessage());
        }
        List<Volumes.Found> containers = volumes.list();
        long frames = 0;
        long done = 0;
        for (Volumes.Found container : containers) {
            if (!container.open()) {
                frames += checkContainer(container, readData.test(container.number()));
            }
            progress.step("containers", ++done, containers.size());
        }
        // What a damaged index says, or fails to say, proves nothing about chunks.
        if (indexWhole) {
            checkIndexAgainstContainers(containers);
        }
        List<Path> files = manifests.files();
        done = 0;
        for (Path file : files) {
            if (indexWhole) {
                checkManifest(file);
            }
            progress.step("snapshots", ++done, files.size());
        }
        if (indexWhole) {
            checkMissingManifests();
        }
        if (!bad.isEmpty()) {
            done = 0;
            for (Path file : files) {
                nameHurt(file);
                progress.step("damage", ++done, files.size());
            }
        }
        return new Report(containers.size(), frames, files.size(), all, List.copyOf(findings));
    }

    /** Forgetting a snapshot takes it from the index first: one that the index knows and that has no file was lost. */
    private void checkMissingManifests() throws IOException {
        List<StoredSnapshot> lost = new ArrayList<>();
        index.eachSnapshot((key, value) -> {
            if (!Files.exists(manifests.path(key.node(), key.id()))) {
                lost.add(StoredSnapshot.parse(value));
            }
        });
        for (StoredSnapshot each : lost) {
            findings.add(new Finding(
                    Finding.Kind.MANIFEST,
                    manifests.path(each.node(), each.id()).toString(),
                    "is missing, though the snapshot was not forgotten",
                    List.of(new Finding.Hurt(each.id(), each.nodeName(), "/"))));
        }
    }

    /** Finds chunks that the index places where no frame is: in missing containers, or cut off ones. */
    private void checkIndexAgainstContainers(List<Volumes.Found> containers) throws IOException {
        Set<Integer> present = new HashSet<>();
        containers.forEach(container -> present.add(container.number()));
        Set<Integer> archived = new HashSet<>();
        index.eachContainer((number, info) -> {
            if (info.archived()) {
                archived.add(number);
            } else if (!present.contains(number)) {
                suspects.put(
                        number,
                        found(Finding.Kind.CONTAINER, volumes.containerPath(info.volume(), number), "is missing"));
            }
        });
        Map<Integer, Integer> indexed = new HashMap<>();
        index.eachChunk((id, location) -> indexed.merge(location.container(), 1, Integer::sum));
        // A container that is being filled right now has no trailer to compare with.
        containers.stream().filter(Volumes.Found::open).forEach(container -> indexed.remove(container.number()));
        // The check of the vault looks after these.
        indexed.keySet().removeAll(archived);
        for (Map.Entry<Integer, Integer> entry : indexed.entrySet()) {
            int container = entry.getKey();
            if (entry.getValue() > matched.getOrDefault(container, 0) && !suspects.containsKey(container)) {
                suspects.put(
                        container,
                        found(
                                Finding.Kind.CONTAINER,
                                path(container, containers),
                                "lacks chunks that the index places in it"));
            }
        }
        if (suspects.isEmpty()) {
            return;
        }
        Map<Integer, Set<Long>> offsets = new HashMap<>();
        for (int container : suspects.keySet()) {
            offsets.put(container, present.contains(container) ? offsets(path(container, containers)) : Set.of());
        }
        index.eachChunk((id, location) -> {
            Finding finding = suspects.get(location.container());
            Set<Long> whole = offsets.getOrDefault(location.container(), Set.of());
            if (finding != null && !whole.contains(location.offset()) && bad.size() < MAX_BAD_CHUNKS) {
                bad.putIfAbsent(id, finding);
            }
        });
    }

    private static Path path(int number, List<Volumes.Found> containers) {
        for (Volumes.Found container : containers) {
            if (container.number() == number) {
                return container.finalPath();
            }
        }
        return Path.of(String.format("%08x.hfc", number));
    }

    private Set<Long> offsets(Path path) throws IOException {
        Set<Long> offsets = new HashSet<>();
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            reader.entries().forEach(entry -> offsets.add(entry.offset()));
        } catch (FormatException e) {
            // Not even a header: none of its frames can be read.
        }
        return offsets;
    }

    private Finding found(Finding.Kind kind, Path file, @Nullable String what) {
        Finding finding = new Finding(kind, file.toString(), String.valueOf(what), new ArrayList<>());
        findings.add(finding);
        return finding;
    }

    private long checkContainer(Volumes.Found container, boolean readData) throws IOException {
        Path path = container.finalPath();
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            List<FrameEntry> entries;
            @Nullable String damage = null;
            try {
                entries = reader.readTrailer();
            } catch (FormatException e) {
                damage = e.getMessage();
                entries = reader.scanFrames().frames();
            }
            try {
                if (readData) {
                    reader.verifyHash();
                }
            } catch (FormatException e) {
                damage = e.getMessage();
            }
            int inIndex = 0;
            for (FrameEntry entry : entries) {
                Location location = find(entry.id());
                boolean here = location != null
                        && location.container() == container.number()
                        && location.offset() == entry.offset();
                inIndex += here ? 1 : 0;
            }
            matched.put(container.number(), inIndex);
            int badBefore = bad.size();
            if (readData || damage != null) {
                for (FrameEntry entry : entries) {
                    checkFrame(reader, entry);
                }
            }
            if (damage != null && bad.size() == badBefore) {
                // The frames that could be found are whole; anything indexed beyond them is found missing below.
                suspects.put(container.number(), found(Finding.Kind.CONTAINER, path, damage));
            }
            return entries.size();
        } catch (FormatException e) {
            suspects.put(container.number(), found(Finding.Kind.CONTAINER, path, e.getMessage()));
            return 0;
        }
    }

    private @Nullable Location find(ChunkId id) {
        try {
            return index.find(id);
        } catch (IOException e) {
            // The index has a finding of its own.
            return null;
        }
    }

    private void checkFrame(ContainerReader reader, FrameEntry entry) throws IOException {
        try {
            byte[] raw = reader.readFrame(entry).unpack();
            if (!vault.chunkId(Digest.of(raw)).equals(entry.id())) {
                throw FormatException.corrupt("container " + reader.path() + ", frame at " + entry.offset()
                        + ": the chunk does not match its id");
            }
        } catch (FormatException e) {
            bad.put(entry.id(), found(Finding.Kind.CHUNK, reader.path(), e.getMessage()));
        }
    }

    private void checkManifest(Path file) throws IOException {
        try (ManifestFile manifest = manifests.open(file)) {
            manifest.verifyHash();
            int node = manifest.snapshot().node();
            requirePresent(
                    file,
                    node,
                    SnapshotSummary.parse(manifest.snapshot().summary()).report());
            int total = manifest.snapshot().pages();
            for (int at = 0; at < total; ) {
                List<PageRef> pages = manifest.pages(at, total);
                at += pages.size();
                for (PageRef page : pages) {
                    if (checkedPages.add(new OwnedPage(node, page.digest()))) {
                        checkPage(file, node, page);
                    }
                }
            }
        } catch (IOException e) {
            if (!String.valueOf(file.getFileName()).endsWith(".open")) {
                found(Finding.Kind.MANIFEST, file, e.getMessage());
            }
        }
    }

    private void checkPage(Path manifest, int node, PageRef page) throws IOException {
        try {
            requirePresent(
                    manifest,
                    node,
                    Page.parse(chunks.readVerified(page.digest())).chunks());
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            ChunkId id = vault.chunkId(page.digest());
            bad.computeIfAbsent(id, missing -> found(Finding.Kind.PAGE, manifest, e.getMessage()));
        }
    }

    private void requirePresent(Path manifest, int node, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<@Nullable Location> locations = index.find(ids);
        for (int i = 0; i < ids.size(); i++) {
            Location location = locations.get(i);
            if (location != null && !index.owns(node, ids.get(i), location)) {
                bad.computeIfAbsent(
                        ids.get(i),
                        id -> found(
                                Finding.Kind.INDEX,
                                config.index(),
                                "does not know that a node owns chunks of its snapshot " + manifest.getFileName()
                                        + "; run rebuild-index"));
            }
            if (location == null && !bad.containsKey(ids.get(i)) && bad.size() < MAX_BAD_CHUNKS) {
                bad.put(
                        ids.get(i),
                        found(
                                Finding.Kind.MISSING_CHUNK,
                                manifest,
                                "chunk " + digests.get(i) + " is not in the store"));
            }
        }
    }

    /** Walks a snapshot and notes under each finding what it hurts. */
    private void nameHurt(Path file) {
        try (ManifestFile manifest = manifests.open(file)) {
            TreeCursor cursor = new TreeCursor(new ManifestPages(manifest, chunks), (page, cause) -> {
                Finding finding = bad.get(vault.chunkId(page.digest()));
                if (finding != null) {
                    hurt(finding, manifest, page.first() + " and what follows it (file names are lost)");
                }
            });
            for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
                Content content = switch (entry.node()) {
                    case Node.RegularFile regular -> regular.content();
                    case Node.More(Content more) -> more;
                    default -> Content.EMPTY;
                };
                for (Extent extent : content.extents()) {
                    Finding finding = bad.get(vault.chunkId(extent.chunk()));
                    if (finding != null) {
                        hurt(finding, manifest, entry.path().toString());
                    }
                }
            }
        } catch (IOException e) {
            // A manifest that cannot be read has a finding of its own.
        }
    }

    private static void hurt(Finding finding, ManifestFile manifest, String path) {
        var snapshot = manifest.snapshot();
        Finding.Hurt hurt = new Finding.Hurt(snapshot.id(), snapshot.nodeName(), path);
        if (finding.hurts().size() < MAX_HURTS_PER_FINDING && !finding.hurts().contains(hurt)) {
            finding.hurts().add(hurt);
        }
    }
}
