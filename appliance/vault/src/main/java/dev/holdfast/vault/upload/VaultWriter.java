package dev.holdfast.vault.upload;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Uploads a store to a vault and keeps the vault up to date: containers, then the segments that tell where chunks lie,
 * then manifests and the catalogue, then a root. However it is interrupted, the newest root describes a complete vault,
 * and the next run resumes where this one stopped. The newest snapshot comes first. One thread runs it at a time.
 */
public final class VaultWriter implements AutoCloseable {
    private final UploadContext context;
    private final KeyringSource keyring;
    private final ControlSource control;
    private final Membership membership;
    private final KnownSnapshots known;
    private final Pruning pruning;
    private final Uploader uploader;
    private final UUID writer;
    private final AtomicBoolean verifyNext = new AtomicBoolean();
    private final AtomicBoolean stopping = new AtomicBoolean();

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

    /**
     * How it uploads.
     *
     * @param parallelParts asked for at the beginning of each run
     * @param containerClass the storage class of containers, asked for with each; everything else is in the standard class
     */
    public record Options(
            IntSupplier parallelParts, Supplier<StorageClass> containerClass, Throttle throttle, Guard guard) {
        /** Of what does not change. */
        public Options(int parallelParts, StorageClass containerClass, Throttle throttle, Guard guard) {
            this(() -> parallelParts, () -> containerClass, throttle, guard);
        }
    }

    /** Decides which snapshots must stay in the vault, and gives the time by which others expire. */
    public interface Guard {
        /** No locks or holds, and the system's clock. */
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

    /** Receives what happens during a run. */
    public interface Progress {
        void containers(long done, long total, long bytes);

        void published(long sequence, int containers, int snapshots);

        void warning(Phrase what);

        /** Something in the vault was missing or damaged, and what was done about it. */
        default void damage(Phrase what) {
            warning(what);
        }
    }

    /**
     * What a run did.
     *
     * @param left snapshots that belong in the vault and could not be uploaded
     */
    public record Summary(int containers, long bytes, int snapshots, int roots, List<StoredSnapshot> left) {}

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
        this.context = new UploadContext(store, keys, journal, archiving, manifests, disk, options);
        this.keyring = keyring;
        this.control = control;
        this.membership = new Membership(store, keys, journal);
        Parts parts = new Parts(store, keys);
        this.known = new KnownSnapshots(journal, parts);
        this.pruning = new Pruning(context, parts, known);
        this.uploader = new Uploader(store, journal, options.throttle, options.parallelParts.getAsInt());
        this.writer = writer(journal);
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
        return new Deadlines(
                        context.store(),
                        context.journal(),
                        context.keys(),
                        context.options().guard())
                .set(stopping::get);
    }

    /**
     * The newest root, once it is sure that this appliance may write behind it; empty for a vault that is new.
     *
     * @throws VaultRefusedException where it may not
     */
    public Optional<Root> join() throws IOException {
        return membership.join();
    }

    /** How far the vault is behind: snapshots that belong in it and are not there, newest first. */
    public List<StoredSnapshot> behind(Selection selection) throws IOException {
        long now = System.currentTimeMillis();
        Set<UUID> there = published();
        List<StoredSnapshot> here = context.manifests().list().reversed();
        if (selection.keep() != null) {
            Set<UUID> present = new HashSet<>(there);
            here.forEach(each -> present.add(each.id()));
            known.retainAll(present);
        }
        Set<UUID> irreplaceable = selection.keep() == null ? Set.of() : known.irreplaceable(here);
        return here.stream()
                .filter(each ->
                        !there.contains(each.id()) && selection.wants(each, now, irreplaceable.contains(each.id())))
                .toList();
    }

    private Set<UUID> published() throws IOException {
        return context.journal().snapshots().all().stream()
                .filter(StoredManifest::published)
                .map(StoredManifest::id)
                .collect(Collectors.toSet());
    }

    /** Snapshots whose time in the vault is over. */
    public List<UUID> expired(Selection selection) throws IOException {
        return pruning.expired(selection);
    }

    /** Bytes on the volumes that are not in the vault yet. */
    public long backlogBytes() throws IOException {
        BitSet stored = new BitSet();
        context.journal().containers().numbers().forEach(stored::set);
        return context.archiving().local().stream()
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
        uploader.parallel(context.options().parallelParts().getAsInt());
        Optional<Root> joined = join();
        List<UUID> expired = expired(selection);
        for (UUID each : expired) {
            context.journal().snapshots().forgotten(each);
        }
        for (DroppedContainer each : context.journal().containers().dropped()) {
            // It came back where its deletion was interrupted.
            if (context.archiving().knows(each.number())) {
                context.journal().containers().notDropped(each.number());
            }
        }
        List<StoredSnapshot> behind = behind(selection);
        if (!behind.isEmpty()) {
            context.archiving().sealOpen();
        }
        UploadRun run = new UploadRun(
                context,
                new RootPublisher(),
                new StoreUploads(context, uploader),
                pruning,
                new UploadRun.Orders(joined.orElse(null), selection.keep() != null, Set.copyOf(expired), force),
                progress,
                stopping::get);
        run.upkeep(verifyNext.getAndSet(false));
        for (StoredSnapshot snapshot : behind) {
            if (stopping.get()) {
                break;
            }
            run.upload(snapshot);
        }
        // Also what no snapshot needs yet: a first backup that takes days is in the vault soon after its end.
        if (!stopping.get() && selection.everything()) {
            run.upload(context.archiving().onVolumes());
        }
        run.publish();
        Set<UUID> there = published();
        return run.summary(
                behind.stream().filter(each -> !there.contains(each.id())).toList());
    }

    private final class RootPublisher implements UploadRun.Publisher {
        @Override
        public Keyring keyring() throws IOException {
            return keyring.keyring().only(Credential.Kind.RECOVERY_KEY);
        }

        @Override
        public Root publish(@Nullable Root last, Keyring wrapped, Publication.Changes changes) throws IOException {
            Root.Audit audit = control.audit();
            return new Publication(context.store(), context.keys(), wrapped, context.journal(), writer, uploader::put)
                    .publish(last, changes, control.export(), audit);
        }
    }

    @Override
    public void close() {
        uploader.close();
    }
}
