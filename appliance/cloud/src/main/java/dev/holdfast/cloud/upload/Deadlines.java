package dev.holdfast.cloud.upload;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.Publication;
import dev.holdfast.cloud.vault.Root;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Locks, as the store keeps them: an object gets the latest deadline of the locked snapshots that need it, and with them
 * the root that leads there. What has a deadline already is asked for a later one only. Used by one thread.
 */
final class Deadlines {
    /** Not worth a request for each object. */
    private static final Duration SLACK = Duration.ofHours(12);

    private final ObjectStore store;
    private final Journal journal;
    private final Archiving archiving;
    private final Manifests manifests;
    private final VaultWriter.Guard guard;
    private int set;
    private long latest;
    private boolean refused;

    Deadlines(ObjectStore store, Journal journal, Archiving archiving, Manifests manifests, VaultWriter.Guard guard) {
        this.store = store;
        this.journal = journal;
        this.archiving = archiving;
        this.manifests = manifests;
        this.guard = guard;
    }

    int set(BooleanSupplier stopping) throws IOException {
        for (Journal.StoredManifest each : journal.manifests()) {
            long left = each.published() ? guard.lockedFor(each.id()) : 0;
            if (left <= 0 || stopping.getAsBoolean()) {
                continue;
            }
            long until = System.currentTimeMillis() + left;
            String key = ObjectKind.MANIFEST.key(each.id());
            Optional<StoredSnapshot> snapshot = manifests.find(each.node(), each.id());
            if (snapshot.isEmpty() || journal.retained(key) >= until - SLACK.toMillis()) {
                continue;
            }
            for (String container : containers(archiving.containersOf(snapshot.get()))) {
                retain(container, until);
            }
            // Last, since it says that the others are done.
            retain(key, until);
            if (refused) {
                return -1;
            }
        }
        if (set > 0) {
            root();
        }
        return set;
    }

    private List<String> containers(BitSet numbers) throws IOException {
        List<String> keys = new ArrayList<>();
        for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
            journal.container(number).ifPresent(each -> keys.add(ObjectKind.CONTAINER.key(each.id())));
        }
        return keys;
    }

    /** Without it nobody finds the rest. */
    private void root() throws IOException {
        byte @Nullable [] encoded = journal.root();
        if (encoded == null) {
            return;
        }
        Root root = Root.parse(encoded, Publication.sequenceOf(encoded)).root();
        for (Root.Part part : root.segments()) {
            retain(ObjectKind.SEGMENT.key(part.id()), latest);
            retain(ObjectKind.SEGMENT.inventoryKey(part.id()), latest);
        }
        for (Root.Part part : root.catalogues()) {
            retain(ObjectKind.CATALOGUE.key(part.id()), latest);
            retain(ObjectKind.CATALOGUE.inventoryKey(part.id()), latest);
        }
        if (root.control() != null) {
            retain(ObjectKind.CONTROL.key(root.control()), latest);
        }
        retain(Root.key(root.sequence()), latest);
    }

    private void retain(String key, long until) throws IOException {
        latest = Math.max(latest, until);
        if (refused || journal.retained(key) >= until - SLACK.toMillis()) {
            return;
        }
        if (store.retain(key, Instant.ofEpochMilli(until))) {
            journal.retain(key, until);
            set++;
        } else {
            refused = true;
        }
    }
}
