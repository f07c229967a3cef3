package dev.holdfast.vault.upload;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Locks, as the store keeps them: an object gets the latest deadline of the locked snapshots that need it, and with
 * them the root that leads there. What has a deadline already is asked for a later one only. Used by one thread.
 */
final class Deadlines {
    /** A later deadline within this time is not worth a request for each object. */
    private static final Duration SLACK = Duration.ofHours(12);

    /** Most requests of one call, since uploads wait for it. */
    private static final int SLICE = 2000;

    private final ObjectStore store;
    private final Journal journal;
    private final Parts parts;
    private final VaultWriter.Guard guard;
    private int set;
    private long latest;
    private boolean refused;

    Deadlines(ObjectStore store, Journal journal, VaultKeys keys, VaultWriter.Guard guard) {
        this.store = store;
        this.journal = journal;
        this.parts = new Parts(store, keys);
        this.guard = guard;
    }

    /**
     * Sets up to a slice of deadlines; the rest follow in the next call.
     *
     * @throws IOException where some could not be set, after the others were
     */
    int set(BooleanSupplier stopping) throws IOException {
        Map<UUID, Long> wanted = new LinkedHashMap<>();
        for (StoredManifest each : journal.snapshots().all()) {
            long left = each.published() ? guard.lockedFor(each.id()) : 0;
            long until = System.currentTimeMillis() + left;
            if (left > 0
                    && journal.objects().retainedUntil(ObjectKind.MANIFEST.key(each.id())) < until - SLACK.toMillis()) {
                wanted.put(each.id(), until);
            }
        }
        byte @Nullable [] encoded = journal.root();
        if (wanted.isEmpty() || encoded == null) {
            return 0;
        }
        Root root = Root.parse(encoded, Publication.sequenceOf(encoded)).root();
        Map<UUID, BitSet> containers = listed(root, wanted.keySet());
        IOException failure = null;
        for (Map.Entry<UUID, Long> each : wanted.entrySet()) {
            try {
                if (!retain(each.getKey(), containers.get(each.getKey()), each.getValue(), stopping)) {
                    break;
                }
            } catch (IOException e) {
                // One that is damaged must not leave the others without.
                failure = failure == null ? e : failure;
            }
        }
        if (set > 0) {
            retain(root);
        }
        if (failure != null) {
            throw failure;
        }
        return refused && set == 0 ? -1 : set;
    }

    /** Returns whether the next snapshot may follow. */
    private boolean retain(UUID snapshot, @Nullable BitSet ordinals, long until, BooleanSupplier stopping)
            throws IOException {
        if (ordinals == null) {
            return true;
        }
        for (int ordinal = ordinals.nextSetBit(0); ordinal >= 0; ordinal = ordinals.nextSetBit(ordinal + 1)) {
            if (refused || set >= SLICE || stopping.getAsBoolean()) {
                return false;
            }
            Optional<UUID> container = journal.containers().atOrdinal(ordinal);
            if (container.isPresent()) {
                retain(ObjectKind.CONTAINER.key(container.get()), until);
            }
        }
        // Last, since it says that the others are done.
        retain(ObjectKind.MANIFEST.key(snapshot), until);
        return !refused;
    }

    /**
     * The containers of these snapshots as the vault lists them: where their chunks lay when they were published,
     * wherever the appliance has moved them since.
     */
    private Map<UUID, BitSet> listed(Root root, Set<UUID> wanted) throws IOException {
        Map<UUID, BitSet> found = new HashMap<>();
        for (Root.Part part : root.catalogues()) {
            parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                @Override
                public void snapshot(VaultSnapshot snapshot) {
                    if (wanted.contains(snapshot.snapshot().id())) {
                        found.put(snapshot.snapshot().id(), snapshot.containers());
                    }
                }
            });
        }
        return found;
    }

    /** Without the root nobody finds the rest. */
    private void retain(Root root) throws IOException {
        for (Root.Part part : root.segments()) {
            retain(ObjectKind.SEGMENT, part);
        }
        for (Root.Part part : root.catalogues()) {
            retain(ObjectKind.CATALOGUE, part);
        }
        if (root.control() != null) {
            retain(ObjectKind.CONTROL.keys(root.control()));
        }
        retain(Root.keys(root.sequence()));
    }

    private void retain(ObjectKind kind, Root.Part part) throws IOException {
        retain(kind.keys(part.id()));
        retain(kind.inventoryKeys(part.id()));
    }

    private void retain(List<String> copies) throws IOException {
        for (String key : copies) {
            retain(key, latest);
        }
    }

    private void retain(String key, long until) throws IOException {
        latest = Math.max(latest, until);
        if (refused || journal.objects().retainedUntil(key) >= until - SLACK.toMillis()) {
            return;
        }
        if (store.retain(key, Instant.ofEpochMilli(until))) {
            journal.objects().retain(key, until);
            set++;
        } else {
            refused = true;
        }
    }
}
