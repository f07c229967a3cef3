package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a new root of what came since the last: segments for new containers, a catalogue of snapshots that came and went,
 * the control data, and then the root, which is the moment it counts. Parts are merged in tiers, eight into one, so that
 * their number stays near a few hundred; what no kept root refers to is deleted. Used by one thread.
 */
public final class Publication {
    /** So many parts of one tier make one of the next. */
    private static final int MERGE = 8;
    /** Larger ones are left as they are, and end the run of those before. */
    private static final long LARGEST_MERGED = 4L << 20;
    /** A segment is ended at about this size. */
    private static final int SEGMENT_BYTES = 32 << 20;
    /** Older roots are deleted. Whoever recovers reads the newest; the others are for people. */
    static final int KEPT_ROOTS = 8;
    /** How long one that could not be deleted is left alone. */
    private static final long KEPT_MILLIS = 86_400_000;

    /** In the journal: when all small objects of the vault were verified last, ms since 1970. */
    public static final String UPKEEP = "upkeep";

    /** In the journal: the first root that refers to the present control data. */
    private static final String CONTROL_SINCE = "controlSince";

    private static final System.Logger LOG = System.getLogger(Publication.class.getName());

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Keyring keyring;
    private final Journal journal;
    private final UUID writer;
    private final Putter putter;
    private final Parts parts;

    /** Brings an object to the store. */
    public interface Putter {
        void put(SealedBody body, String key, PutOptions options) throws IOException;
    }

    public Publication(
            ObjectStore store, VaultKeys keys, Keyring keyring, Journal journal, UUID writer, Putter putter) {
        this.store = store;
        this.keys = keys;
        this.keyring = keyring;
        this.journal = journal;
        this.writer = writer;
        this.putter = putter;
        this.parts = new Parts(store, keys);
    }

    /**
     * What a root lists beside what the one before did.
     *
     * @param containers whose objects are stored, with the ordinals they shall have
     * @param nextOrdinal above all of them
     * @param snapshots whose manifests are stored
     * @param forgotten snapshots that the vault no longer lists
     * @param gone containers that no snapshot of the vault needs
     * @param lost parts and control data that cannot be read any more: what they listed is among the rest, and no root lists
     *     them again
     */
    public record Changes(
            List<VaultContainer> containers,
            int nextOrdinal,
            List<VaultSnapshot> snapshots,
            List<UUID> forgotten,
            List<DroppedContainer> gone,
            Set<UUID> lost) {}

    /**
     * Publishes.
     *
     * @param last the newest root, null for a new vault
     * @param control data for a recovery
     * @param audit where the audit log ends, null where that is not known
     * @return the new root, once it is stored
     */
    public Root publish(@Nullable Root last, Changes changes, byte[] control, Root.@Nullable Audit audit)
            throws IOException {
        List<Root.Part> segments = new ArrayList<>(last == null ? List.of() : last.segments());
        List<Root.Part> catalogues = new ArrayList<>(last == null ? List.of() : last.catalogues());
        List<String> retired = new ArrayList<>();
        leaveOut(ObjectKind.SEGMENT, segments, changes.lost, retired);
        leaveOut(ObjectKind.CATALOGUE, catalogues, changes.lost, retired);
        addSegments(segments, changes.containers, changes.gone);
        addCatalogue(catalogues, changes.snapshots, changes.forgotten);
        merge(ObjectKind.SEGMENT, segments, retired);
        merge(ObjectKind.CATALOGUE, catalogues, retired);
        UUID controlObject = control(last, control, changes.lost, retired);

        byte @Nullable [] lastBytes = journal.root();
        String lastHash = lastBytes == null ? "" : Root.hash(lastBytes);
        long now = System.currentTimeMillis();
        Root root = (last == null
                        ? new Root(keys.id(), 1, "", 1, writer, now, 0, List.of(), List.of(), keyring, null, null, null)
                        : last.next(last.sequence() + 1, lastHash, writer, last.epoch(), now))
                .with(changes.nextOrdinal, segments, catalogues, keyring, controlObject, audit);
        byte[] encoded = root.encode(keys);
        Root.parse(encoded, root.sequence()).requireSignedBy(keys);
        putRoot(root, encoded);
        journal.inTransaction(() -> {
            note(changes, retired, root.sequence());
            journal.setState("control", hash(control));
            if (last == null || !Objects.equals(root.control(), last.control())) {
                journal.setState(CONTROL_SINCE, Long.toString(root.sequence()));
            }
            journal.setRoot(encoded);
        });
        prune(root.sequence());
        return root;
    }

    private void addCatalogue(List<Root.Part> catalogues, List<VaultSnapshot> snapshots, List<UUID> forgotten)
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

    /** Notes what a root lists, and what it no longer refers to. */
    private void note(Changes changes, List<String> retired, long sequence) throws IOException {
        for (VaultContainer each : changes.containers) {
            journal.containers().published(each.id(), each.ordinal(), sequence);
            journal.objects().notRetired(ObjectKind.CONTAINER.key(each.id()));
        }
        for (VaultSnapshot each : changes.snapshots) {
            journal.snapshots().published(each.snapshot().id(), sequence);
            journal.objects().notRetired(ObjectKind.MANIFEST.key(each.snapshot().id()));
        }
        for (UUID each : changes.forgotten) {
            journal.snapshots().remove(each);
            journal.objects().retire(ObjectKind.MANIFEST.key(each), sequence);
        }
        for (DroppedContainer each : changes.gone) {
            journal.containers().remove(each.id());
            journal.objects().retire(ObjectKind.CONTAINER.key(each.id()), sequence);
        }
        for (String key : retired) {
            journal.objects().retire(key, sequence);
        }
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(SealedObject.sha256().digest(bytes));
    }

    private void putRoot(Root root, byte[] encoded) throws IOException {
        if (encoded.length > Root.MAX_BYTES) {
            throw new IOException(
                    "a root of " + encoded.length + " bytes could not be read again; nothing was published");
        }
        try {
            Roots.create(store, root.sequence(), encoded);
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.EXISTS) {
                throw new ObjectStoreException(
                        Kind.EXISTS,
                        "another appliance wrote root " + root.sequence() + " of " + store.url()
                                + " at this moment; nothing was changed",
                        e);
            }
            throw e;
        }
    }

    private void addSegments(List<Root.Part> segments, List<VaultContainer> containers, List<DroppedContainer> gone)
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
        byte[] inventory = new Inventory(entries).encode();
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

    private void merge(ObjectKind kind, List<Root.Part> all, List<String> retired) throws IOException {
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
                journal.clearState(UPKEEP);
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

    private static void leaveOut(ObjectKind kind, List<Root.Part> parts, Set<UUID> lost, List<String> retired) {
        parts.stream().filter(each -> lost.contains(each.id())).forEach(each -> retire(kind, each, retired));
        parts.removeIf(each -> lost.contains(each.id()));
    }

    /** @param all nothing older is left, so that notes of what is gone have served */
    private Root.Part merged(ObjectKind kind, List<Root.Part> run, boolean all, int tier) throws IOException {
        // In the order in which it happened: what came again is there, whatever was said of it before.
        Map<Integer, VaultContainer> containers = new LinkedHashMap<>();
        Map<UUID, VaultSnapshot> snapshots = new LinkedHashMap<>();
        Set<Integer> goneContainers = new LinkedHashSet<>();
        Set<UUID> goneSnapshots = new LinkedHashSet<>();
        for (Root.Part part : run) {
            parts.each(kind, part, new Visit() {
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

    /** Their records tell no ids. */
    private List<Inventory.Entry> goneContainers(List<Root.Part> run) throws IOException {
        List<Inventory.Entry> gone = new ArrayList<>();
        for (Root.Part part : run) {
            parts.inventory(ObjectKind.SEGMENT, part).entries().stream()
                    .filter(each -> each.bytes() == 0)
                    .forEach(gone::add);
        }
        return gone;
    }

    /** Control data that never change are stored anew now and then, so that the roots that are kept refer to several objects. */
    private boolean old(Root last) throws IOException {
        long since = journal.state(CONTROL_SINCE).map(Long::parseLong).orElse(0L);
        return last.sequence() + 1 - since >= KEPT_ROOTS / 2;
    }

    private @Nullable UUID control(@Nullable Root last, byte[] control, Set<UUID> lost, List<String> retired)
            throws IOException {
        UUID before = last == null ? null : last.control();
        Optional<String> known = journal.state("control");
        if (last != null
                && before != null
                && !lost.contains(before)
                && !old(last)
                && known.isPresent()
                && known.get().equals(hash(control))) {
            return before;
        }
        SealedBody body = new SealedBody(ObjectKind.CONTROL, keys, UUID.randomUUID(), SealedBody.Content.of(control));
        for (String key : ObjectKind.CONTROL.keys(body.object().id())) {
            putter.put(body, key, PutOptions.NEW);
        }
        if (before != null) {
            retired.add(ObjectKind.CONTROL.key(before));
        }
        return body.object().id();
    }

    /** Whether a root is still kept where {@code newest} is the newest. */
    public static boolean keeps(long newest, long sequence) {
        return sequence > newest - KEPT_ROOTS;
    }

    /** Deletes old roots, and what only they referred to. */
    private void prune(long newest) throws IOException {
        long oldestKept = newest - KEPT_ROOTS + 1;
        if (oldestKept <= 1) {
            return;
        }
        List<String> old = Stream.of(store.list(Root.PREFIX, "", 1000))
                .flatMap(page -> page.objects().stream())
                .map(object -> object.key())
                .filter(key -> Root.sequence(key) >= 0 && Root.sequence(key) < oldestKept)
                .toList();
        for (String key : old) {
            boolean gone = delete(key);
            assert gone || journal.objects().retainedUntil(key) > 0;
        }
        for (String key : journal.objects().retiredUpTo(oldestKept)) {
            if (delete(key)) {
                journal.objects().notRetired(key);
            }
        }
    }

    /** Returns whether it is gone. What the store keeps, by a deadline that this journal may not know, is left for later. */
    private boolean delete(String key) throws IOException {
        long now = System.currentTimeMillis();
        if (journal.objects().retainedUntil(key) > now) {
            return false;
        }
        try {
            store.delete(ObjectKind.copies(key));
            return true;
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.REFUSED && e.kind() != Kind.DENIED && e.kind() != Kind.EXISTS) {
                throw e;
            }
            journal.objects().retain(key, now + KEPT_MILLIS);
            return false;
        }
    }

    /** The sequence in an encoded root. */
    public static long sequenceOf(byte[] encoded) throws IOException {
        ByteReader in = new ByteReader(encoded);
        in.raw(12);
        byte[] json = in.raw((int) in.u32());
        try {
            return new com.fasterxml.jackson.databind.ObjectMapper()
                    .readTree(json)
                    .path("sequence")
                    .asLong();
        } catch (com.fasterxml.jackson.core.JacksonException e) {
            throw FormatException.corrupt("the journal's root is damaged");
        }
    }

    /** Takes what it is asked to and passes over the rest. */
    public abstract static class Visit implements Records.Visitor {
        @Override
        public void container(VaultContainer container) throws IOException {}

        @Override
        public void snapshot(VaultSnapshot snapshot) throws IOException {}

        @Override
        public void snapshotGone(UUID id) throws IOException {}

        @Override
        public void containerGone(int ordinal) throws IOException {}
    }
}
