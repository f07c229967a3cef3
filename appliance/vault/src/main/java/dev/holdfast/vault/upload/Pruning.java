package dev.holdfast.vault.upload;

import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What may be deleted from a vault: snapshots whose time there is over, and containers that no snapshot needs any more.
 */
final class Pruning {
    private final ObjectStore store;
    private final Journal journal;
    private final Manifests manifests;
    private final VaultWriter.Guard guard;
    private final Parts parts;
    private final KnownSnapshots known;

    Pruning(UploadContext context, Parts parts, KnownSnapshots known) {
        this.store = context.store();
        this.journal = context.journal();
        this.manifests = context.manifests();
        this.guard = context.options().guard();
        this.parts = parts;
        this.known = known;
    }

    /** Snapshots whose time in the vault is over. */
    List<UUID> expired(Selection selection) throws IOException {
        if (selection.keep() == null) {
            return List.of();
        }
        long now = guard.now();
        List<StoredManifest> there = journal.snapshots().all().stream()
                .filter(StoredManifest::published)
                .toList();
        Map<Integer, Long> newest = new HashMap<>();
        there.forEach(each -> newest.merge(each.node(), each.committed(), Math::max));
        List<UUID> expired = new ArrayList<>();
        for (StoredManifest each : there) {
            // A node's newest snapshot stays, however old; and so do snapshots that are locked or held.
            boolean last = each.committed() == newest.getOrDefault(each.node(), 0L);
            if (!last && selection.expired(each.committed(), now) && !guard.mustStay(each.node(), each.id())) {
                expired.add(each.id());
            }
        }
        if (!expired.isEmpty()) {
            Set<UUID> irreplaceable = new HashSet<>(known.irreplaceable(manifests.list()));
            irreplaceable.addAll(known.irreplaceableInVault(there));
            // Snapshots that nothing is known of stay.
            expired.removeIf(each -> irreplaceable.contains(each) || !known.contains(each));
        }
        return expired;
    }

    /**
     * Containers that the appliance no longer has and that no snapshot needs that is in the vault, or about to be.
     * Objects that cost as much to delete as to keep stay for now.
     */
    List<DroppedContainer> needless(Root root, List<UUID> forgotten, Collection<BitSet> ready) throws IOException {
        List<DroppedContainer> candidates = new ArrayList<>();
        for (DroppedContainer each : journal.containers().dropped()) {
            if (ready.stream().noneMatch(numbers -> numbers.get(each.number())) && costsNoMore(each)) {
                candidates.add(each);
            }
        }
        if (candidates.isEmpty()) {
            return List.of();
        }
        BitSet needed = needed(root, forgotten);
        return candidates.stream().filter(each -> !needed.get(each.ordinal())).toList();
    }

    /** Ordinals of the containers that the vault's snapshots need, without those that are forgotten. */
    private BitSet needed(Root root, List<UUID> forgotten) throws IOException {
        BitSet needed = new BitSet();
        Set<UUID> seen = new HashSet<>(forgotten);
        for (Root.Part part : root.catalogues().reversed()) {
            // What comes later in a part counts more than what comes before it.
            Map<UUID, BitSet> inPart = new HashMap<>();
            Set<UUID> goneInPart = new HashSet<>();
            parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                @Override
                public void snapshot(VaultSnapshot snapshot) {
                    inPart.put(snapshot.snapshot().id(), snapshot.containers());
                    goneInPart.remove(snapshot.snapshot().id());
                }

                @Override
                public void snapshotGone(UUID id) {
                    inPart.remove(id);
                    goneInPart.add(id);
                }
            });
            inPart.forEach((id, containers) -> {
                if (seen.add(id)) {
                    needed.or(containers);
                }
            });
            seen.addAll(goneInPart);
        }
        return needed;
    }

    /** Whether an object has been in its class for the least time that the service charges for. */
    private boolean costsNoMore(DroppedContainer container) throws IOException {
        long now = guard.now();
        Long since = container.since();
        if (since != null) {
            return now - since
                    >= Duration.ofDays(container.storageClass().leastDays()).toMillis();
        }
        StorageClass found;
        try {
            found = store.head(ObjectKind.CONTAINER.key(container.id())).storageClass();
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                return true;
            }
            throw e;
        }
        journal.containers().classChanged(container.id(), found, now);
        return found.leastDays() == 0;
    }
}
