package dev.holdfast.vault.upload;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Irreplaceable;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Records;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.SealedBody;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.Upkeep;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Brings a store to a vault and keeps it there up to date: containers, then the segments that tell where chunks lie, then
 * manifests and the catalogue, then a root. Whatever stops it, the newest root is a whole vault, and the next run goes on
 * where this one stood. The newest snapshot comes first. One thread runs it at a time.
 */
public final class VaultWriter implements AutoCloseable {
    /** Containers on their way at once, each in parts. */
    private static final int CONTAINERS_AT_ONCE = 2;
    /** A snapshot that is complete is published after so many bytes, or so much time, at the latest. */
    private static final long PUBLISH_BYTES = 4L << 30;

    private static final long PUBLISH_NANOS = 20_000_000_000L;

    private static final long UPKEEP_MILLIS = 86_400_000;
    /** So much is read of the small objects each day, at most; all are counted and measured. */
    private static final long UPKEEP_BYTES = 64L << 20;

    private static final System.Logger LOG = System.getLogger(VaultWriter.class.getName());

    private final ObjectStore store;
    private final VaultKeys keys;
    private final KeyringSource keyring;
    private final Journal journal;
    private final Archiving archiving;
    private final Manifests manifests;
    private final Disk disk;
    private final ControlSource control;
    private final Options options;
    private final Uploader uploader;
    private final UUID writer;
    private final Parts parts;
    private final AtomicBoolean verifyNext = new AtomicBoolean();
    private final AtomicBoolean stopping = new AtomicBoolean();
    /** What the vault's snapshots hold, as far as it was asked for; used by the thread that runs. */
    private final Map<UUID, Irreplaceable.Candidate> known = new HashMap<>();

    /** Gives the control data that a recovery needs, as they are now. */
    public interface ControlSource {
        byte[] export() throws IOException;

        /** Where the audit log ends now; null where that is not known. Asked for before {@link #export}. */
        default Root.@Nullable Audit audit() throws IOException {
            return null;
        }
    }

    /** Gives the keyring as it is now: its recovery key may have been changed. */
    public interface KeyringSource {
        Keyring keyring() throws IOException;
    }

    /** @param containerClass how containers are kept; everything else stays at hand */
    public record Options(int parallelParts, StorageClass containerClass, Throttle throttle, Guard guard) {}

    /** Says which snapshots must stay in the vault, and how late it is for those that may go. */
    public interface Guard {
        /** By the clock of the system alone. */
        Guard NONE = new Guard() {
            @Override
            public boolean mustStay(int node, UUID snapshot) {
                return false;
            }

            @Override
            public long lockedFor(UUID snapshot) {
                return 0;
            }

            @Override
            public long now() {
                return System.currentTimeMillis();
            }
        };

        boolean mustStay(int node, UUID snapshot) throws IOException;

        /** How many ms from now a snapshot is locked; 0 or less for not at all. */
        long lockedFor(UUID snapshot) throws IOException;

        /** ms since 1970. */
        long now();
    }

    /** Told what happens. */
    public interface Progress {
        void containers(long done, long total, long bytes);

        void published(long sequence, int containers, int snapshots);

        void warning(String what);

        /** Something in the vault was missing or damaged, and what was done about it. */
        default void damage(String what) {
            warning(what);
        }
    }

    /** What a run did. */
    public record Summary(int containers, long bytes, int snapshots, int roots) {}

    public VaultWriter(
            ObjectStore store,
            VaultKeys keys,
            KeyringSource keyring,
            Journal journal,
            Archiving archiving,
            Manifests manifests,
            Disk disk,
            ControlSource control,
            Options options)
            throws IOException {
        this.store = store;
        this.keys = keys;
        this.keyring = keyring;
        this.journal = journal;
        this.archiving = archiving;
        this.manifests = manifests;
        this.disk = disk;
        this.control = control;
        this.options = options;
        this.uploader = new Uploader(store, journal, options.throttle, options.parallelParts);
        this.writer = writer(journal);
        this.parts = new Parts(store, keys);
    }

    private static UUID writer(Journal journal) throws IOException {
        Optional<String> known = journal.state("writer");
        if (known.isPresent()) {
            return UUID.fromString(known.get());
        }
        UUID made = UUID.randomUUID();
        journal.setState("writer", made.toString());
        return made;
    }

    /** Has the next run verify all small objects of the vault, however lately that was done. */
    public void verifyNext() {
        verifyNext.set(true);
    }

    /** Makes a run end soon. */
    public void stop() {
        stopping.set(true);
    }

    /**
     * Sets the deadlines of locked snapshots on the objects that they need, where the store can.
     *
     * @return how many objects got one, or a later one; -1 where the store cannot
     */
    public int setDeadlines() throws IOException {
        return new Deadlines(store, journal, keys, options.guard).set(stopping::get);
    }

    // ---- who may write

    /**
     * The newest root, once it is sure that this appliance may write behind it; empty for a vault that is new.
     *
     * @throws VaultRefusedException where it may not
     */
    public Optional<Root> join() throws IOException {
        Tenancy.Finding found = new Tenancy(store, keys, journal).look();
        Root.Read newest = found.newest();
        if (newest == null) {
            return Optional.empty();
        }
        if (found.kind() == Tenancy.Kind.LEFT) {
            throw Tenancy.left(store.url(), newest.root());
        }
        byte @Nullable [] last = journal.root();
        long known = last == null ? 0 : Publication.sequenceOf(last);
        if (found.damaged() && last != null) {
            LOG.log(System.Logger.Level.WARNING, "root " + known + " of " + store.url() + " is stored again");
            Roots.restore(store, known, last);
        } else if (last == null || newest.root().sequence() > known) {
            adopt(newest);
        }
        return Optional.of(newest.root());
    }

    /** A root of one's own whose answer was lost: notes what it lists. */
    private void adopt(Root.Read read) throws IOException {
        Root root = read.root();
        List<VaultContainer> containers = new ArrayList<>();
        List<VaultSnapshot> snapshots = new ArrayList<>();
        byte @Nullable [] last = journal.root();
        Set<UUID> known = new HashSet<>();
        if (last != null) {
            Root.parse(last, Publication.sequenceOf(last)).root().parts().forEach(part -> known.add(part.id()));
        }
        Records.Visitor visitor = new Publication.Visit() {
            @Override
            public void container(VaultContainer container) {
                containers.add(container);
            }

            @Override
            public void snapshot(VaultSnapshot snapshot) {
                snapshots.add(snapshot);
            }
        };
        for (Root.Part part : root.segments()) {
            if (!known.contains(part.id())) {
                parts.each(ObjectKind.SEGMENT, part, visitor);
            }
        }
        for (Root.Part part : root.catalogues()) {
            if (!known.contains(part.id())) {
                parts.each(ObjectKind.CATALOGUE, part, visitor);
            }
        }
        byte[] encoded = Roots.encoded(store, read);
        journal.inTransaction(() -> {
            for (VaultContainer each : containers) {
                journal.containers().published(each.id(), each.ordinal(), root.sequence());
            }
            for (VaultSnapshot each : snapshots) {
                journal.snapshots().published(each.snapshot().id(), root.sequence());
            }
            journal.setRoot(encoded);
        });
    }

    // ---- a run

    /** How far the vault is behind: snapshots that belong into it and are not there, newest first. */
    public List<StoredSnapshot> behind(Selection selection) throws IOException {
        long now = System.currentTimeMillis();
        Set<UUID> there = new HashSet<>();
        for (StoredManifest each : journal.snapshots().all()) {
            if (each.published()) {
                there.add(each.id());
            }
        }
        List<StoredSnapshot> here = manifests.list().reversed();
        if (selection.keep() != null) {
            Set<UUID> present = new HashSet<>(there);
            here.forEach(each -> present.add(each.id()));
            known.keySet().retainAll(present);
        }
        Set<UUID> irreplaceable = selection.keep() == null ? Set.of() : irreplaceable(here);
        return here.stream()
                .filter(each ->
                        !there.contains(each.id()) && selection.wants(each, now, irreplaceable.contains(each.id())))
                .toList();
    }

    private Set<UUID> irreplaceable(List<StoredSnapshot> snapshots) throws IOException {
        List<Irreplaceable.Candidate> candidates = new ArrayList<>();
        for (StoredSnapshot each : snapshots) {
            candidates.add(candidate(each));
        }
        return Irreplaceable.among(candidates).keySet();
    }

    /** Parsed once, since it is asked for every few seconds. */
    private Irreplaceable.Candidate candidate(StoredSnapshot snapshot) throws IOException {
        Irreplaceable.Candidate before = known.get(snapshot.id());
        if (before != null) {
            return before;
        }
        Irreplaceable.Candidate parsed = Irreplaceable.Candidate.of(snapshot);
        known.put(snapshot.id(), parsed);
        return parsed;
    }

    /** Snapshots in the vault whose time there is over. */
    public List<UUID> expired(Selection selection) throws IOException {
        if (selection.keep() == null) {
            return List.of();
        }
        long now = options.guard.now();
        List<StoredManifest> there = journal.snapshots().all().stream()
                .filter(StoredManifest::published)
                .toList();
        Map<Integer, Long> newest = new HashMap<>();
        there.forEach(each -> newest.merge(each.node(), each.committed(), Math::max));
        List<UUID> expired = new ArrayList<>();
        for (StoredManifest each : there) {
            // The newest of a node stays, however silent it is; and so does what is locked or held.
            boolean last = each.committed() == newest.getOrDefault(each.node(), 0L);
            if (!last && selection.expired(each.committed(), now) && !options.guard.mustStay(each.node(), each.id())) {
                expired.add(each.id());
            }
        }
        if (!expired.isEmpty()) {
            List<StoredSnapshot> here = manifests.list();
            Set<UUID> irreplaceable = new HashSet<>(irreplaceable(here));
            irreplaceable.addAll(Irreplaceable.among(described(there)).keySet());
            // What nothing is known of stays.
            expired.removeIf(each -> irreplaceable.contains(each) || !known.containsKey(each));
        }
        return expired;
    }

    /** What the rule needs to know of the vault's snapshots: also of those that are not here any more. */
    private List<Irreplaceable.Candidate> described(List<StoredManifest> there) throws IOException {
        byte @Nullable [] last = journal.root();
        if (last != null && there.stream().anyMatch(each -> !known.containsKey(each.id()))) {
            for (Root.Part part :
                    Root.parse(last, Publication.sequenceOf(last)).root().catalogues()) {
                try {
                    parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                        @Override
                        public void snapshot(VaultSnapshot snapshot) throws IOException {
                            candidate(snapshot.snapshot());
                        }
                    });
                } catch (IOException e) {
                    // What it listed is unknown, and stays, until an upload has made the catalogue anew.
                    if (!Parts.damaged(e)) {
                        throw e;
                    }
                }
            }
        }
        return there.stream()
                .flatMap(each -> Optional.ofNullable(known.get(each.id())).stream())
                .toList();
    }

    /** Bytes on the volumes that are not in the vault yet. */
    public long backlogBytes() throws IOException {
        BitSet stored = new BitSet();
        journal.containers().numbers().forEach(stored::set);
        return archiving.local().stream()
                .filter(each -> !stored.get(each.number()))
                .mapToLong(Archiving.Local::bytes)
                .sum();
    }

    /** Uploads what is missing, and publishes it. */
    public Summary run(Selection selection, Progress progress) throws IOException {
        return run(selection, false, progress);
    }

    /** @param force publish the control data even where nothing else changed */
    public Summary run(Selection selection, boolean force, Progress progress) throws IOException {
        Optional<Root> joined = join();
        List<UUID> expired = expired(selection);
        for (UUID each : expired) {
            journal.snapshots().forgotten(each);
        }
        for (DroppedContainer each : journal.containers().dropped()) {
            // Cut off while it was deleted, it came back.
            if (archiving.knows(each.number())) {
                journal.containers().notDropped(each.number());
            }
        }
        List<StoredSnapshot> behind = behind(selection);
        if (!behind.isEmpty()) {
            archiving.sealOpen();
        }
        BitSet stored = new BitSet();
        journal.containers().numbers().forEach(stored::set);
        Run run = new Run(progress, stored, joined.orElse(null), selection.keep() != null, Set.copyOf(expired), force);
        run.upkeep();
        for (StoredSnapshot snapshot : behind) {
            if (stopping.get()) {
                break;
            }
            BitSet needed;
            try {
                needed = archiving.containersOf(snapshot);
            } catch (IOException e) {
                progress.warning("snapshot " + snapshot.id() + " stays here: " + e.getMessage());
                continue;
            }
            if (run.upload(needed)) {
                run.ready.put(snapshot, needed);
                run.publishIfDue();
            }
        }
        // What no snapshot needs yet: a first backup that takes days is in the vault soon after its end.
        if (!stopping.get() && selection.everything()) {
            run.upload(archiving.onVolumes());
        }
        run.publish();
        return new Summary(run.containers, run.bytes, run.snapshots, run.roots);
    }

    /** One run's figures, and what waits to be published. */
    private final class Run {
        private final Progress progress;
        private final BitSet stored;
        private final boolean ownRule;
        private final Set<UUID> expired;
        private boolean force;
        private final Map<StoredSnapshot, BitSet> ready = new HashMap<>();
        private long bytes;
        private @Nullable Root root;
        private int containers;
        private int snapshots;
        private int roots;
        private long unpublishedBytes;
        private long lastPublished = System.nanoTime();
        private Set<UUID> lost = Set.of();

        Run(Progress progress, BitSet stored, @Nullable Root root, boolean ownRule, Set<UUID> expired, boolean force) {
            this.ownRule = ownRule;
            this.expired = expired;
            this.force = force;
            this.progress = progress;
            this.stored = stored;
            this.root = root;
        }

        /** Once a day, and where something was found damaged. */
        void upkeep() throws IOException {
            byte @Nullable [] encoded = journal.root();
            long now = System.currentTimeMillis();
            long last = journal.state(Publication.UPKEEP).map(Long::parseLong).orElse(0L);
            boolean asked = verifyNext.getAndSet(false);
            if (root == null || encoded == null || (!asked && now - last >= 0 && now - last < UPKEEP_MILLIS)) {
                return;
            }
            long bytes = asked ? Long.MAX_VALUE : UPKEEP_BYTES;
            Upkeep.Result found = new Upkeep(store, progress::damage, bytes).run(root, encoded);
            lost = found.lost();
            if (lost.isEmpty()) {
                journal.setState(Publication.UPKEEP, Long.toString(now));
            }
        }

        /** Returns whether all of them are in the vault now. */
        boolean upload(BitSet wanted) throws IOException {
            BitSet missing = (BitSet) wanted.clone();
            missing.andNot(stored);
            if (missing.isEmpty()) {
                return true;
            }
            Batch batch = new Batch(missing.cardinality());
            Semaphore atOnce = new Semaphore(CONTAINERS_AT_ONCE);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int number = missing.nextSetBit(0);
                        number >= 0 && !stopping.get() && batch.failure == null;
                        number = missing.nextSetBit(number + 1)) {
                    int container = number;
                    atOnce.acquireUninterruptibly();
                    var _ = threads.submit(() -> {
                        try {
                            batch.done(uploadContainer(container));
                        } catch (DamagedContainerException e) {
                            progress.warning(String.valueOf(e.getMessage()));
                        } catch (IOException | RuntimeException e) {
                            batch.failure = e;
                        } finally {
                            atOnce.release();
                        }
                    });
                }
            }
            switch (batch.failure) {
                case null -> {}
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Exception e -> throw new IOException(e);
            }
            missing.andNot(stored);
            return missing.isEmpty();
        }

        /** Containers that go together; told by their threads how they fare. */
        private final class Batch {
            private final long total;
            private long done;
            private volatile @Nullable Exception failure;

            Batch(long total) {
                this.total = total;
            }

            synchronized void done(StoredContainer container) {
                stored.set(container.number());
                containers++;
                unpublishedBytes += container.objectBytes();
                bytes += container.objectBytes();
                progress.containers(++done, total, bytes);
            }
        }

        /** Not after every small snapshot of many: each publication costs half a dozen requests. */
        void publishIfDue() throws IOException {
            if (unpublishedBytes >= PUBLISH_BYTES || System.nanoTime() - lastPublished >= PUBLISH_NANOS) {
                publish();
            }
        }

        void publish() throws IOException {
            Keyring wrapped = keyring.keyring().only(Credential.Kind.RECOVERY_KEY);
            Publication publication = new Publication(store, keys, wrapped, journal, writer, uploader::put);
            // A vault with a rule of its own goes by that alone, whatever was noted before it had one.
            List<UUID> forgotten = ownRule
                    ? journal.snapshots().forgotten().stream()
                            .filter(expired::contains)
                            .toList()
                    : journal.snapshots().forgotten();
            List<VaultContainer> fresh = new ArrayList<>();
            int ordinal = root == null ? 0 : root.nextOrdinal();
            for (StoredContainer each : journal.containers().unpublished()) {
                int given = each.ordinal() == null ? ordinal++ : each.ordinal();
                fresh.add(vaultContainer(each, given));
            }
            boolean rewrapped = root != null && !root.keyring().equals(wrapped);
            List<VaultSnapshot> listed = new ArrayList<>();
            List<DroppedContainer> gone = List.of();
            if (root != null && !lost.isEmpty()) {
                Restatement restated = Restatement.of(
                        root,
                        lost,
                        new Restatement.Sources(store, keys, journal, archiving, manifests),
                        VaultWriter.this::vaultContainer,
                        progress::damage);
                fresh.addAll(restated.containers());
                listed.addAll(restated.snapshots());
                gone = restated.gone();
                forgotten = Stream.concat(forgotten.stream(), restated.forgotten().stream())
                        .distinct()
                        .toList();
            } else if (root != null) {
                gone = needless(root, forgotten, ready.values());
            }
            if (fresh.isEmpty()
                    && lost.isEmpty()
                    && ready.isEmpty()
                    && forgotten.isEmpty()
                    && gone.isEmpty()
                    && !rewrapped
                    && !(force && root != null)) {
                return;
            }
            force = false;
            Map<Integer, Integer> ordinals = journal.containers().ordinals();
            for (VaultContainer each : fresh) {
                journal.containers().find(each.id()).ifPresent(known -> ordinals.put(known.number(), each.ordinal()));
            }
            for (Map.Entry<StoredSnapshot, BitSet> each : ready.entrySet()) {
                listed.add(uploadManifest(each.getKey(), each.getValue(), ordinals));
            }
            Root.Audit audit = control.audit();
            root = publication.publish(root, fresh, ordinal, listed, forgotten, gone, control.export(), audit, lost);
            if (!lost.isEmpty()) {
                progress.damage("root " + root.sequence() + " lists again what " + lost.size()
                        + " lost objects of the vault had listed");
                lost = Set.of();
                journal.clearState(Publication.UPKEEP);
            }
            snapshots += ready.size();
            roots++;
            unpublishedBytes = 0;
            lastPublished = System.nanoTime();
            ready.clear();
            progress.published(root.sequence(), fresh.size(), listed.size());
        }
    }

    /**
     * Containers that the appliance has no more and that no snapshot needs that is in the vault, or about to be. What costs
     * as much to delete as to keep stays for now.
     */
    private List<DroppedContainer> needless(Root root, List<UUID> forgotten, Collection<BitSet> ready)
            throws IOException {
        List<DroppedContainer> candidates = new ArrayList<>();
        for (DroppedContainer each : journal.containers().dropped()) {
            if (ready.stream().noneMatch(numbers -> numbers.get(each.number())) && costsNoMore(each)) {
                candidates.add(each);
            }
        }
        if (candidates.isEmpty()) {
            return List.of();
        }
        BitSet needed = new BitSet();
        Set<UUID> known = new HashSet<>(forgotten);
        for (Root.Part part : root.catalogues().reversed()) {
            // What comes later in a part counts more than what comes before it.
            Map<UUID, BitSet> inPart = new HashMap<>();
            Set<UUID> goneInPart = new HashSet<>();
            parts.each(ObjectKind.CATALOGUE, part, new Publication.Visit() {
                @Override
                public void snapshot(VaultSnapshot snapshot) {
                    inPart.put(snapshot.snapshot().id(), snapshot.containers());
                    goneInPart.remove(snapshot.snapshot().id());
                }

                @Override
                public void snapshotGone(UUID id) {
                    inPart.remove(id);
                    goneInPart.add(id);
                }
            });
            inPart.forEach((id, containers) -> {
                if (known.add(id)) {
                    needed.or(containers);
                }
            });
            known.addAll(goneInPart);
        }
        return candidates.stream().filter(each -> !needed.get(each.ordinal())).toList();
    }

    /** Whether an object has been in its class for the least time that the service charges for. */
    private boolean costsNoMore(DroppedContainer container) throws IOException {
        long now = options.guard.now();
        Long since = container.since();
        if (since != null) {
            return now - since
                    >= Duration.ofDays(container.storageClass().leastDays()).toMillis();
        }
        StorageClass kept;
        try {
            kept = store.head(ObjectKind.CONTAINER.key(container.id())).storageClass();
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                return true;
            }
            throw e;
        }
        journal.containers().classChanged(container.id(), kept, now);
        return kept.leastDays() == 0;
    }

    /** A container that does not leave the building, since it is damaged. */
    private static final class DamagedContainerException extends IOException {
        DamagedContainerException(IOException cause) {
            super("not uploaded: " + cause.getMessage(), cause);
        }
    }

    private StoredContainer uploadContainer(int number) throws IOException {
        Path name = Path.of(String.format("container-%08x", number));
        UUID id;
        boolean data;
        try (ContainerReader reader = ContainerReader.open(archiving.open(number), name, keys)) {
            List<ContainerReader.BadFrame> bad = reader.badFrames(each -> false);
            if (!bad.isEmpty()) {
                throw FormatException.corrupt(bad.size() + " chunks in it cannot be read, the first: "
                        + bad.getFirst().what());
            }
            id = reader.header().uuid();
            data = reader.header().kind() == ContainerHeader.Kind.DATA;
        } catch (IOException e) {
            // What is whole in it is moved elsewhere by the next collection, and goes to the vault from there.
            archiving.report(number, e);
            throw new DamagedContainerException(e);
        }
        try (Disk.DiskFile file = archiving.open(number)) {
            SealedBody body = new SealedBody(ObjectKind.CONTAINER, keys, id, content(file, file.size()));
            // Metadata stay at hand: browsing and deduplicating must not wait for a thaw.
            StorageClass kept = data ? options.containerClass : StorageClass.STANDARD;
            uploader.put(body, body.key(), PutOptions.NEW.as(kept));
            StoredContainer stored = new StoredContainer(
                    number, id, body.object().epoch(), file.size(), body.length(), body.hash(), null);
            journal.containers().stored(stored);
            journal.containers().storedIn(id, kept, data, options.guard.now());
            return stored;
        }
    }

    private VaultContainer vaultContainer(StoredContainer container, int ordinal) throws IOException {
        List<FrameEntry> frames;
        Path local = Path.of(String.format("container-%08x", container.number()));
        try (ContainerReader reader = ContainerReader.open(archiving.open(container.number()), local, keys)) {
            frames = reader.readTrailer();
        } catch (IOException e) {
            // Lost or damaged here since it was stored: the vault's own copy tells.
            SealedReader object = SealedReader.open(store, keys, ObjectKind.CONTAINER, container.id());
            Path name = Path.of("vault:" + container.id());
            try (ContainerReader reader = ContainerReader.open(new ObjectFile(object), name, keys)) {
                frames = reader.readTrailer();
            }
        }
        return new VaultContainer(
                container.id(),
                ordinal,
                container.epoch(),
                container.bytes(),
                container.objectBytes(),
                container.sha256(),
                frames);
    }

    private VaultSnapshot uploadManifest(StoredSnapshot snapshot, BitSet numbers, Map<Integer, Integer> ordinals)
            throws IOException {
        Path file = manifests.path(snapshot.node(), snapshot.id());
        long length = java.nio.file.Files.size(file);
        SealedBody body;
        try (Disk.DiskFile open = disk.open(file, false)) {
            body = new SealedBody(ObjectKind.MANIFEST, keys, snapshot.id(), content(open, length));
            uploader.put(body, body.key(), PutOptions.NEW);
        }
        journal.snapshots()
                .stored(new StoredManifest(
                        snapshot.id(),
                        snapshot.node(),
                        snapshot.committed(),
                        body.object().epoch(),
                        length,
                        body.length(),
                        body.hash(),
                        false));
        BitSet containers = new BitSet();
        for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
            Integer ordinal = ordinals.get(number);
            if (ordinal == null) {
                throw new IOException("container " + number + " of snapshot " + snapshot.id() + " is not in the vault");
            }
            containers.set(ordinal);
        }
        return new VaultSnapshot(
                new ListedSnapshot(snapshot, body.object().epoch(), length, body.length(), body.hash()), containers);
    }

    private static SealedBody.Content content(Disk.DiskFile file, long length) {
        return new SealedBody.Content() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void read(long position, ByteBuffer target) throws IOException {
                int wanted = target.remaining();
                if (file.read(target, position) < wanted) {
                    throw new IOException("a file ends early that was to be uploaded");
                }
            }
        };
    }

    @Override
    public void close() {
        uploader.close();
    }
}
