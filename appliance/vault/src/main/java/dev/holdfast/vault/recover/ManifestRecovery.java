package dev.holdfast.vault.recover;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Ahead;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** Brings a vault's snapshots back: lists them on this appliance, and fetches their manifests at once or later. */
final class ManifestRecovery {
    private static final int BATCH_SNAPSHOTS = 500;
    /** Of a manifest, in its first request. */
    private static final long MANIFEST_BYTES = 1 << 20;

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Root root;
    private final VaultCatalogue catalogue;
    private final Journal journal;
    private final Manifests manifests;

    ManifestRecovery(
            ObjectStore store,
            VaultKeys keys,
            Root root,
            VaultCatalogue catalogue,
            Journal journal,
            Manifests manifests) {
        this.store = store;
        this.keys = keys;
        this.root = root;
        this.catalogue = catalogue;
        this.journal = journal;
        this.manifests = manifests;
    }

    /**
     * Enters snapshots of the vault, which are listed from then on. Their manifests follow by {@link #bring}, or when
     * one is wanted.
     *
     * @return the snapshots whose manifests are not in the vault any more, or of another length than they were: the
     *     others come back without them
     */
    List<UUID> list(Collection<ListedSnapshot> snapshots) throws IOException {
        Map<UUID, Long> there = catalogue.manifests();
        List<ListedSnapshot> found = new ArrayList<>();
        List<ListedSnapshot> doubtful = new ArrayList<>();
        for (ListedSnapshot each : snapshots) {
            UUID id = each.snapshot().id();
            boolean whole = Objects.equals(there.get(id), each.objectBytes())
                    || Files.exists(manifests.path(each.snapshot().node(), id));
            (whole ? found : doubtful).add(each);
        }
        List<UUID> lost = new ArrayList<>();
        // A listing may lag behind.
        Ahead.each(doubtful, VaultCatalogue.AT_ONCE, this::isWhole, (each, whole) -> {
            if (whole.get()) {
                found.add(each);
            } else {
                lost.add(each.snapshot().id());
            }
            return true;
        });
        enter(found);
        return lost;
    }

    private boolean isWhole(ListedSnapshot snapshot) throws IOException {
        try {
            return store.head(ObjectKind.MANIFEST.key(snapshot.snapshot().id())).bytes() == snapshot.objectBytes();
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    /** Enters snapshots without looking whether their manifests are there, which shows when they are brought. */
    void enter(List<ListedSnapshot> snapshots) throws IOException {
        for (int at = 0; at < snapshots.size(); at += BATCH_SNAPSHOTS) {
            List<ListedSnapshot> batch = snapshots.subList(at, Math.min(snapshots.size(), at + BATCH_SNAPSHOTS));
            note(journal, root, batch);
            manifests.remember(batch.stream().map(ListedSnapshot::snapshot).toList());
        }
    }

    /**
     * Brings manifests that are not here yet, the newest first.
     *
     * @param most how many of them
     * @return the snapshots whose manifests are missing or damaged: they are listed no more
     */
    List<UUID> bring(long most, VaultRecovery.Progress progress) throws IOException {
        List<StoredSnapshot> absent = manifests.absent();
        List<StoredSnapshot> wanted = absent.subList(0, (int) Math.min(most, absent.size()));
        List<UUID> lost = new ArrayList<>();
        long[] done = new long[1];
        Ahead.each(
                wanted,
                VaultCatalogue.AT_ONCE,
                each -> {
                    manifests.bring(each, () -> manifest(each.id()));
                    return true;
                },
                (each, brought) -> {
                    try {
                        brought.get();
                    } catch (IOException e) {
                        if (!Parts.damaged(e)) {
                            throw e;
                        }
                        lost.add(each.id());
                        journal.snapshots().remove(each.id());
                        manifests.forget(each);
                    }
                    progress.step("snapshots", ++done[0], wanted.size());
                    return true;
                });
        return lost;
    }

    private byte[] manifest(UUID id) throws IOException {
        SealedReader reader = SealedReader.open(store, keys, ObjectKind.MANIFEST, id, MANIFEST_BYTES);
        return reader.read(0, Math.toIntExact(reader.length()));
    }

    /** Notes that snapshots are in the vault. */
    static void note(Journal journal, Root root, List<ListedSnapshot> snapshots) throws IOException {
        journal.inTransaction(() -> {
            for (ListedSnapshot each : snapshots) {
                journal.snapshots()
                        .stored(new StoredManifest(
                                each.snapshot().id(),
                                each.snapshot().node(),
                                each.snapshot().committed(),
                                each.epoch(),
                                each.bytes(),
                                each.objectBytes(),
                                each.hash(),
                                true));
                journal.snapshots().published(each.snapshot().id(), root.sequence());
            }
        });
    }
}
