package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.container.TornContainer;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the index agree with the containers: after a crash for the few it does not know, after a loss for all. Each
 * container is one atomic step, so that a rebuild that was interrupted resumes where it stopped.
 */
public final class IndexRecovery {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final ContainerArchive archive;
    private final Set<Integer> frozen = new TreeSet<>();
    private final Progress progress;
    private int leftOut;

    /** Told what happens; for logs and progress lines. */
    public interface Progress {
        void step(String what, long done, long total);

        void warning(String what);
    }

    /** What was found on the volumes. */
    public record Found(int nextContainer, long usedBytes) {}

    public IndexRecovery(StoreParts parts, Progress progress) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.volumes = parts.volumes();
        this.archive = parts.archive();
        this.progress = progress;
    }

    /** Seals what a crash left open and indexes every container that the index does not know. */
    public Found catchUp() throws IOException {
        int next = 1;
        long used = 0;
        List<Path> drafts = new ArrayList<>();
        List<Volumes.Found> found = volumes.containers(drafts::add);
        for (Path draft : drafts) {
            disk.delete(draft);
        }
        TwiceFound twice = new TwiceFound(disk, vault, index, volumes, progress);
        Set<Integer> present = new HashSet<>();
        long done = 0;
        for (Volumes.Found container : found) {
            next = Math.max(next, container.number() + 1);
            if (container.open()) {
                recoverTorn(container);
            }
            ContainerInfo info = index.container(container.number());
            if ((info == null || info.archived() || container.open()) && Files.exists(container.finalPath())) {
                info = add(container);
            } else if (info != null && info.volume() != container.volume()) {
                info = twice.settle(container, info);
            }
            if (info != null && !present.contains(container.number())) {
                present.add(container.number());
                used += info.bytes();
            }
            progress.step("containers", ++done, found.size());
        }
        next = Math.max(next, archive.highestNumber() + 1);
        for (int number : archive.numbers()) {
            if (!present.contains(number) && index.container(number) == null) {
                addArchived(number);
            }
        }
        addFrozen();
        int[] highest = {next};
        index.eachContainer((number, info) -> {
            highest[0] = Math.max(highest[0], number + 1);
            if (!info.archived() && !present.contains(number) && volumes.isReadable(info.volume())) {
                progress.warning("container " + volumes.containerPath(info.volume(), number) + " is missing");
            }
        });
        return new Found(highest[0], used);
    }

    private void recoverTorn(Volumes.Found container) throws IOException {
        ContainerReader.Scan saved = TornContainer.recover(disk, container.finalPath(), vault);
        progress.warning("container " + container.finalPath() + " was open when the appliance stopped; "
                + saved.frames().size() + " whole chunks in it were kept"
                + (saved.damaged() ? ", others are DAMAGED: run check" : ""));
        if (saved.damaged()) {
            forgetLost(container.number(), saved.frames());
        }
    }

    /** Drops what the index believes to be in a container and is not, so that clients send it again. */
    private void forgetLost(int container, List<FrameEntry> saved) throws IOException {
        Set<Long> offsets = new HashSet<>();
        saved.forEach(entry -> offsets.add(entry.offset()));
        List<ChunkId> lost = new ArrayList<>();
        index.eachChunk((id, location) -> {
            if (location.container() == container && !offsets.contains(location.offset())) {
                lost.add(id);
            }
        });
        try (ChunkIndex.Batch batch = index.batch()) {
            for (ChunkId id : lost) {
                batch.removeChunk(id);
            }
            batch.commit();
        }
    }

    private ContainerInfo add(Volumes.Found container) throws IOException {
        long bytes = Files.size(container.finalPath());
        try (ContainerReader reader = ContainerReader.open(disk, container.finalPath(), vault, false)) {
            return add(container.number(), container.volume(), bytes, reader);
        } catch (FormatException e) {
            progress.warning("left out, run check: " + e.getMessage());
            return new ContainerInfo(container.volume(), 0, bytes);
        }
    }

    /** What cannot be read now is left for the next start: a vault out of reach must not keep the appliance from working. */
    private void addArchived(int number) throws IOException {
        try {
            Disk.DiskFile file = archive.open(number);
            addArchived(number, file);
        } catch (IndexException e) {
            throw e;
        } catch (FrozenException e) {
            frozen.add(number);
        } catch (IOException e) {
            leftOut++;
            progress.warning(
                    "container " + String.format("%08x", number) + " of the vault is left out: " + e.getMessage());
        }
    }

    /** What must be thawed before it can be read: the archive's lists tell what it holds. */
    private void addFrozen() throws IOException {
        if (frozen.isEmpty()) {
            return;
        }
        try {
            archive.list(Set.copyOf(frozen), (number, bytes, frames) -> {
                add(number, ContainerInfo.ARCHIVED, bytes, frames);
                frozen.remove(number);
            });
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            progress.warning("the vault's lists of containers cannot be read: " + e.getMessage());
        }
        if (!frozen.isEmpty()) {
            leftOut += frozen.size();
            progress.warning(frozen.size()
                    + " containers of the vault are left out: they are frozen, and no list tells what they hold");
        }
    }

    private void addArchived(int number, Disk.DiskFile file) throws IOException {
        long bytes = file.size();
        try (ContainerReader reader = ContainerReader.open(file, Path.of(String.format("vault:%08x", number)), vault)) {
            add(number, ContainerInfo.ARCHIVED, bytes, reader);
        }
    }

    private ContainerInfo add(int number, int volume, long bytes, ContainerReader reader) throws IOException {
        return add(number, volume, bytes, entries(reader));
    }

    private ContainerInfo add(int number, int volume, long bytes, List<FrameEntry> entries) throws IOException {
        try (ChunkIndex.Batch batch = index.batch()) {
            for (FrameEntry entry : entries) {
                // A chunk may lie twice after a crash, or where one copy was damaged; both nodes own it.
                Location known = index.find(entry.id());
                if (!entry.readable()) {
                    // Not entered, so that clients that still have the chunk send it again.
                    progress.warning(String.format("container %08x holds an unreadable frame; run check", number));
                    continue;
                }
                Location here = Location.of(number, entry);
                // Of two copies the newer: the older one may be what it was sent again for.
                boolean newer = known == null || Integer.compareUnsigned(number, known.container()) > 0;
                if (newer) {
                    batch.chunk(entry.id(), here);
                }
                if (known != null && known.owner() != entry.owner()) {
                    Location other = newer ? known : here;
                    batch.owner(other.owner(), entry.id(), Adoption.unknown(other.kind() == ChunkKind.PAGE));
                }
            }
            ContainerInfo info = new ContainerInfo(volume, entries.size(), bytes);
            batch.container(number, info).commit();
            return info;
        }
    }

    /** From the trailer or, where that is damaged, from the frames themselves. */
    private List<FrameEntry> entries(ContainerReader reader) throws IOException {
        try {
            return reader.readTrailer();
        } catch (FormatException e) {
            progress.warning(e.getMessage() + "; reading its frames one by one");
            return reader.scanFrames().frames();
        }
    }

    /** Containers that {@link #catchUp} could not read: who owns their chunks is still to be learned. */
    public int leftOut() {
        return leftOut;
    }

    /** Deletes an index, so that the next start builds it anew. */
    public static void discard(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
