package dev.holdfast.vault.format;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a new root of what came since the last: segments for new containers, a catalogue of snapshots that came and
 * went, the control data, and then the root, which is the moment it counts. Parts are merged in tiers, eight into one,
 * so that their number stays near a few hundred; what no kept root refers to is deleted. Used by one thread.
 */
public final class Publication {
    /** Older roots are deleted. Whoever recovers reads the newest; the others are for people. */
    static final int KEPT_ROOTS = 8;
    /** How long an object that could not be deleted is left alone. */
    private static final long KEPT_MILLIS = 86_400_000;

    /** In the journal: when all small objects of the vault were verified last, ms since 1970. */
    public static final String UPKEEP = "upkeep";

    /** In the journal: the first root that refers to the present control data. */
    private static final String CONTROL_SINCE = "controlSince";

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Keyring keyring;
    private final Journal journal;
    private final UUID writer;
    private final Putter putter;
    private final PartWriter parts;

    /** Stores an object. */
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
        this.parts = new PartWriter(store, keys, journal, putter);
    }

    /**
     * What a root lists beside what the one before did.
     *
     * @param containers whose objects are stored, with the ordinals they shall have
     * @param nextOrdinal above all of them
     * @param snapshots whose manifests are stored
     * @param forgotten snapshots that the vault no longer lists
     * @param gone containers that no snapshot of the vault needs
     * @param lost parts and control data that cannot be read any more: what they listed is among the rest, and no root
     *     lists them again
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
        PartWriter.leaveOut(ObjectKind.SEGMENT, segments, changes.lost, retired);
        PartWriter.leaveOut(ObjectKind.CATALOGUE, catalogues, changes.lost, retired);
        parts.addSegments(segments, changes.containers, changes.gone);
        parts.addCatalogue(catalogues, changes.snapshots, changes.forgotten);
        parts.merge(ObjectKind.SEGMENT, segments, retired);
        parts.merge(ObjectKind.CATALOGUE, catalogues, retired);
        UUID controlObject = control(last, control, changes.lost, retired);

        byte @Nullable [] lastBytes = journal.root();
        String lastHash = lastBytes == null
                ? ""
                : Root.parse(lastBytes, sequenceOf(lastBytes)).hash();
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
            journal.setState("control", digest(control));
            if (last == null || !Objects.equals(root.control(), last.control())) {
                journal.setState(CONTROL_SINCE, Long.toString(root.sequence()));
            }
            journal.setRoot(encoded);
        });
        prune(root.sequence());
        return root;
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

    private String digest(byte[] bytes) {
        return HexFormat.of().formatHex(keys.hash().hash(bytes));
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

    /**
     * Control data that never change are stored anew now and then, so that the roots that are kept refer to several
     * objects.
     */
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
                && known.get().equals(digest(control))) {
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

    /**
     * Returns whether it is gone. What the store keeps, by a deadline that this journal may not know, is left for
     * later.
     */
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
            return new ObjectMapper().readTree(json).path("sequence").asLong();
        } catch (JacksonException e) {
            throw FormatException.corrupt("the journal's root is damaged");
        }
    }

    /** Ignores all records; subclasses override what they need. */
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
