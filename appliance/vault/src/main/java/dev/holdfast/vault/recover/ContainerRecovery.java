package dev.holdfast.vault.recover;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.Ahead;
import dev.holdfast.vault.format.Inventory;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * Enters a vault's containers in the index and the journal of this appliance, under numbers of its own: all of them by
 * the segments, or those of one snapshot ahead of the rest.
 */
final class ContainerRecovery {
    private static final String SEGMENT_DONE = "recovered ";
    private static final int BATCH_CONTAINERS = 256;
    private static final int BATCH_FRAMES = 20_000;
    /** So much of a segment is fetched rather than a container's trailer, which takes two requests. */
    private static final long SEGMENT_BYTES_A_TRAILER = 1 << 20;

    private final ObjectStore store;
    private final VaultKeys keys;
    private final Root root;
    private final Parts parts;
    private final VaultCatalogue catalogue;
    private final Consumer<String> warnings;
    private final Journal journal;
    private final Archiving archiving;

    ContainerRecovery(
            ObjectStore store,
            VaultKeys keys,
            Root root,
            VaultCatalogue catalogue,
            Consumer<String> warnings,
            Journal journal,
            Archiving archiving) {
        this.store = store;
        this.keys = keys;
        this.root = root;
        this.parts = new Parts(store, keys);
        this.catalogue = catalogue;
        this.warnings = warnings;
        this.journal = journal;
        this.archiving = archiving;
    }

    /** Enters all containers that are not known yet, the newest segments first. */
    void fill(VaultRecovery.Progress progress) throws IOException {
        List<Root.Part> segments = root.segments().reversed();
        long done = 0;
        // From all of them, those too that are done: an interruption must not forget what is no more.
        Set<Integer> gone = parts.gone(segments);
        forgetGone(gone);
        for (Root.Part part : segments) {
            String name = SEGMENT_DONE + part.id();
            if (journal.state(name).isEmpty()) {
                try {
                    adoptSegment(part, each -> !gone.contains(each));
                } catch (IOException e) {
                    if (!Parts.damaged(e)) {
                        throw e;
                    }
                    warnings.accept("a segment is missing or damaged, its containers are read one by one instead: "
                            + e.getMessage());
                    List<Inventory.Entry> wanted = parts.inventory(ObjectKind.SEGMENT, part).entries().stream()
                            .filter(each -> each.bytes() > 0 && !gone.contains(each.ordinal()))
                            .toList();
                    byTrailers(wanted, true);
                }
                journal.setState(name, "done");
            }
            progress.step("index segments", ++done, segments.size());
        }
    }

    /**
     * What an earlier recovery, or this appliance before it was fenced off, entered, and that is no more in the vault.
     */
    private void forgetGone(Set<Integer> gone) throws IOException {
        Set<Integer> nowhere = new HashSet<>();
        for (int ordinal : gone) {
            OptionalInt number = journal.containers().number(ordinal);
            if (number.isPresent()) {
                UUID id = journal.containers()
                        .find(number.getAsInt())
                        .orElseThrow()
                        .id();
                if (archiving.isArchived(number.getAsInt())) {
                    nowhere.add(number.getAsInt());
                }
                journal.containers().remove(id);
            }
        }
        if (!nowhere.isEmpty()) {
            archiving.discard(nowhere);
        }
    }

    private void adoptSegment(Root.Part part, IntPredicate wanted) throws IOException {
        List<VaultContainer> batch = new ArrayList<>();
        int[] frames = new int[1];
        parts.each(ObjectKind.SEGMENT, part, new Publication.Visit() {
            @Override
            public void container(VaultContainer container) throws IOException {
                if (wanted.test(container.ordinal())) {
                    batch.add(container);
                    frames[0] += container.frames().size();
                    if (frames[0] >= BATCH_FRAMES || batch.size() >= BATCH_CONTAINERS) {
                        adopt(batch);
                        batch.clear();
                        frames[0] = 0;
                    }
                }
            }
        });
        adopt(batch);
    }

    private void adoptSegment(Root.Part part, List<Inventory.Entry> entries) throws IOException {
        Set<Integer> ordinals = entries.stream().map(Inventory.Entry::ordinal).collect(Collectors.toSet());
        adoptSegment(part, ordinals::contains);
    }

    /**
     * Enters the containers of one snapshot ahead of all others, so that it can be restored while the rest is still to
     * come: a few by their own trailers, at two requests each, many by the segments that list them.
     */
    void prepare(UUID snapshot) throws IOException {
        BitSet wanted = catalogue.containersOf(snapshot);
        journal.containers().ordinals().values().forEach(wanted::clear);
        if (wanted.isEmpty()) {
            return;
        }
        Map<Root.Part, List<Inventory.Entry>> found = new LinkedHashMap<>();
        parts.inventories(ObjectKind.SEGMENT, root.segments().reversed(), (part, inventory) -> {
            for (Inventory.Entry entry : inventory.get().entries()) {
                if (wanted.get(entry.ordinal())) {
                    wanted.clear(entry.ordinal());
                    found.computeIfAbsent(part, each -> new ArrayList<>()).add(entry);
                }
            }
            return !wanted.isEmpty();
        });
        Map<Root.Part, List<Inventory.Entry>> few = new LinkedHashMap<>();
        for (Map.Entry<Root.Part, List<Inventory.Entry>> each : found.entrySet()) {
            Root.Part part = each.getKey();
            List<Inventory.Entry> entries = each.getValue();
            if (entries.size() <= 1 + part.bytes() / SEGMENT_BYTES_A_TRAILER) {
                few.put(part, entries);
                continue;
            }
            try {
                adoptSegment(part, entries);
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                few.put(part, entries);
            }
        }
        try {
            byTrailers(few.values().stream().flatMap(List::stream).toList(), false);
        } catch (ObjectStoreException e) {
            if (e.kind() != ObjectStoreException.Kind.FROZEN) {
                throw e;
            }
            for (Map.Entry<Root.Part, List<Inventory.Entry>> each : few.entrySet()) {
                adoptSegment(each.getKey(), each.getValue());
            }
        }
        if (!wanted.isEmpty()) {
            throw FormatException.corrupt(
                    "snapshot " + snapshot + " needs containers " + wanted + " that the vault does not list");
        }
    }

    /**
     * Enters containers by their own trailers, many at a time.
     *
     * @param others whether those that can be read are entered where some cannot
     */
    private void byTrailers(List<Inventory.Entry> entries, boolean others) throws IOException {
        Ahead.each(entries, VaultCatalogue.AT_ONCE, this::container, (entry, container) -> {
            try {
                adopt(List.of(container.get()));
            } catch (IOException e) {
                if (!others || !Parts.damaged(e)) {
                    throw e;
                }
                warnings.accept("a container cannot be recovered: " + e.getMessage());
            }
            return true;
        });
    }

    private VaultContainer container(Inventory.Entry entry) throws IOException {
        SealedReader object = SealedReader.open(store, keys, ObjectKind.CONTAINER, entry.id());
        Path name = Path.of("vault:" + entry.key());
        try (ContainerReader reader = ContainerReader.open(new ObjectFile(object), name, keys)) {
            return new VaultContainer(
                    entry.id(),
                    entry.ordinal(),
                    object.object().epoch(),
                    object.length(),
                    entry.bytes(),
                    entry.hash(),
                    reader.readTrailer());
        }
    }

    /** Enters containers under numbers of this appliance's own. */
    private void adopt(List<VaultContainer> containers) throws IOException {
        List<Archiving.Adopted> adopted = new ArrayList<>();
        // One batch at a time: the rest is entered by a thread of its own beside snapshots that are prepared.
        synchronized (journal) {
            journal.inTransaction(() -> {
                for (VaultContainer container : containers) {
                    Optional<StoredContainer> known = journal.containers().find(container.id());
                    int number = known.isPresent() ? known.get().number() : archiving.newNumber();
                    if (known.isEmpty() || known.get().ordinal() == null) {
                        enter(number, container);
                    }
                    if (!archiving.knows(number)) {
                        adopted.add(new Archiving.Adopted(number, container.bytes(), container.frames()));
                    }
                }
            });
            archiving.adopt(adopted);
        }
    }

    private void enter(int number, VaultContainer container) throws IOException {
        journal.containers().stored(container.stored(number));
        journal.containers().storedInUnknownClass(container.id(), container.hasData(), System.currentTimeMillis());
        journal.containers().published(container.id(), container.ordinal(), root.sequence());
    }
}
