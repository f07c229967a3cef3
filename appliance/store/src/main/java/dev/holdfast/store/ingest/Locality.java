package dev.holdfast.store.ingest;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of containers that look-ups hit lately. A repeated backup asks in about the order of the last one, and
 * so for the neighbours of what was just found: one read of a container's trailer then answers for hundreds of look-ups in
 * the index, each of which may be a random read. After the locality-preserved caching of Zhu, Li and Patterson (FAST 2008).
 * Holds sealed containers only; the garbage collector says which of them go. Safe for use by several threads.
 */
final class Locality {
    /** Map entry, id, location. */
    private static final int BYTES_A_CHUNK = 200;
    /** A container is worth reading when a batch of look-ups hits it this often. */
    private static final int HITS_TO_LOAD = 4;

    private final StoreParts parts;
    private final ChunkIndex index;
    private final int maxChunks;
    private final Map<Integer, List<FrameEntry>> containers = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<ChunkId, Location> chunks = new HashMap<>();
    private final Set<Integer> loading = new HashSet<>();
    private final LongAdder answered = new LongAdder();
    private final LongAdder passed = new LongAdder();

    Locality(StoreParts parts, long budgetBytes) {
        this.parts = parts;
        this.index = parts.index();
        this.maxChunks = (int) Math.min(Integer.MAX_VALUE, budgetBytes / BYTES_A_CHUNK);
    }

    /** Where a chunk lies, if its container is at hand; null says nothing. */
    synchronized @Nullable Location find(ChunkId id) {
        Location location = chunks.get(id);
        if (location == null) {
            passed.increment();
            return null;
        }
        answered.increment();
        // Used lately.
        containers.get(location.container());
        return location;
    }

    /** Takes note of what the index found in one batch, and loads the containers that this makes likely. */
    void found(List<Location> locations) {
        Map<Integer, Integer> hits = new HashMap<>();
        for (Location location : locations) {
            if (hits.merge(location.container(), 1, Integer::sum) == HITS_TO_LOAD) {
                load(location.container());
            }
        }
    }

    private void load(int container) {
        synchronized (this) {
            if (containers.containsKey(container) || !loading.add(container)) {
                return;
            }
        }
        @Nullable List<FrameEntry> entries = null;
        try {
            entries = trailer(container);
        } catch (IOException e) {
            // This is a cache: the index has the answer, and the reader of the chunk reports the damage.
            System.getLogger(Locality.class.getName())
                    .log(System.Logger.Level.DEBUG, "trailer of container " + container + " not cached", e);
        }
        synchronized (this) {
            loading.remove(container);
            if (entries != null && entries.size() <= maxChunks) {
                for (FrameEntry entry : entries) {
                    chunks.put(entry.id(), Location.of(container, entry));
                }
                containers.put(container, entries);
                evict();
            }
        }
    }

    /** What a container holds that the index finds in it; null where it is not sealed yet, or not on a volume. */
    private @Nullable List<FrameEntry> trailer(int container) throws IOException {
        ContainerInfo info = index.container(container);
        if (info == null || info.archived()) {
            return null;
        }
        Path path = parts.volumes().containerPath(info.volume(), container);
        List<FrameEntry> entries;
        try (ContainerReader reader = ContainerReader.open(parts.disk(), path, parts.vault(), false)) {
            entries = reader.readTrailer();
        }
        // Only what the index finds there: of what was copied elsewhere this copy may go first.
        List<Location> locations =
                index.find(entries.stream().map(FrameEntry::id).toList());
        List<FrameEntry> current = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Location location = locations.get(i);
            if (location != null
                    && location.container() == container
                    && location.offset() == entries.get(i).offset()) {
                current.add(entries.get(i));
            }
        }
        return current;
    }

    private void evict() {
        var eldest = containers.entrySet().iterator();
        while (chunks.size() > maxChunks && eldest.hasNext()) {
            Map.Entry<Integer, List<FrameEntry>> victim = eldest.next();
            drop(victim.getKey(), victim.getValue());
            eldest.remove();
        }
    }

    /** A container is deleted or condemned; {@code gone} are chunks that are no longer in the index. */
    synchronized void forget(int container, List<FrameEntry> gone) {
        gone.forEach(entry -> chunks.remove(entry.id()));
        List<FrameEntry> entries = containers.remove(container);
        if (entries != null) {
            drop(container, entries);
        }
    }

    private void drop(int container, List<FrameEntry> entries) {
        for (FrameEntry entry : entries) {
            Location location = chunks.get(entry.id());
            // A chunk may lie in two containers.
            if (location != null && location.container() == container) {
                chunks.remove(entry.id());
            }
        }
    }

    KnownChunks.LookUps lookUps() {
        return new KnownChunks.LookUps(answered.sum(), passed.sum());
    }
}
