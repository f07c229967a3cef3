package dev.holdfast.vault.recover;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.Ahead;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.SealedObject;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.VaultManifest;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Which snapshots a vault has and which containers they need: from the catalogues of a root or, where those are lost,
 * from the manifests themselves. Changes nothing.
 */
final class VaultCatalogue {
    static final int AT_ONCE = 32;

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Root root;
    private final Parts parts;
    private final Consumer<String> warnings;

    VaultCatalogue(ObjectStore store, VaultKeys keys, Root root, Consumer<String> warnings) {
        this.store = store;
        this.keys = keys;
        this.root = root;
        this.parts = new Parts(store, keys);
        this.warnings = warnings;
    }

    /** All snapshots of the vault, by id, in the order in which they were uploaded. */
    Map<UUID, ListedSnapshot> snapshots() throws IOException {
        Map<UUID, ListedSnapshot> found = new LinkedHashMap<>();
        Set<UUID> gone = new HashSet<>();
        int[] lost = new int[1];
        parts.each(ObjectKind.CATALOGUE, root.catalogues(), (part, records) -> {
            try {
                records.get().each(new Publication.Visit() {
                    @Override
                    public void snapshot(VaultSnapshot snapshot) {
                        found.put(snapshot.snapshot().id(), snapshot.listed());
                        gone.remove(snapshot.snapshot().id());
                    }

                    @Override
                    public void snapshotGone(UUID id) {
                        found.remove(id);
                        gone.add(id);
                    }
                });
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                warnings.accept("both copies of a catalogue are missing or damaged: " + e.getMessage());
                lost[0]++;
            }
            return true;
        });
        if (lost[0] > 0) {
            fromManifests(found, gone);
        }
        return found;
    }

    /** Finds what lost catalogues listed by the manifests themselves. */
    private void fromManifests(Map<UUID, ListedSnapshot> found, Set<UUID> gone) throws IOException {
        List<UUID> unlisted = manifests().keySet().stream()
                .filter(id -> !found.containsKey(id) && !gone.contains(id))
                .toList();
        int[] derived = new int[1];
        Ahead.each(unlisted, AT_ONCE, this::fromManifest, (id, listed) -> {
            try {
                found.put(id, listed.get());
                derived[0]++;
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                warnings.accept("snapshot " + id + " cannot be recovered: " + e.getMessage());
            }
            return true;
        });
        warnings.accept(
                derived[0] + " snapshots were found by their manifests; some of them may have been deleted before");
    }

    private ListedSnapshot fromManifest(UUID id) throws IOException {
        VaultManifest manifest = VaultManifest.read(store, keys, id);
        SealedObject object = manifest.object();
        byte[] hash = SealedReader.hash(store, ObjectKind.MANIFEST.key(id), object.bytes());
        return new ListedSnapshot(manifest.snapshot(), object.epoch(), manifest.bytes(), object.bytes(), hash);
    }

    /**
     * The containers that a snapshot needs, by ordinal. Where the catalogue that tells them may be lost, all count;
     * none where the vault does not list the snapshot.
     */
    BitSet containersOf(UUID id) throws IOException {
        BitSet containers = new BitSet();
        boolean[] listed = new boolean[1];
        boolean[] lost = new boolean[1];
        // The newest one that speaks of it counts.
        parts.each(ObjectKind.CATALOGUE, root.catalogues().reversed(), (part, records) -> {
            try {
                records.get().each(new Publication.Visit() {
                    @Override
                    public void snapshot(VaultSnapshot snapshot) {
                        if (snapshot.snapshot().id().equals(id)) {
                            listed[0] = true;
                            containers.clear();
                            containers.or(snapshot.containers());
                        }
                    }
                });
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                lost[0] = true;
            }
            return !listed[0];
        });
        if (!listed[0] && lost[0]) {
            parts.inventories(ObjectKind.SEGMENT, root.segments(), (part, inventory) -> {
                inventory.get().entries().forEach(each -> containers.set(each.ordinal(), each.bytes() > 0));
                return true;
            });
        }
        return containers;
    }

    /** The manifests that the store lists, with the lengths of their objects. */
    Map<UUID, Long> manifests() throws IOException {
        Map<UUID, Long> found = new HashMap<>();
        store.each(ObjectKind.MANIFEST.prefix(), "", each -> {
            String name = each.key().substring(each.key().lastIndexOf('/') + 1);
            found.put(UUID.fromString(name), each.bytes());
        });
        return found;
    }
}
