package dev.holdfast.vault.recover;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Ahead;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.Inventory;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.SealedObject;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultManifest;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * Makes an appliance of a vault, with the recovery key alone: opens the newest root, takes the vault over, and brings back
 * snapshots and index. What was done is not done again after an interruption.
 */
public final class VaultRecovery {
    private static final System.Logger LOG = System.getLogger(VaultRecovery.class.getName());
    private static final String SEGMENT_DONE = "recovered ";
    private static final int AT_ONCE = 32;
    private static final int BATCH_SNAPSHOTS = 500;
    private static final int BATCH_CONTAINERS = 256;
    private static final int BATCH_FRAMES = 20_000;
    /** Of a manifest, in its first request. */
    private static final long MANIFEST_BYTES = 1 << 20;
    /** So much of a segment is fetched rather than a container's trailer, which takes two requests. */
    private static final long SEGMENT_BYTES_A_TRAILER = 1 << 20;

    private final ObjectStore store;
    private final Root.Read read;
    private final VaultKeys keys;
    private final Parts parts;
    /** Of the newest root, which is another than {@link #read} where newer ones are damaged. */
    private final long newest;

    private final Consumer<String> warnings;

    /** Told how far it is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    private VaultRecovery(ObjectStore store, Root.Read read, VaultKeys keys, long newest, Consumer<String> warnings) {
        this.store = store;
        this.read = read;
        this.keys = keys;
        this.parts = new Parts(store, keys);
        this.newest = newest;
        this.warnings = warnings;
    }

    /**
     * Opens a vault.
     *
     * @param credential the recovery key
     * @param leastSequence from a recovery sheet or a status: an older root is refused; 0 where none is known. Where the newest root is
     *     damaged, the newest whole one from this on is used
     * @param warnings told what is missing or damaged and could be done without
     * @throws IOException telling apart a vault that is empty, damaged, newer, forged, set back, and a wrong key
     */
    public static VaultRecovery open(
            ObjectStore store, Credential credential, long leastSequence, Consumer<String> warnings)
            throws IOException {
        Root.Read read;
        long newest;
        try {
            read = Roots.newest(store, 0, each -> opens(each, credential))
                    .orElseThrow(() -> new IOException(store.url()
                            + " holds no vault, or none that was ever published; look at bucket and prefix"));
            newest = read.root().sequence();
        } catch (DamagedRootException e) {
            read = e.older()
                    .filter(each -> leastSequence > 0 && each.root().sequence() >= leastSequence)
                    .orElseThrow(() -> e);
            newest = e.sequence();
            warnings.accept(e.getMessage());
        }
        Root root = read.root();
        VaultKeys keys = root.keyring().unlock(credential);
        try {
            read.requireSignedBy(keys);
            if (!keys.id().equals(root.vault())) {
                throw FormatException.corrupt("root " + root.sequence() + " carries the keys of another vault");
            }
            if (root.sequence() < leastSequence) {
                throw FormatException.corrupt(store.url() + " was set back: its newest root is " + root.sequence()
                        + ", and there was a root " + leastSequence);
            }
            return new VaultRecovery(store, read, keys, newest, warnings);
        } catch (IOException | RuntimeException e) {
            keys.close();
            throw e;
        }
    }

    /** As the other one, with warnings to the log. */
    public static VaultRecovery open(ObjectStore store, Credential credential, long leastSequence) throws IOException {
        return open(store, credential, leastSequence, VaultRecovery::log);
    }

    private static void log(String warning) {
        LOG.log(System.Logger.Level.WARNING, warning);
    }

    private static boolean opens(Root.Read read, Credential credential) {
        try (VaultKeys keys = read.root().keyring().unlock(credential)) {
            return read.signedBy(keys) && keys.id().equals(read.root().vault());
        } catch (IOException e) {
            return false;
        }
    }

    /** Of a recovery that was begun: the root that was taken over, from the journal, with keys that are open already. */
    public static VaultRecovery rest(ObjectStore store, VaultKeys keys, Journal journal, Consumer<String> warnings)
            throws IOException {
        byte[] root = journal.root();
        if (root == null) {
            throw new IOException(
                    "a recovery from " + store.url() + " was begun and never took the vault over; run recover again");
        }
        long sequence = Publication.sequenceOf(root);
        return new VaultRecovery(store, Root.parse(root, sequence), keys, sequence, warnings);
    }

    /** As {@link #rest}, from the newest root of whoever writes to the vault, which is noted as known. */
    public static VaultRecovery newest(ObjectStore store, VaultKeys keys, Journal journal, Consumer<String> warnings)
            throws IOException {
        Root.Read newest =
                Roots.newest(store).orElseThrow(() -> new IOException(store.url() + " holds no vault any more"));
        newest.requireSignedBy(keys);
        VaultRecovery recovery = of(store, keys, newest, warnings);
        recovery.onlyRead(journal);
        return recovery;
    }

    /** Of a root that was read and found to be the vault's newest, with keys that are open already. */
    static VaultRecovery of(ObjectStore store, VaultKeys keys, Root.Read newest, Consumer<String> warnings) {
        return new VaultRecovery(store, newest, keys, newest.root().sequence(), warnings);
    }

    public Root root() {
        return read.root();
    }

    /** The vault's keys; closed by the caller. */
    public VaultKeys keys() {
        return keys;
    }

    /** The control data of the lost appliance: those of an older root where both copies of the newest are damaged. */
    public byte[] control() throws IOException {
        UUID control = root().control();
        if (control == null) {
            throw new IOException("the vault has no control data");
        }
        try {
            return control(control);
        } catch (IOException e) {
            if (!Parts.damaged(e)) {
                throw e;
            }
            List<Root.Read> older = Roots.all(store);
            for (Root.Read each : older.reversed()) {
                UUID other = each.root().control();
                if (each.root().sequence() < root().sequence() && each.signedBy(keys) && other != null) {
                    try {
                        byte[] found = control(other);
                        warnings.accept("the control data of root " + root().sequence() + " are missing or damaged ("
                                + e.getMessage() + "). Those of root "
                                + each.root().sequence() + ", of "
                                + Instant.ofEpochMilli(each.root().written())
                                + ", are used: nodes, plans and policies that were changed after it are as they were"
                                + " then");
                        return found;
                    } catch (IOException also) {
                        e.addSuppressed(also);
                    }
                }
            }
            throw e;
        }
    }

    private byte[] control(UUID id) throws IOException {
        SealedReader reader = SealedReader.open(store, keys, ObjectKind.CONTROL, id);
        return reader.read(0, (int) reader.length());
    }

    /** All snapshots of the vault, by id, in the order in which they were uploaded. */
    public Map<UUID, Listed> snapshots() throws IOException {
        Map<UUID, Listed> found = new LinkedHashMap<>();
        Set<UUID> gone = new HashSet<>();
        int[] lost = new int[1];
        parts.each(ObjectKind.CATALOGUE, root().catalogues(), (part, records) -> {
            try {
                records.get().each(new Publication.Visit() {
                    @Override
                    public void snapshot(VaultSnapshot snapshot) {
                        found.put(snapshot.snapshot().id(), Listed.of(snapshot));
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

    /**
     * A snapshot as it is listed, without the containers that it needs, which would be too much for all of them.
     *
     * @param objectBytes length of the manifest's object
     */
    public record Listed(StoredSnapshot snapshot, int epoch, long bytes, long objectBytes, byte[] sha256) {
        static Listed of(VaultSnapshot snapshot) {
            return new Listed(
                    snapshot.snapshot(), snapshot.epoch(), snapshot.bytes(), snapshot.objectBytes(), snapshot.sha256());
        }
    }

    /** Finds what lost catalogues listed by the manifests themselves. */
    private void fromManifests(Map<UUID, Listed> found, Set<UUID> gone) throws IOException {
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
                warnings.accept("snapshot " + id + " does not come back: " + e.getMessage());
            }
            return true;
        });
        warnings.accept(
                derived[0] + " snapshots were found by their manifests; some of them may have been forgotten before");
    }

    private Listed fromManifest(UUID id) throws IOException {
        VaultManifest manifest = VaultManifest.read(store, keys, id);
        SealedObject object = manifest.object();
        byte[] sha256 = SealedReader.hash(store, ObjectKind.MANIFEST.key(id), object.bytes());
        return new Listed(manifest.snapshot(), object.epoch(), manifest.bytes(), object.bytes(), sha256);
    }

    /**
     * The containers that a snapshot needs, by ordinal. Where the catalogue that tells them may be lost, all count; none where the vault
     * does not list the snapshot.
     */
    public BitSet containersOf(UUID id) throws IOException {
        BitSet containers = new BitSet();
        boolean[] listed = new boolean[1];
        boolean[] lost = new boolean[1];
        // The newest one that speaks of it counts.
        parts.each(ObjectKind.CATALOGUE, root().catalogues().reversed(), (part, records) -> {
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
            parts.inventories(ObjectKind.SEGMENT, root().segments(), (part, inventory) -> {
                inventory.get().entries().forEach(each -> containers.set(each.ordinal(), each.bytes() > 0));
                return true;
            });
        }
        return containers;
    }

    /** The manifests that the store lists, with the lengths of their objects. */
    private Map<UUID, Long> manifests() throws IOException {
        Map<UUID, Long> found = new HashMap<>();
        store.each(ObjectKind.MANIFEST.prefix(), "", each -> {
            String name = each.key().substring(each.key().lastIndexOf('/') + 1);
            found.put(UUID.fromString(name), each.bytes());
        });
        return found;
    }

    /**
     * Takes the vault over: from now on whoever wrote to it finds a higher epoch and stops. Noted in the journal, so that a
     * second call does nothing.
     */
    public Root takeOver(Journal journal) throws IOException {
        UUID writer = journal.state("writer").map(UUID::fromString).orElseGet(UUID::randomUUID);
        journal.setState("writer", writer.toString());
        if (root().writer().equals(writer)) {
            // Done before, maybe cut off before it was noted; what was published since is for the writer to learn.
            if (journal.root() == null) {
                journal.setRoot(Roots.encoded(store, read));
            }
            return root();
        }
        Root mine = root().next(newest + 1, read.sha256(), writer, root().epoch() + 1, System.currentTimeMillis());
        byte[] encoded = mine.encode(keys);
        Roots.create(store, mine.sequence(), encoded);
        journal.inTransaction(() -> {
            journal.setRoot(encoded);
            // An appliance that was recovered before, or fenced off, has more to learn.
            journal.clearState("recovered");
        });
        return mine;
    }

    /** Notes a root as known without taking the vault over: for an appliance that only reads. */
    public void onlyRead(Journal journal) throws IOException {
        journal.setRoot(Roots.encoded(store, read));
    }

    /** Enters all containers that are not known yet, the newest segments first. */
    public void fillIndex(Journal journal, Archiving archiving, Progress progress) throws IOException {
        List<Root.Part> segments = root().segments().reversed();
        long done = 0;
        // From all of them, those too that are done: an interruption must not forget what is no more.
        Set<Integer> gone = parts.gone(segments);
        forgetGone(gone, journal, archiving);
        for (Root.Part part : segments) {
            String name = SEGMENT_DONE + part.id();
            if (journal.state(name).isEmpty()) {
                try {
                    adoptSegment(part, each -> !gone.contains(each), journal, archiving);
                } catch (IOException e) {
                    if (!Parts.damaged(e)) {
                        throw e;
                    }
                    warnings.accept(
                            "a segment is missing or damaged, its containers are read instead: " + e.getMessage());
                    List<Inventory.Entry> wanted = parts.inventory(ObjectKind.SEGMENT, part).entries().stream()
                            .filter(each -> each.bytes() > 0 && !gone.contains(each.ordinal()))
                            .toList();
                    byTrailers(wanted, journal, archiving, true);
                }
                journal.setState(name, "done");
            }
            progress.step("index segments", ++done, segments.size());
        }
    }

    /** What an earlier recovery, or this appliance before it was fenced off, entered, and that is no more in the vault. */
    private static void forgetGone(Set<Integer> gone, Journal journal, Archiving archiving) throws IOException {
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

    private void adoptSegment(Root.Part part, IntPredicate wanted, Journal journal, Archiving archiving)
            throws IOException {
        List<VaultContainer> batch = new ArrayList<>();
        int[] frames = new int[1];
        parts.each(ObjectKind.SEGMENT, part, new Publication.Visit() {
            @Override
            public void container(VaultContainer container) throws IOException {
                if (wanted.test(container.ordinal())) {
                    batch.add(container);
                    frames[0] += container.frames().size();
                    if (frames[0] >= BATCH_FRAMES || batch.size() >= BATCH_CONTAINERS) {
                        adopt(journal, archiving, batch);
                        batch.clear();
                        frames[0] = 0;
                    }
                }
            }
        });
        adopt(journal, archiving, batch);
    }

    private void adoptSegment(Root.Part part, List<Inventory.Entry> entries, Journal journal, Archiving archiving)
            throws IOException {
        Set<Integer> ordinals = entries.stream().map(Inventory.Entry::ordinal).collect(Collectors.toSet());
        adoptSegment(part, ordinals::contains, journal, archiving);
    }

    /**
     * Enters the containers of one snapshot ahead of all others, so that it can be restored while the rest is still to come: a few
     * by their own trailers, at two requests each, many by the segments that list them.
     */
    public void prepare(UUID snapshot, Journal journal, Archiving archiving) throws IOException {
        BitSet wanted = containersOf(snapshot);
        journal.containers().ordinals().values().forEach(wanted::clear);
        if (wanted.isEmpty()) {
            return;
        }
        Map<Root.Part, List<Inventory.Entry>> found = new LinkedHashMap<>();
        parts.inventories(ObjectKind.SEGMENT, root().segments().reversed(), (part, inventory) -> {
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
                adoptSegment(part, entries, journal, archiving);
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                few.put(part, entries);
            }
        }
        try {
            byTrailers(few.values().stream().flatMap(List::stream).toList(), journal, archiving, false);
        } catch (ObjectStoreException e) {
            if (e.kind() != ObjectStoreException.Kind.FROZEN) {
                throw e;
            }
            for (Map.Entry<Root.Part, List<Inventory.Entry>> each : few.entrySet()) {
                adoptSegment(each.getKey(), each.getValue(), journal, archiving);
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
    private void byTrailers(List<Inventory.Entry> entries, Journal journal, Archiving archiving, boolean others)
            throws IOException {
        Ahead.each(entries, AT_ONCE, this::container, (entry, container) -> {
            try {
                adopt(journal, archiving, List.of(container.get()));
            } catch (IOException e) {
                if (!others || !Parts.damaged(e)) {
                    throw e;
                }
                warnings.accept("a container does not come back: " + e.getMessage());
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
                    entry.sha256(),
                    reader.readTrailer());
        }
    }

    /** Enters containers under numbers of this appliance's own. */
    private synchronized void adopt(Journal journal, Archiving archiving, List<VaultContainer> containers)
            throws IOException {
        List<Archiving.Adopted> adopted = new ArrayList<>();
        journal.inTransaction(() -> {
            for (VaultContainer container : containers) {
                Optional<StoredContainer> known = journal.containers().find(container.id());
                int number = known.isPresent() ? known.get().number() : archiving.newNumber();
                if (known.isEmpty() || known.get().ordinal() == null) {
                    enter(journal, number, container);
                }
                if (!archiving.knows(number)) {
                    adopted.add(new Archiving.Adopted(number, container.bytes(), container.frames()));
                }
            }
        });
        archiving.adopt(adopted);
    }

    private void enter(Journal journal, int number, VaultContainer container) throws IOException {
        journal.containers().stored(container.stored(number));
        journal.containers().storedInUnknownClass(container.id(), container.hasData(), System.currentTimeMillis());
        journal.containers().published(container.id(), container.ordinal(), root().sequence());
    }

    /**
     * Brings all snapshots back, with their manifests.
     *
     * @return the snapshots whose manifests are not in the vault any more, or damaged: the others come back without them
     */
    public List<UUID> fillManifests(Journal journal, Manifests manifests, Progress progress) throws IOException {
        List<UUID> lost = new ArrayList<>(list(snapshots().values(), journal, manifests));
        lost.addAll(bring(journal, manifests, Long.MAX_VALUE, progress));
        return lost;
    }

    /**
     * Enters snapshots of the vault, which are listed from then on. Their manifests follow by {@link #bring}, or when one is wanted.
     *
     * @return the snapshots whose manifests are not in the vault any more, or of another length than they were: the others come back
     *     without them
     */
    public List<UUID> list(Collection<Listed> snapshots, Journal journal, Manifests manifests) throws IOException {
        Map<UUID, Long> there = manifests();
        List<Listed> found = new ArrayList<>();
        List<Listed> doubtful = new ArrayList<>();
        for (Listed each : snapshots) {
            UUID id = each.snapshot().id();
            boolean whole = Objects.equals(there.get(id), each.objectBytes())
                    || Files.exists(manifests.path(each.snapshot().node(), id));
            (whole ? found : doubtful).add(each);
        }
        List<UUID> lost = new ArrayList<>();
        // A listing may lag behind.
        Ahead.each(doubtful, AT_ONCE, this::isWhole, (each, whole) -> {
            if (whole.get()) {
                found.add(each);
            } else {
                lost.add(each.snapshot().id());
            }
            return true;
        });
        enter(found, journal, manifests);
        return lost;
    }

    private boolean isWhole(Listed snapshot) throws IOException {
        try {
            return store.head(ObjectKind.MANIFEST.key(snapshot.snapshot().id())).bytes() == snapshot.objectBytes();
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    /** As above for one that is wanted alone; whether its manifest is there shows when it is brought. */
    public void list(Listed snapshot, Journal journal, Manifests manifests) throws IOException {
        enter(List.of(snapshot), journal, manifests);
    }

    private void enter(List<Listed> snapshots, Journal journal, Manifests manifests) throws IOException {
        for (int at = 0; at < snapshots.size(); at += BATCH_SNAPSHOTS) {
            List<Listed> batch = snapshots.subList(at, Math.min(snapshots.size(), at + BATCH_SNAPSHOTS));
            note(batch, journal);
            manifests.remember(batch.stream().map(Listed::snapshot).toList());
        }
    }

    /** Notes that snapshots are in the vault. */
    void note(List<Listed> snapshots, Journal journal) throws IOException {
        journal.inTransaction(() -> {
            for (Listed each : snapshots) {
                journal.snapshots()
                        .stored(new StoredManifest(
                                each.snapshot().id(),
                                each.snapshot().node(),
                                each.snapshot().committed(),
                                each.epoch(),
                                each.bytes(),
                                each.objectBytes(),
                                each.sha256(),
                                true));
                journal.snapshots().published(each.snapshot().id(), root().sequence());
            }
        });
    }

    /**
     * Brings manifests that are not here yet, the newest first.
     *
     * @param most how many of them
     * @return the snapshots whose manifests are missing or damaged: they are listed no more
     */
    public List<UUID> bring(Journal journal, Manifests manifests, long most, Progress progress) throws IOException {
        List<StoredSnapshot> absent = manifests.absent();
        List<StoredSnapshot> wanted = absent.subList(0, (int) Math.min(most, absent.size()));
        List<UUID> lost = new ArrayList<>();
        long[] done = new long[1];
        Ahead.each(
                wanted,
                AT_ONCE,
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
}
