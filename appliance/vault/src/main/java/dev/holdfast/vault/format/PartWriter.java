package dev.holdfast.vault.format;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Stores the parts that a root lists: segments and catalogues with their inventories, merged in tiers, eight into one.
 * Used by one thread.
 */
final class PartWriter {
    private static final System.Logger LOG = System.getLogger(PartWriter.class.getName());
    /** The number of parts of one tier that are merged into one of the next. */
    private static final int MERGE = 8;
    /** Larger parts are not merged, and end the run of those before. */
    private static final long LARGEST_MERGED = 4L << 20;
    /** A segment is ended at about this size. */
    private static final int SEGMENT_BYTES = 32 << 20;

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Journal journal;
    private final Publication.Putter putter;
    private final Parts parts;

    PartWriter(ObjectStore store, VaultKeys keys, Journal journal, Publication.Putter putter) {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
        this.putter = putter;
        this.parts = new Parts(store, keys);
    }

    void addSegments(List<Root.Part> segments, List<VaultContainer> containers, List<DroppedContainer> gone)
            throws IOException {
        Records.Writer records = new Records.Writer();
        List<Inventory.Entry> inventory = new ArrayList<>();
        for (DroppedContainer each : gone) {
            records.addGone(each.ordinal());
            inventory.add(Inventory.Entry.gone(each.id(), ObjectKind.CONTAINER, each.ordinal()));
        }
        for (VaultContainer container : containers) {
            records.add(container);
            inventory.add(container.inventory());
            if (records.bytes() >= SEGMENT_BYTES) {
                segments.add(store(ObjectKind.SEGMENT, records, 0, inventory));
                records = new Records.Writer();
                inventory = new ArrayList<>();
            }
        }
        if (!inventory.isEmpty()) {
            segments.add(store(ObjectKind.SEGMENT, records, 0, inventory));
        }
    }

    /** Stores a part and its inventory; until a root lists them they count as retired. */
    private Root.Part store(ObjectKind kind, Records.Writer records, int tier, List<Inventory.Entry> entries)
            throws IOException {
        byte[] content = records.toByteArray();
        byte[] inventory = new Inventory(keys.hash(), entries).encode();
        // One record that could not be read again would hide all that the part lists.
        Records.requireReadable(content);
        Inventory.parse(
                inventory, Arrays.copyOfRange(inventory, inventory.length - SealedObject.HASH_BYTES, inventory.length));
        SealedBody body = new SealedBody(kind, keys, UUID.randomUUID(), SealedBody.Content.of(content));
        UUID id = body.object().id();
        for (String key : kind.keys(id)) {
            putter.put(body, key, PutOptions.NEW);
        }
        for (String key : kind.inventoryKeys(id)) {
            store.put(key, Body.of(inventory), PutOptions.NEW);
        }
        return new Root.Part(
                id,
                tier,
                entries.size(),
                body.length(),
                HexFormat.of().formatHex(body.hash()),
                inventory.length,
                HexFormat.of().formatHex(inventory, inventory.length - SealedObject.HASH_BYTES, inventory.length));
    }

    /** Merges the newest parts where there are enough of one tier, and names the keys that are needed no more. */
    void merge(ObjectKind kind, List<Root.Part> all, List<String> retired) throws IOException {
        while (true) {
            int end = all.size();
            int tier = end == 0 ? 0 : all.getLast().tier();
            int from = end;
            while (from > 0
                    && all.get(from - 1).tier() == tier
                    && all.get(from - 1).bytes() <= LARGEST_MERGED) {
                from--;
            }
            List<Root.Part> run = List.copyOf(all.subList(from, end));
            if (run.size() < MERGE) {
                return;
            }
            Root.Part merged;
            try {
                merged = merged(kind, run, from == 0, tier + 1);
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                // They stay as they are until the next upkeep has looked at them all.
                LOG.log(System.Logger.Level.WARNING, "parts of the vault could not be merged: " + e.getMessage());
                journal.clearState(Publication.UPKEEP);
                return;
            }
            all.subList(from, end).clear();
            all.add(merged);
            run.forEach(each -> retire(kind, each, retired));
        }
    }

    private static void retire(ObjectKind kind, Root.Part part, List<String> retired) {
        retired.add(kind.key(part.id()));
        retired.add(kind.inventoryKey(part.id()));
    }

    /** Leaves out parts that are lost, and names their keys. */
    static void leaveOut(ObjectKind kind, List<Root.Part> parts, Set<UUID> lost, List<String> retired) {
        parts.stream().filter(each -> lost.contains(each.id())).forEach(each -> retire(kind, each, retired));
        parts.removeIf(each -> lost.contains(each.id()));
    }

    void addCatalogue(List<Root.Part> catalogues, List<VaultSnapshot> snapshots, List<UUID> forgotten)
            throws IOException {
        if (snapshots.isEmpty() && forgotten.isEmpty()) {
            return;
        }
        Records.Writer records = new Records.Writer();
        snapshots.forEach(records::add);
        forgotten.forEach(records::addGone);
        List<Inventory.Entry> inventory = new ArrayList<>();
        snapshots.forEach(each -> inventory.add(each.inventory()));
        forgotten.forEach(id -> inventory.add(Inventory.Entry.gone(id, ObjectKind.MANIFEST, 0)));
        catalogues.add(store(ObjectKind.CATALOGUE, records, 0, inventory));
    }

    /** @param all no older part is left, so that records of what was removed are no longer needed */
    private Root.Part merged(ObjectKind kind, List<Root.Part> run, boolean all, int tier) throws IOException {
        // In the order in which it happened: what came again is there, whatever was said of it before.
        Map<Integer, VaultContainer> containers = new LinkedHashMap<>();
        Map<UUID, VaultSnapshot> snapshots = new LinkedHashMap<>();
        Set<Integer> goneContainers = new LinkedHashSet<>();
        Set<UUID> goneSnapshots = new LinkedHashSet<>();
        for (Root.Part part : run) {
            parts.each(kind, part, new Publication.Visit() {
                @Override
                public void container(VaultContainer container) {
                    containers.put(container.ordinal(), container);
                    goneContainers.remove(container.ordinal());
                }

                @Override
                public void containerGone(int ordinal) {
                    containers.remove(ordinal);
                    goneContainers.add(ordinal);
                }

                @Override
                public void snapshot(VaultSnapshot snapshot) {
                    snapshots.put(snapshot.snapshot().id(), snapshot);
                    goneSnapshots.remove(snapshot.snapshot().id());
                }

                @Override
                public void snapshotGone(UUID id) {
                    snapshots.remove(id);
                    goneSnapshots.add(id);
                }
            });
        }
        Records.Writer records = new Records.Writer();
        List<Inventory.Entry> inventory = new ArrayList<>();
        if (!all) {
            goneContainers.forEach(ordinal -> records.addGone((int) ordinal));
            goneSnapshots.forEach(records::addGone);
            goneSnapshots.forEach(id -> inventory.add(Inventory.Entry.gone(id, ObjectKind.MANIFEST, 0)));
            if (kind == ObjectKind.SEGMENT) {
                inventory.addAll(goneContainers(run));
            }
        }
        containers.values().forEach(each -> {
            records.add(each);
            inventory.add(each.inventory());
        });
        snapshots.values().forEach(each -> {
            records.add(each);
            inventory.add(each.inventory());
        });
        return store(kind, records, tier, inventory);
    }

    /** Taken from the inventories, since the records have no ids. */
    private List<Inventory.Entry> goneContainers(List<Root.Part> run) throws IOException {
        List<Inventory.Entry> gone = new ArrayList<>();
        for (Root.Part part : run) {
            parts.inventory(ObjectKind.SEGMENT, part).entries().stream()
                    .filter(each -> each.bytes() == 0)
                    .forEach(gone::add);
        }
        return gone;
    }
}
