package dev.holdfast.store.archive;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.ManifestFiles;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What an archive needs of a store: which containers there are, which of them a snapshot needs, and the way of containers
 * out of the volumes and into the index. Safe for use by several threads.
 */
public final class Archiving {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Ingest ingest;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final ContainerArchive archive;
    private final ContainerHealing healing;

    public Archiving(StoreParts parts, Ingest ingest, Manifests manifests, ChunkReader reader) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.volumes = parts.volumes();
        this.ingest = ingest;
        this.manifests = manifests;
        this.reader = reader;
        this.archive = parts.archive();
        this.healing = new ContainerHealing(parts, reader);
    }

    /** A sealed container on a volume. */
    public record Local(int number, int volume, Path file, long bytes) {}

    /** Ends and seals the open containers, so that everything committed so far lies in sealed ones. */
    public void sealOpen() {
        ingest.sealOpen();
    }

    /** All sealed containers on the volumes, oldest first. */
    public List<Local> local() throws IOException {
        List<Local> found = new ArrayList<>();
        index.eachContainer((number, info) -> {
            if (isOnVolume(info)) {
                found.add(new Local(number, info.volume(), volumes.containerPath(info.volume(), number), info.bytes()));
            }
        });
        return found;
    }

    /** The numbers of all sealed containers on the volumes. */
    public BitSet onVolumes() throws IOException {
        BitSet numbers = new BitSet();
        local().forEach(each -> numbers.set(each.number()));
        return numbers;
    }

    /** Opens a sealed container, wherever it lies; the caller closes it. */
    public Disk.DiskFile open(int number) throws IOException {
        ContainerInfo info = index.container(number);
        while (info != null && !info.archived() && volumes.isReadable(info.volume())) {
            try {
                return disk.open(volumes.containerPath(info.volume(), number), false);
            } catch (NoSuchFileException e) {
                ContainerInfo now = index.container(number);
                if (info.equals(now)) {
                    throw e;
                }
                // It was moved to another volume, evicted or deleted meanwhile.
                info = now;
            }
        }
        return archive.open(number);
    }

    /** Where a container lies on its volume. */
    public Path file(int number) throws IOException {
        ContainerInfo info = index.container(number);
        if (info == null || info.archived()) {
            throw new NoSuchFileException("container " + String.format("%08x", number) + " is on no volume");
        }
        return volumes.containerPath(info.volume(), number);
    }

    /** The containers that a snapshot's pages, files and report lie in. */
    public BitSet containersOf(StoredSnapshot snapshot) throws IOException {
        BitSet containers = new BitSet();
        mark(containers, SnapshotSummary.parse(snapshot.summary()).report());
        try (ManifestFile manifest = manifests.open(snapshot)) {
            for (int at = 0; at < snapshot.pages(); ) {
                List<PageRef> pages = manifest.pages(at, snapshot.pages());
                at += pages.size();
                for (PageRef page : pages) {
                    mark(containers, List.of(page.digest()));
                    mark(
                            containers,
                            Page.parse(reader.readVerified(page.digest())).chunks());
                }
            }
        }
        return containers;
    }

    private void mark(BitSet containers, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<Location> locations = index.find(ids);
        for (int i = 0; i < ids.size(); i++) {
            Location location = locations.get(i);
            if (location == null) {
                throw new IOException("chunk " + digests.get(i) + " is not in the index; run check");
            }
            containers.set(location.container());
        }
    }

    /** A number that no container has, and none will get but by this. */
    public int newNumber() {
        return ingest.allocator().newNumber();
    }

    /** Whether the index knows a container. */
    public boolean knows(int number) throws IOException {
        return index.container(number) != null;
    }

    /**
     * A container that lies in the archive, to be entered.
     *
     * @param bytes its length
     */
    public record Adopted(int number, long bytes, List<FrameEntry> frames) {}

    /** Enters containers that lie in the archive, all or none. What is known already stays as it is. */
    public void adopt(List<Adopted> containers) throws IOException {
        if (containers.isEmpty()) {
            return;
        }
        ingest.sharedIndex();
        index.exclusively(() -> {
            Map<ChunkId, Location> entered = new HashMap<>();
            try (ChunkIndex.Batch batch = index.batch()) {
                for (Adopted container : containers) {
                    adopt(batch, container, entered);
                }
                batch.commit();
            }
        });
    }

    private void adopt(ChunkIndex.Batch batch, Adopted container, Map<ChunkId, Location> entered) throws IOException {
        List<FrameEntry> frames = container.frames;
        List<Location> known = index.find(frames.stream().map(FrameEntry::id).toList());
        for (int i = 0; i < frames.size(); i++) {
            FrameEntry frame = frames.get(i);
            if (!frame.readable()) {
                continue;
            }
            Location there = known.get(i) == null ? entered.get(frame.id()) : known.get(i);
            if (there == null) {
                Location here = Location.of(container.number, frame);
                batch.chunk(frame.id(), here);
                entered.put(frame.id(), here);
            } else if (there.owner() != frame.owner()) {
                batch.owner(frame.owner(), frame.id(), Adoption.unknown(frame.kind() == ChunkKind.PAGE));
            }
        }
        batch.container(container.number, new ContainerInfo(ContainerInfo.ARCHIVED, frames.size(), container.bytes));
    }

    /**
     * Forgets containers that were in the archive alone and are no longer there. Reads the whole index.
     *
     * @return chunks that are lost with them
     */
    public long discard(Set<Integer> numbers) throws IOException {
        List<ChunkId> lost = new ArrayList<>();
        index.eachChunk((id, location) -> {
            if (numbers.contains(location.container())) {
                lost.add(id);
            }
        });
        index.exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                for (ChunkId id : lost) {
                    Location location = index.find(id);
                    if (location != null && numbers.contains(location.container())) {
                        batch.removeChunk(id);
                    }
                }
                for (int number : numbers) {
                    batch.removeContainer(number);
                }
                batch.commit();
            }
        });
        return lost.size();
    }

    /** Throws where a volume is not mounted, so that its containers are not taken for lost. */
    public void requireVolumes() throws IOException {
        volumes.requirePresent(vault.id());
    }

    /** Whether a container is to be on a volume. */
    public boolean isOnVolume(int number) throws IOException {
        ContainerInfo info = index.container(number);
        return info != null && isOnVolume(info);
    }

    /** What is on a volume that was given up is on none. */
    private boolean isOnVolume(ContainerInfo info) {
        return !info.archived() && volumes.isReadable(info.volume());
    }

    /** Whether a container lies in the archive alone. */
    public boolean isArchived(int number) throws IOException {
        ContainerInfo info = index.container(number);
        return info != null && info.archived();
    }

    /** A container that was to be archived cannot be read: see {@link dev.holdfast.store.restore.Damage}. */
    public void report(int number, IOException cause) throws IOException {
        reader.report(number, cause);
    }

    /** Containers that were found damaged and can be {@link #heal healed}; each is told once. */
    public List<Integer> damaged() {
        return reader.takeSuspects();
    }

    /** Replaces a manifest by the archive's copy, once that was found whole. */
    public void heal(ManifestFiles.Name manifest) throws IOException {
        manifests.heal(manifest, archive.manifest(manifest.id()));
    }

    /**
     * Replaces a container on its volume by the archive's copy, once that was found whole. Waits for a healing that another
     * thread does.
     */
    public void heal(int number) throws IOException {
        healing.heal(number, file(number));
    }

    /**
     * Deletes a container of data from its volume; from now on it is read from the archive. The caller has made sure that it
     * is there. Metadata stay, so that browsing and backups do not wait for the archive.
     *
     * @return the bytes that were freed; 0 where it was not on a volume
     */
    public long evict(int number) throws IOException {
        ContainerInfo info = index.container(number);
        if (info == null || !isOnVolume(info)) {
            return 0;
        }
        Path known = volumes.containerPath(info.volume(), number);
        try (ContainerReader reader = ContainerReader.open(disk, known, vault, false)) {
            if (reader.header().kind() != ContainerHeader.Kind.DATA) {
                return 0;
            }
        } catch (IOException e) {
            // Damaged or gone: then the archive's copy is the better one anyway.
            System.getLogger(Archiving.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
        // The index first: a file without an entry of its own is found and entered again at the next start.
        int from = readFromArchive(number, now -> !now.archived());
        if (from == ContainerInfo.ARCHIVED) {
            return 0;
        }
        // It may have been moved to another volume before.
        Path file = volumes.containerPath(from, number);
        try {
            disk.delete(file);
        } catch (NoSuchFileException e) {
            // Lost or deleted before: now it is known to be in the archive alone.
        }
        disk.syncDirectory(Objects.requireNonNull(file.getParent()));
        reader.forget(number);
        ingest.allocator().released(info.bytes());
        return info.bytes();
    }

    /**
     * From now on the index says that a container is in the archive alone.
     *
     * @param wanted whether to change what the index says of it now
     * @return the volume that the index named before; {@link ContainerInfo#ARCHIVED} where nothing was changed
     */
    public int readFromArchive(int number, Predicate<ContainerInfo> wanted) throws IOException {
        int[] from = {ContainerInfo.ARCHIVED};
        index.exclusively(() -> {
            ContainerInfo now = index.container(number);
            if (now != null && wanted.test(now)) {
                try (ChunkIndex.Batch batch = index.batch()) {
                    batch.container(number, new ContainerInfo(ContainerInfo.ARCHIVED, now.frames(), now.bytes()))
                            .commit();
                }
                from[0] = now.volume();
            }
        });
        return from[0];
    }
}
