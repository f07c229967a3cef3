package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which chunks are stored or on their way, and which nodes own them. Durable chunks are found in the index, those of
 * containers that look-ups hit lately in {@link Locality}, and those on their way in {@code pending}, which lets sessions
 * share them before they are durable. Safe for use by several threads.
 */
public final class KnownChunks {
    /** A node that may read a chunk. */
    record Owner(int node, ChunkId id) {}

    /** A chunk on its way: who stores it, and where once appended. */
    record Pending(int owner, CompletableFuture<Location> location) {
        private boolean appended() {
            return location.isDone() && !location.isCompletedExceptionally();
        }

        /** Waits until it is appended; null where that failed. */
        @Nullable
        Location await() {
            try {
                return location.join();
            } catch (CompletionException e) {
                return null;
            }
        }
    }

    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Leases leases;
    private final Locality locality;
    private final Map<ChunkId, Pending> pending = new ConcurrentHashMap<>();
    private final Map<Owner, Adoption> pendingOwners = new ConcurrentHashMap<>();

    /** @param localityBytes heap for the trailers of containers that look-ups hit lately */
    KnownChunks(StoreParts parts, Leases leases, long localityBytes) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.leases = leases;
        this.locality = new Locality(parts, localityBytes);
    }

    /** Makes the caller the one who stores a chunk; returns the claim of another session if there is one. */
    @Nullable
    Pending claim(ChunkId id, Pending mine) {
        return pending.putIfAbsent(id, mine);
    }

    /** The caller who claimed it does not store it after all. */
    void release(ChunkId id, Pending mine) {
        pending.remove(id, mine);
    }

    /** A node is about to own a chunk that another node stored first; returns the adoption to enter. */
    Adoption adopt(Owner owner, Adoption now) throws IOException {
        Adoption before = index.adoption(owner.node, owner.id);
        // Sent twice, it stays where it was first, like a new one.
        return pendingOwners.merge(
                owner, before == null ? now : before.again(now), (first, later) -> first.again(later));
    }

    /** The group that holds the chunk has ended: it is in the index, or lost. */
    void entered(ChunkId id) {
        pending.remove(id);
    }

    /** As above, of an owner. */
    void entered(Owner owner) {
        pendingOwners.remove(owner);
    }

    /** Where a chunk lies that this session may take for stored. */
    @Nullable
    Location find(ChunkId id, Leases.Lease lease) throws IOException {
        Location location = index.find(id);
        return location == null || leases.counts(location.container(), lease) ? location : null;
    }

    /** Which chunks {@code node} may refer to without sending them: those it stored itself. */
    public boolean[] owned(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        boolean[] owned = new boolean[ids.size()];
        // Before the index: chunks and owners leave pending after they entered it, so what is in neither was never
        // there.
        for (int i = 0; i < owned.length; i++) {
            owned[i] = ownedOnItsWay(node, lease, ids.get(i));
        }
        List<Integer> asked = new ArrayList<>();
        for (int i = 0; i < owned.length; i++) {
            if (!owned[i]) {
                // A container at hand can say yes only: the index may know of more owners, and of another copy.
                Location near = locality.find(ids.get(i));
                owned[i] = near != null && near.owner() == node && leases.counts(near.container(), lease);
                if (!owned[i]) {
                    asked.add(i);
                }
            }
        }
        List<@Nullable Location> locations =
                index.find(asked.stream().map(ids::get).toList());
        List<Location> found = new ArrayList<>();
        for (int i = 0; i < locations.size(); i++) {
            Location location = locations.get(i);
            if (location != null && leases.counts(location.container(), lease)) {
                owned[asked.get(i)] = index.owns(node, ids.get(asked.get(i)), location);
                found.add(location);
            }
        }
        locality.found(found);
        for (int i = 0; i < owned.length; i++) {
            owned[i] = owned[i] && leases.trusts(ids.get(i), lease);
        }
        return owned;
    }

    private boolean ownedOnItsWay(int node, Leases.Lease lease, ChunkId id) throws IOException {
        Pending underWay = pending.get(id);
        return (underWay != null
                        && underWay.owner == node
                        && underWay.appended()
                        && leases.counts(underWay.location.join().container(), lease))
                || (pendingOwners.containsKey(new Owner(node, id)) && counts(id, underWay, lease));
    }

    /** Whether what a pending owner was entered for may be taken for stored. */
    private boolean counts(ChunkId id, @Nullable Pending underWay, Leases.Lease lease) throws IOException {
        if (underWay != null && underWay.appended()) {
            return leases.counts(underWay.location.join().container(), lease);
        }
        return find(id, lease) != null;
    }

    /** Throws unless {@code node} stored all of these itself. */
    public void requireOwned(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        boolean[] owned = owned(node, lease, digests);
        for (int i = 0; i < owned.length; i++) {
            if (!owned[i]) {
                throw new UnknownChunkException(digests.get(i));
            }
        }
    }

    /**
     * Throws unless {@code node} stored all of these itself.
     *
     * @return those of which it is not known that the node stored them as pages, so that what they list must be checked
     */
    public List<Digest> requirePages(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        requireOwned(node, lease, digests);
        List<Digest> unchecked = new ArrayList<>();
        for (Digest digest : digests) {
            if (!storedAsPage(node, vault.chunkId(digest))) {
                unchecked.add(digest);
            }
        }
        return unchecked;
    }

    private boolean storedAsPage(int node, ChunkId id) throws IOException {
        Pending underWay = pending.get(id);
        if (underWay != null && underWay.owner == node && underWay.appended()) {
            return underWay.location.join().kind() == ChunkKind.PAGE;
        }
        Adoption adopting = pendingOwners.get(new Owner(node, id));
        if (adopting != null && adopting.asPage()) {
            return true;
        }
        Location location = index.find(id);
        return location != null && index.ownsAsPage(node, id, location);
    }

    /** Forgets what look-ups remember of a container, and of chunks that are no longer in the index. */
    public void forget(int container, List<FrameEntry> gone) {
        locality.forget(container, gone);
    }

    /** What these containers hold is to be sent again; see {@link Leases#suspect}. */
    public void suspect(Collection<Integer> containers) {
        leases.suspect(containers);
        containers.forEach(each -> locality.forget(each, List.of()));
    }

    /** This container was healed. */
    public void trust(int container) {
        leases.trust(container);
    }

    /** Look-ups of backups: answered by containers at hand, and those that went to the index. */
    public record LookUps(long near, long inIndex) {}

    /** Look-ups of known chunks that needed no index, and those that did. */
    public LookUps lookUps() {
        return locality.lookUps();
    }
}
