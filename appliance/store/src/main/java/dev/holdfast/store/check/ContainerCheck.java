package dev.holdfast.store.check;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks containers one by one, then the index against all of them. Used by one thread. */
final class ContainerCheck {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Findings findings;

    /** Containers with a finding that may hide further chunks. */
    private final Map<Integer, Finding> suspects = new HashMap<>();

    /** How many of a container's frames the index places where they are. */
    private final Map<Integer, Integer> matched = new HashMap<>();

    ContainerCheck(StoreParts parts, Findings findings) {
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.volumes = parts.volumes();
        this.findings = findings;
    }

    /** Checks a sealed container; returns how many frames it holds. */
    long check(Volumes.Found container, boolean readData) throws IOException {
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
            boolean bad = false;
            for (FrameEntry entry : entries) {
                Location location = find(entry.id());
                boolean here = location != null
                        && location.container() == container.number()
                        && location.offset() == entry.offset();
                inIndex += here ? 1 : 0;
                if (readData || damage != null) {
                    bad |= !checkFrame(reader, entry, here || location == null);
                }
            }
            matched.put(container.number(), inIndex);
            if (damage != null && !bad) {
                // The frames that could be found are whole; anything indexed beyond them is found missing below.
                suspects.put(container.number(), findings.add(Finding.Kind.CONTAINER, path, damage));
            }
            return entries.size();
        } catch (FormatException e) {
            suspects.put(container.number(), findings.add(Finding.Kind.CONTAINER, path, e.getMessage()));
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

    /**
     * Whether a frame can be read.
     *
     * @param needed whether the chunk may be read from it; one that was stored anew is read from elsewhere
     */
    private boolean checkFrame(ContainerReader reader, FrameEntry entry, boolean needed) throws IOException {
        try {
            byte[] raw = reader.readFrame(entry).unpack();
            if (!vault.chunkId(raw).equals(entry.id())) {
                throw FormatException.corrupt("container " + reader.path() + ", frame at " + entry.offset()
                        + ": the chunk does not match its id");
            }
            return true;
        } catch (FormatException e) {
            Finding finding = findings.add(Finding.Kind.CHUNK, reader.path(), e.getMessage());
            if (needed) {
                findings.bad().put(entry.id(), finding);
            }
            return false;
        }
    }

    /** Finds chunks that the index places where there is no frame: in missing or truncated containers. */
    void compareWithIndex(List<Volumes.Found> containers) throws IOException {
        Set<Integer> present = new HashSet<>();
        containers.forEach(container -> present.add(container.number()));
        Set<Integer> archived = new HashSet<>();
        index.eachContainer((number, info) -> {
            if (info.archived()) {
                archived.add(number);
            } else if (!present.contains(number)) {
                suspects.put(
                        number,
                        findings.add(
                                Finding.Kind.CONTAINER, volumes.containerPath(info.volume(), number), "is missing"));
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
                        findings.add(
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
            if (finding != null
                    && !whole.contains(location.offset())
                    && findings.bad().size() < Findings.MAX_BAD_CHUNKS) {
                findings.bad().putIfAbsent(id, finding);
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
}
