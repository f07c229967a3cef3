package dev.holdfast.cloud.recover;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.vault.DamagedRootException;
import dev.holdfast.cloud.vault.Inventory;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.ObjectFile;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.Parts;
import dev.holdfast.cloud.vault.Publication;
import dev.holdfast.cloud.vault.Root;
import dev.holdfast.cloud.vault.Roots;
import dev.holdfast.cloud.vault.SealedObject;
import dev.holdfast.cloud.vault.SealedReader;
import dev.holdfast.cloud.vault.VaultContainer;
import dev.holdfast.cloud.vault.VaultManifest;
import dev.holdfast.cloud.vault.VaultSnapshot;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Vault;
import dev.holdfast.store.snapshot.Manifests;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Makes an appliance of a vault, with the recovery key alone: opens the newest root, takes the vault over, and brings back
 * snapshots and index. What was done is not done again after an interruption.
 */
public final class VaultRecovery {
    private static final System.Logger LOG = System.getLogger(VaultRecovery.class.getName());
    private static final String SEGMENT_DONE = "recovered ";
    private static final int TRAILERS_AT_ONCE = 32;

    private final ObjectStore store;
    private final Root.Read read;
    private final Vault keys;
    private final Parts parts;
    /** Of the newest root, which is another than {@link #read} where newer ones are damaged. */
    private final long newest;

    private final Consumer<String> warnings;

    /** Told how far it is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    private VaultRecovery(ObjectStore store, Root.Read read, Vault keys, long newest, Consumer<String> warnings) {
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
        Vault keys = root.keyring().unlock(credential);
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
        try (Vault keys = read.root().keyring().unlock(credential)) {
            return read.signedBy(keys) && keys.id().equals(read.root().vault());
        } catch (IOException e) {
            return false;
        }
    }

    /** Of a recovery that was begun: the root that was taken over, from the journal, with keys that are open already. */
    public static VaultRecovery rest(ObjectStore store, Vault keys, Journal journal, Consumer<String> warnings)
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
    public static VaultRecovery newest(ObjectStore store, Vault keys, Journal journal, Consumer<String> warnings)
            throws IOException {
        Root.Read newest =
                Roots.newest(store).orElseThrow(() -> new IOException(store.url() + " holds no vault any more"));
        newest.requireSignedBy(keys);
        VaultRecovery recovery =
                new VaultRecovery(store, newest, keys, newest.root().sequence(), warnings);
        recovery.onlyRead(journal);
        return recovery;
    }

    public Root root() {
        return read.root();
    }

    /** The vault's keys; closed by the caller. */
    public Vault keys() {
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

    /** All snapshots of the vault, by id. */
    public Map<UUID, VaultSnapshot> snapshots() throws IOException {
        Map<UUID, VaultSnapshot> found = new LinkedHashMap<>();
        Set<UUID> gone = new HashSet<>();
        int lost = 0;
        for (Root.Part part : root().catalogues()) {
            try {
                parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                    @Override
                    public void snapshot(VaultSnapshot snapshot) {
                        found.put(snapshot.snapshot().id(), snapshot);
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
                lost++;
            }
        }
        if (lost > 0) {
            fromManifests(found, gone);
        }
        return found;
    }

    /** Finds what lost catalogues listed by the manifests themselves, which do not tell the containers: all count then. */
    private void fromManifests(Map<UUID, VaultSnapshot> found, Set<UUID> gone) throws IOException {
        BitSet containers = new BitSet();
        for (Root.Part part : root().segments()) {
            parts.inventory(ObjectKind.SEGMENT, part)
                    .entries()
                    .forEach(each -> containers.set(each.ordinal(), each.bytes() > 0));
        }
        int derived = 0;
        for (UUID id : manifests()) {
            if (!found.containsKey(id) && !gone.contains(id)) {
                try {
                    VaultManifest manifest = VaultManifest.read(store, keys, id);
                    SealedObject object = manifest.object();
                    found.put(
                            id,
                            new VaultSnapshot(
                                    manifest.snapshot(),
                                    object.epoch(),
                                    manifest.bytes(),
                                    object.bytes(),
                                    SealedReader.hash(store, ObjectKind.MANIFEST.key(id), object.bytes()),
                                    (BitSet) containers.clone()));
                    derived++;
                } catch (IOException e) {
                    if (!Parts.damaged(e)) {
                        throw e;
                    }
                    warnings.accept("snapshot " + id + " does not come back: " + e.getMessage());
                }
            }
        }
        warnings.accept(
                derived + " snapshots were found by their manifests; some of them may have been forgotten before");
    }

    private List<UUID> manifests() throws IOException {
        List<UUID> ids = new ArrayList<>();
        store.each(
                ObjectKind.MANIFEST.prefix(),
                "",
                each -> ids.add(UUID.fromString(each.key().substring(each.key().lastIndexOf('/') + 1))));
        return ids;
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
        journal.together(() -> {
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
        Set<Integer> gone = new HashSet<>();
        for (Root.Part part : segments) {
            for (Inventory.Entry entry :
                    parts.inventory(ObjectKind.SEGMENT, part).entries()) {
                if (entry.bytes() == 0) {
                    gone.add(entry.ordinal());
                }
            }
        }
        forgetGone(gone, journal, archiving);
        for (Root.Part part : segments) {
            String name = SEGMENT_DONE + part.id();
            if (journal.state(name).isEmpty()) {
                try {
                    parts.each(ObjectKind.SEGMENT, part, new Publication.Visit() {
                        @Override
                        public void container(VaultContainer container) throws IOException {
                            if (!gone.contains(container.ordinal())) {
                                adopt(journal, archiving, container);
                            }
                        }
                    });
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
            OptionalInt number = journal.number(ordinal);
            if (number.isPresent()) {
                UUID id = journal.container(number.getAsInt()).orElseThrow().id();
                if (archiving.isArchived(number.getAsInt())) {
                    nowhere.add(number.getAsInt());
                }
                journal.dropContainer(id);
            }
        }
        if (!nowhere.isEmpty()) {
            archiving.discard(nowhere);
        }
    }

    /**
     * Enters the containers of one snapshot ahead of all others, by their own trailers, so that it can be restored while the
     * rest is still to come. Costs two requests for each container that is not known yet.
     */
    public void prepare(VaultSnapshot snapshot, Journal journal, Archiving archiving) throws IOException {
        BitSet wanted = (BitSet) snapshot.containers().clone();
        journal.ordinals().values().forEach(wanted::clear);
        if (wanted.isEmpty()) {
            return;
        }
        List<Inventory.Entry> found = new ArrayList<>();
        for (Root.Part part : root().segments().reversed()) {
            for (Inventory.Entry entry :
                    parts.inventory(ObjectKind.SEGMENT, part).entries()) {
                if (wanted.get(entry.ordinal())) {
                    wanted.clear(entry.ordinal());
                    found.add(entry);
                }
            }
            if (wanted.isEmpty()) {
                break;
            }
        }
        byTrailers(found, journal, archiving, false);
        if (!wanted.isEmpty()) {
            throw FormatException.corrupt("snapshot " + snapshot.snapshot().id() + " needs containers " + wanted
                    + " that the vault does not list");
        }
    }

    /**
     * Enters containers by their own trailers, many at a time.
     *
     * @param others whether those that can be read are entered where some cannot
     */
    private void byTrailers(List<Inventory.Entry> entries, Journal journal, Archiving archiving, boolean others)
            throws IOException {
        List<Future<Boolean>> found = new ArrayList<>();
        Semaphore atOnce = new Semaphore(TRAILERS_AT_ONCE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Inventory.Entry entry : entries) {
                found.add(threads.submit(() -> {
                    atOnce.acquire();
                    try {
                        adopt(journal, archiving, container(entry));
                        return true;
                    } finally {
                        atOnce.release();
                    }
                }));
            }
            for (Future<Boolean> each : found) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    IOException cause = e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
                    if (!others || !Parts.damaged(cause)) {
                        throw cause;
                    }
                    warnings.accept("a container does not come back: " + cause.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
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

    /** Enters one container under a number of this appliance's own. */
    private synchronized void adopt(Journal journal, Archiving archiving, VaultContainer container) throws IOException {
        Optional<Journal.StoredContainer> known = journal.container(container.id());
        int number = known.isPresent() ? known.get().number() : archiving.newNumber();
        if (known.isEmpty() || known.get().ordinal() == null) {
            journal.together(() -> {
                journal.stored(new Journal.StoredContainer(
                        number,
                        container.id(),
                        container.epoch(),
                        container.bytes(),
                        container.objectBytes(),
                        container.sha256(),
                        null));
                boolean data = container.frames().stream().anyMatch(frame -> frame.kind() == ChunkKind.DATA);
                journal.found(container.id(), data, System.currentTimeMillis());
                journal.published(container.id(), container.ordinal(), root().sequence());
            });
        }
        if (!archiving.knows(number)) {
            archiving.adopt(number, container.bytes(), container.frames());
        }
    }

    /**
     * Brings all manifests that are not here yet, the newest first; from then on snapshots are listed.
     *
     * @return the snapshots whose manifests are not in the vault any more, or damaged: the others come back without them
     */
    public List<UUID> fillManifests(Journal journal, Manifests manifests, Progress progress) throws IOException {
        Map<UUID, VaultSnapshot> snapshots = snapshots();
        List<UUID> lost = new ArrayList<>();
        long done = 0;
        for (VaultSnapshot each : snapshots.values().stream().toList().reversed()) {
            Path file = manifests.path(each.snapshot().node(), each.snapshot().id());
            if (!Files.exists(file)) {
                Optional<byte[]> manifest = manifest(each.snapshot().id());
                if (manifest.isEmpty()) {
                    lost.add(each.snapshot().id());
                    continue;
                }
                AtomicFile.createDirectory(Objects.requireNonNull(file.getParent()));
                AtomicFile.write(file, manifest.get(), true);
            }
            manifests.remember(each.snapshot());
            journal.together(() -> {
                journal.stored(new Journal.StoredManifest(
                        each.snapshot().id(),
                        each.snapshot().node(),
                        each.snapshot().committed(),
                        each.epoch(),
                        each.bytes(),
                        each.objectBytes(),
                        each.sha256(),
                        true));
                journal.published(each.snapshot().id(), root().sequence());
            });
            progress.step("snapshots", ++done, snapshots.size());
        }
        return lost;
    }

    /** Empty where it is not there or damaged; what may come right in a while is thrown. */
    private Optional<byte[]> manifest(UUID id) throws IOException {
        try {
            SealedReader reader = SealedReader.open(store, keys, ObjectKind.MANIFEST, id);
            return Optional.of(reader.read(0, Math.toIntExact(reader.length())));
        } catch (IOException e) {
            if (Parts.damaged(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
