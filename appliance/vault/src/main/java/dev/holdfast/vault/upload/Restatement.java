package dev.holdfast.vault.upload;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Inventory;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultManifest;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What a root must list again after parts of the vault were lost: the difference between what the journal knows to be
 * there and what the other parts list. Containers are read at hand or in the vault, snapshots from their manifests.
 *
 * @param containers that the journal has and no other part lists
 * @param gone containers that other parts list and the journal has no more
 * @param snapshots as for containers
 * @param forgotten as for containers
 */
record Restatement(
        List<VaultContainer> containers,
        List<DroppedContainer> gone,
        List<VaultSnapshot> snapshots,
        List<UUID> forgotten) {

    /** Reads a container's list of chunks, wherever it can be read. */
    interface Containers {
        VaultContainer read(StoredContainer container, int ordinal) throws IOException;
    }

    /**
     * @param lost the ids of the parts that are lost
     * @param told what cannot be listed again, since it is lost as well
     */
    static Restatement of(Root root, Set<UUID> lost, UploadContext from, Containers containers, Consumer<Phrase> told)
            throws IOException {
        Parts parts = new Parts(from.store(), from.keys());
        Restatement made = new Restatement(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        if (root.segments().stream().anyMatch(each -> lost.contains(each.id()))) {
            made.containers(listed(parts, ObjectKind.SEGMENT, root.segments(), lost), from.journal(), containers, told);
        }
        if (root.catalogues().stream().anyMatch(each -> lost.contains(each.id()))) {
            made.snapshots(listed(parts, ObjectKind.CATALOGUE, root.catalogues(), lost), from, told);
        }
        return made;
    }

    /** What the parts that are left list: containers by ordinal, manifests by id. */
    private static Map<Object, Inventory.Entry> listed(
            Parts parts, ObjectKind kind, List<Root.Part> all, Set<UUID> lost) throws IOException {
        Map<Object, Inventory.Entry> listed = new LinkedHashMap<>();
        for (Root.Part part : all) {
            if (!lost.contains(part.id())) {
                for (Inventory.Entry each : parts.inventory(kind, part).entries()) {
                    Object name = kind == ObjectKind.SEGMENT ? (Object) each.ordinal() : each.id();
                    if (each.bytes() == 0) {
                        listed.remove(name);
                    } else {
                        listed.put(name, each);
                    }
                }
            }
        }
        return listed;
    }

    private void containers(
            Map<Object, Inventory.Entry> listed, Journal journal, Containers reading, Consumer<Phrase> told)
            throws IOException {
        for (StoredContainer each : journal.containers().published()) {
            int ordinal = each.ordinal() == null ? -1 : each.ordinal();
            if (ordinal < 0 || listed.remove(ordinal) != null) {
                continue;
            }
            try {
                containers.add(reading.read(each, ordinal));
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                told.accept(Phrase.of("vault.container-lost")
                        .with("container", each.id().toString())
                        .with("reason", e));
            }
        }
        listed.values()
                .forEach(each ->
                        gone.add(new DroppedContainer(-1, each.id(), each.ordinal(), StorageClass.STANDARD, 0L)));
    }

    private void snapshots(Map<Object, Inventory.Entry> listed, UploadContext from, Consumer<Phrase> told)
            throws IOException {
        Map<UUID, StoredSnapshot> here = new HashMap<>();
        from.manifests().list().forEach(each -> here.put(each.id(), each));
        Map<Integer, Integer> ordinals = from.journal().containers().ordinals();
        for (StoredManifest each : from.journal().snapshots().all()) {
            if (!each.published() || listed.remove(each.id()) != null) {
                continue;
            }
            try {
                StoredSnapshot snapshot = here.get(each.id());
                BitSet needed = snapshot == null ? all(ordinals) : needed(snapshot, from.archiving(), ordinals);
                StoredSnapshot described = snapshot == null
                        ? VaultManifest.read(from.store(), from.keys(), each.id())
                                .snapshot()
                        : snapshot;
                snapshots.add(new VaultSnapshot(
                        new ListedSnapshot(described, each.epoch(), each.bytes(), each.objectBytes(), each.hash()),
                        needed));
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                told.accept(Phrase.of("vault.manifest-lost")
                        .with("snapshot", each.id().toString())
                        .with("reason", e));
            }
        }
        listed.values().forEach(each -> forgotten.add(each.id()));
    }

    private static BitSet needed(StoredSnapshot snapshot, Archiving archiving, Map<Integer, Integer> ordinals) {
        BitSet needed = new BitSet();
        try {
            for (int number : archiving.containersOf(snapshot).stream().toArray()) {
                Integer ordinal = ordinals.get(number);
                if (ordinal == null) {
                    // Its chunks were moved since, to a container that is not in the vault yet.
                    return all(ordinals);
                }
                needed.set(ordinal);
            }
            return needed;
        } catch (IOException e) {
            return all(ordinals);
        }
    }

    /** Where it is not known which ones: more than it needs, so that none is deleted. */
    private static BitSet all(Map<Integer, Integer> ordinals) {
        BitSet all = new BitSet();
        ordinals.values().forEach(all::set);
        return all;
    }
}
