package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stores chunks: verifies, deduplicates, compresses and appends them, and has them made durable in groups.
 *
 * <p>A chunk is visible to look-ups through the index only, thus never before it is durable ({@link GroupCommit}); until then
 * {@link KnownChunks} lets sessions share it. Safe for use by several threads.
 */
public final class Ingest implements AutoCloseable {
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final int compressionLevel;
    private final Leases leases;
    private final ContainerAllocator allocator;
    private final KnownChunks known;
    private final ChunkEntries entries;
    private final OpenContainers containers;
    private final GroupCommit commit;
    private final AtomicLong adoptions = new AtomicLong();

    /**
     * @param usedBytes what containers take already, counted against the limits' capacity
     * @param nextContainer a number above that of every container
     */
    public Ingest(StoreParts parts, Limits limits, long usedBytes, int nextContainer) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.compressionLevel = limits.compressionLevel();
        this.allocator = new ContainerAllocator(parts, limits.capacityBytes(), usedBytes, nextContainer);
        this.leases = new Leases(allocator::nextNumber);
        this.known = new KnownChunks(parts, leases, limits.localityBytes());
        this.entries = new ChunkEntries(index, leases);
        this.containers = new OpenContainers(parts, allocator, entries, limits.openContainers());
        this.commit = new GroupCommit(index, known, containers, entries);
    }

    /** @param localityBytes heap for the trailers of containers that look-ups hit lately */
    public record Limits(long capacityBytes, int compressionLevel, int openContainers, long localityBytes) {}

    public Leases leases() {
        return leases;
    }

    /** Numbers of containers, and the room that they take. */
    public ContainerAllocator allocator() {
        return allocator;
    }

    /** What need not be sent again. */
    public KnownChunks known() {
        return known;
    }

    /** From now on chunks are entered by others than sessions, so that each entry is looked up before it is written. */
    public void sharedIndex() {
        entries.shared();
    }

    /**
     * Verifies and stores one chunk. Called on worker threads.
     *
     * @param stream spreads concurrent sessions over the open containers
     * @return its sequence number; it is durable once {@link #durable()} has reached that
     */
    public long put(int node, long stream, Leases.Lease lease, ChunkKind kind, Digest claimed, Packed packed)
            throws IOException {
        List<Digest> listed = ChunkVerifier.accept(vault.hash(), kind, claimed, packed);
        ChunkId id = vault.chunkId(claimed);
        if (!listed.isEmpty()) {
            known.requireOwned(node, lease, listed);
            leases.accept(id, lease);
        }
        while (true) {
            KnownChunks.Pending mine = new KnownChunks.Pending(node, new CompletableFuture<>());
            KnownChunks.Pending other = known.claim(id, mine);
            if (other != null) {
                // Wait for the location only: durability comes with the group.
                Location theirs = other.await();
                if (theirs != null && !leases.counts(theirs.container(), lease)) {
                    // Good enough for the other's session, which is older than ours.
                    Thread.onSpinWait();
                    continue;
                }
                if (theirs != null) {
                    return adopt(node, stream, kind, id, packed, other.owner());
                }
                // It failed and is gone from pending: our own turn.
                continue;
            }
            try {
                Location stored = known.find(id, lease);
                if (stored != null) {
                    known.release(id, mine);
                    mine.location().complete(stored);
                    boolean owned =
                            kind == ChunkKind.PAGE ? index.ownsAsPage(node, id, stored) : index.owns(node, id, stored);
                    return owned ? currentSequence() : adopt(node, stream, kind, id, packed, stored.owner());
                }
                return store(node, stream, kind, id, packed, mine);
            } catch (IOException | RuntimeException | Error e) {
                known.release(id, mine);
                mine.location().completeExceptionally(e);
                throw e;
            }
        }
    }

    private long store(int node, long stream, ChunkKind kind, ChunkId id, Packed packed, KnownChunks.Pending mine)
            throws IOException {
        Packed best = ChunkVerifier.compressed(packed, compressionLevel);
        long bytes = best.length();
        allocator.requireRoomFor(bytes);
        Slot.Appended appended = containers.slot(kind, stream).append(id, kind, node, best);
        FrameEntry entry = appended.entry();
        allocator.appended(entry.storedLength());
        Location location = Location.of(appended.writer().header().number(), entry);
        long number = commit.add(new GroupCommit.Op.NewChunk(id, location, appended.writer()), bytes);
        mine.location().complete(location);
        return number;
    }

    /** Another node's chunk becomes this node's as well, in the time and at the place of a new one. */
    private long adopt(int node, long stream, ChunkKind kind, ChunkId id, Packed packed, int firstOwner)
            throws IOException {
        if (firstOwner == node) {
            return currentSequence();
        }
        Packed best = ChunkVerifier.compressed(packed, compressionLevel);
        // Refused as a new one would be, or the refusal tells which chunks are there.
        allocator.requireRoomFor(best.length());
        long place = containers.slot(kind, stream).pretend(best);
        KnownChunks.Owner owner = new KnownChunks.Owner(node, id);
        Adoption now = new Adoption(kind == ChunkKind.PAGE, place, adoptions.incrementAndGet());
        return commit.add(new GroupCommit.Op.NewOwner(owner, known.adopt(owner, now)), best.length());
    }

    /** The last sequence number so far. */
    public long currentSequence() {
        return commit.currentSequence();
    }

    /** Every sequence number up to this is durable, those of {@link #requireNotLost lost} groups excepted. */
    public long durable() {
        return commit.durable();
    }

    /** Returns when {@code number} is durable; pushes the group out at once. */
    public void awaitDurable(long number) {
        commit.awaitDurable(number);
    }

    /** Throws where a sequence number above {@code from} was lost to a disk error. */
    public void requireNotLost(long from) throws IOException {
        commit.requireNotLost(from);
    }

    /** Ends and seals the containers that are open now; returns when they are sealed. */
    public void sealOpen() {
        commit.sealOpen();
    }

    /** Makes everything durable and seals all containers. */
    @Override
    public void close() {
        commit.close();
    }
}
