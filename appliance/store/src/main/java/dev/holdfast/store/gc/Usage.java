package dev.holdfast.store.gc;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Storage used, exclusive and shared: what each snapshot and each node refers to, and what deleting it would free. Exact while all
 * chunks fit into the memory it may take; beyond, a sample is counted, of chunks whose ids have so many zero bits, and
 * multiplied: ids are hashes, so that this is as good as chance. Used by one thread.
 */
public final class Usage {
    private static final int SLOT_BYTES = 8 + 4 + 4 + 4;
    /** Beyond, what a snapshot shares with others of its node is not counted for it. */
    private static final int MAX_PAGES = 500_000;

    private static final int ACROSS_NODES = Integer.MIN_VALUE;

    /**
     * Of a snapshot.
     *
     * @param storedBytes of chunks that it refers to, as stored, whether or not others refer to them too
     * @param ownBytes of chunks that no other snapshot refers to: forgetting it frees so much
     */
    public record OfSnapshot(UUID id, int node, long storedBytes, long ownBytes) {}

    /** Of a node: as of a snapshot, for all of its snapshots together, each chunk counted once. */
    public record OfNode(int node, int snapshots, long storedBytes, long ownBytes) {}

    /**
     * All of it.
     *
     * @param oneIn of how many chunks one was counted; 1 where the figures are exact
     * @param sharedBytes of chunks that several nodes refer to
     */
    public record Report(int oneIn, long sharedBytes, List<OfNode> nodes, List<OfSnapshot> snapshots) {}

    private final ChunkIndex index;
    private final int bits;
    private final long[] keys;
    private final int[] lengths;
    /** The last node that it was counted for; nodes come one after the other. */
    private final int[] lastNodes;
    /** The number of the only snapshot that refers to it; minus the node of several; or across nodes; 0 for a free slot. */
    private final int[] owners;

    private final Map<UUID, Tally> tallies = new HashMap<>();
    private final List<Tally> byNumber = new ArrayList<>();
    private final Map<Digest, Long> pages = new HashMap<>();
    private final Map<Integer, Long> storedOfNodes = new TreeMap<>();
    private int node = -1;

    private static final class Tally {
        private final StoredSnapshot snapshot;
        private final int number;
        private long stored;
        private long own;

        Tally(StoredSnapshot snapshot, int number) {
            this.snapshot = snapshot;
            this.number = number;
        }
    }

    private Usage(ChunkIndex index, long memoryBytes) throws IOException {
        this.index = index;
        long chunks = Math.max(512, index.estimatedChunks());
        int most = 0;
        while (most < 30 && (chunks >> most) * 4 * SLOT_BYTES > memoryBytes) {
            most++;
        }
        bits = most;
        // More than there are by estimate, since an estimate it is.
        int slots = Integer.highestOneBit((int) Math.min(1 << 28, (chunks >> bits) * 2)) * 2;
        keys = new long[slots];
        lengths = new int[slots];
        lastNodes = new int[slots];
        owners = new int[slots];
    }

    static Report of(
            ChunkIndex index,
            List<StoredSnapshot> snapshots,
            References references,
            long memoryBytes,
            Progress progress)
            throws IOException {
        return new Usage(index, memoryBytes).reckon(snapshots, references, progress);
    }

    private Report reckon(List<StoredSnapshot> snapshots, References references, Progress progress) throws IOException {
        for (StoredSnapshot each : snapshots) {
            Tally tally = new Tally(each, byNumber.size() + 1);
            byNumber.add(tally);
            tallies.put(each.id(), tally);
        }
        references.visitPages(
                snapshots,
                new References.PageVisitor() {
                    @Override
                    public void page(StoredSnapshot snapshot, Digest page, List<ChunkId> chunks, boolean alone)
                            throws IOException {
                        if (snapshot.node() != node) {
                            node = snapshot.node();
                            pages.clear();
                        }
                        long bytes = refer(tally(snapshot), chunks, alone);
                        if (pages.size() < MAX_PAGES) {
                            pages.put(page, bytes);
                        }
                    }

                    @Override
                    public void has(StoredSnapshot snapshot, Digest page) {
                        tally(snapshot).stored += pages.getOrDefault(page, 0L);
                    }
                },
                progress);
        return report();
    }

    private Tally tally(StoredSnapshot snapshot) {
        return Objects.requireNonNull(tallies.get(snapshot.id()));
    }

    /** Returns the stored bytes of those that are in the sample, each once. */
    private long refer(Tally tally, List<ChunkId> chunks, boolean alone) throws IOException {
        List<ChunkId> sample = chunks.stream()
                .filter(id -> (id.a() & (1L << bits) - 1) == 0)
                .distinct()
                .toList();
        if (sample.isEmpty()) {
            return 0;
        }
        long bytes = 0;
        List<@Nullable Location> locations = index.find(sample);
        for (int i = 0; i < sample.size(); i++) {
            Location location = locations.get(i);
            if (location != null) {
                bytes += location.storedLength();
                refer(tally, sample.get(i).a(), location.storedLength(), alone);
            }
        }
        return bytes;
    }

    private void refer(Tally tally, long id, int length, boolean alone) throws IOException {
        int of = tally.snapshot.node();
        int slot = slot(id);
        if (owners[slot] == 0) {
            keys[slot] = id;
            lengths[slot] = length;
            owners[slot] = alone ? tally.number : -of;
        } else if (lastNodes[slot] != of) {
            owners[slot] = ACROSS_NODES;
        } else if (owners[slot] != ACROSS_NODES && (owners[slot] != tally.number || !alone)) {
            owners[slot] = -of;
        }
        if (lastNodes[slot] != of) {
            lastNodes[slot] = of;
            storedOfNodes.merge(of, (long) length, Long::sum);
        }
    }

    private int slot(long id) throws IOException {
        // The sample's ids end alike, so their other bits choose.
        int slot = (int) (id >>> bits) & keys.length - 1;
        for (int tried = 0; tried < keys.length; tried++) {
            if (owners[slot] == 0 || keys[slot] == id) {
                return slot;
            }
            slot = slot + 1 & keys.length - 1;
        }
        throw new PhrasedException(Phrase.of("task.index-grew"));
    }

    private Report report() {
        Map<Integer, Long> ownOfNodes = new TreeMap<>();
        long shared = 0;
        for (int slot = 0; slot < owners.length; slot++) {
            int owner = owners[slot];
            if (owner == ACROSS_NODES) {
                shared += lengths[slot];
            } else if (owner > 0) {
                Tally tally = byNumber.get(owner - 1);
                tally.own += lengths[slot];
                ownOfNodes.merge(tally.snapshot.node(), (long) lengths[slot], Long::sum);
            } else if (owner < 0) {
                ownOfNodes.merge(-owner, (long) lengths[slot], Long::sum);
            }
        }
        Map<Integer, Integer> counts = new TreeMap<>();
        List<OfSnapshot> ofSnapshots = new ArrayList<>();
        for (Tally each : byNumber) {
            counts.merge(each.snapshot.node(), 1, Integer::sum);
            ofSnapshots.add(
                    new OfSnapshot(each.snapshot.id(), each.snapshot.node(), each.stored << bits, each.own << bits));
        }
        List<OfNode> ofNodes = new ArrayList<>();
        counts.forEach((each, count) -> ofNodes.add(new OfNode(
                each, count, storedOfNodes.getOrDefault(each, 0L) << bits, ownOfNodes.getOrDefault(each, 0L) << bits)));
        return new Report(1 << bits, shared << bits, List.copyOf(ofNodes), List.copyOf(ofSnapshots));
    }
}
