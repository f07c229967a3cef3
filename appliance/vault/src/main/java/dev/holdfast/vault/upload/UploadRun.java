package dev.holdfast.vault.upload;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Upkeep;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.format.VaultSnapshot;
import dev.holdfast.vault.journal.DroppedContainer;
import dev.holdfast.vault.journal.StoredContainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One run of an upload: what waits to be published, and the figures. Used by the thread that uploads. */
final class UploadRun {
    /** Containers on their way at once, each in parts. */
    private static final int CONTAINERS_AT_ONCE = 2;
    /** A snapshot that is complete is published after so many bytes, or so much time, at the latest. */
    private static final long PUBLISH_BYTES = 4L << 30;

    private static final long PUBLISH_NANOS = 20_000_000_000L;

    private static final long UPKEEP_MILLIS = 86_400_000;
    /** So much is read of the small objects each day, at most; all are counted and measured. */
    private static final long UPKEEP_BYTES = 64L << 20;

    private final UploadContext context;
    private final Publisher publisher;
    private final StoreUploads uploads;
    private final Pruning pruning;
    private final VaultWriter.Progress progress;
    private final BooleanSupplier stopping;
    /** The vault's rule is its own, rather than what is forgotten on the appliance. */
    private final boolean ownRule;

    private final Set<UUID> expired;
    private final BitSet stored = new BitSet();
    private final Map<StoredSnapshot, BitSet> ready = new HashMap<>();
    private boolean force;
    private @Nullable Root root;
    private Set<UUID> lost = Set.of();
    private long bytes;
    private int containers;
    private int snapshots;
    private int roots;
    private long unpublishedBytes;
    private long lastPublished = System.nanoTime();

    /** Publishes changes behind a root; gives the keyring as it is now. */
    interface Publisher {
        Keyring keyring() throws IOException;

        Root publish(@Nullable Root last, Keyring keyring, Publication.Changes changes) throws IOException;
    }

    /** What a run is to do, besides uploading what is missing. */
    record Orders(@Nullable Root root, boolean ownRule, Set<UUID> expired, boolean force) {}

    UploadRun(
            UploadContext context,
            Publisher publisher,
            StoreUploads uploads,
            Pruning pruning,
            Orders orders,
            VaultWriter.Progress progress,
            BooleanSupplier stopping)
            throws IOException {
        this.context = context;
        this.publisher = publisher;
        this.uploads = uploads;
        this.pruning = pruning;
        this.root = orders.root;
        this.ownRule = orders.ownRule;
        this.expired = orders.expired;
        this.force = orders.force;
        this.progress = progress;
        this.stopping = stopping;
        context.journal().containers().numbers().forEach(stored::set);
    }

    /**
     * Looks at the vault's small objects once a day, and stores again what is missing or damaged.
     *
     * @param asked at once, and all of them
     */
    void upkeep(boolean asked) throws IOException {
        byte @Nullable [] encoded = context.journal().root();
        long now = System.currentTimeMillis();
        long last =
                context.journal().state(Publication.UPKEEP).map(Long::parseLong).orElse(0L);
        if (root == null || encoded == null || (!asked && now - last >= 0 && now - last < UPKEEP_MILLIS)) {
            return;
        }
        long bytes = asked ? Long.MAX_VALUE : UPKEEP_BYTES;
        Upkeep.Result found = new Upkeep(context.store(), progress::damage, bytes).run(root, encoded);
        lost = found.lost();
        if (lost.isEmpty()) {
            context.journal().setState(Publication.UPKEEP, Long.toString(now));
        }
    }

    /** Uploads a snapshot's containers, and has it published with the next root once all of them are in the vault. */
    void upload(StoredSnapshot snapshot) throws IOException {
        BitSet needed;
        try {
            needed = context.archiving().containersOf(snapshot);
        } catch (IOException e) {
            progress.warning(Phrase.of("log.snapshot-not-uploaded")
                    .with("snapshot", snapshot.id().toString())
                    .with("reason", e));
            return;
        }
        if (upload(needed)) {
            ready.put(snapshot, needed);
            publishIfDue();
        }
    }

    /** Uploads those of the containers that are missing, and returns whether all of them are in the vault now. */
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
                    number >= 0 && !stopping.getAsBoolean() && batch.failure == null;
                    number = missing.nextSetBit(number + 1)) {
                int container = number;
                atOnce.acquireUninterruptibly();
                var _ = threads.submit(() -> {
                    try {
                        batch.done(uploads.uploadContainer(container));
                    } catch (StoreUploads.DamagedContainerException e) {
                        progress.warning(e.phrase());
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

    /** The containers of one upload; their threads report here. */
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
    private void publishIfDue() throws IOException {
        if (unpublishedBytes >= PUBLISH_BYTES || System.nanoTime() - lastPublished >= PUBLISH_NANOS) {
            publish();
        }
    }

    /** Publishes what waits and whatever else the next root must say. Does nothing where that is nothing. */
    void publish() throws IOException {
        Keyring keyring = publisher.keyring();
        List<VaultContainer> fresh = new ArrayList<>();
        int nextOrdinal = listUnpublished(fresh);
        List<VaultSnapshot> listed = new ArrayList<>();
        List<UUID> forgotten = new ArrayList<>(context.journal().snapshots().forgotten());
        if (ownRule) {
            // Snapshots that were noted before the vault had a rule of its own stay.
            forgotten.retainAll(expired);
        }
        List<DroppedContainer> gone = List.of();
        if (root != null && !lost.isEmpty()) {
            Restatement restated = Restatement.of(root, lost, context, uploads::withFrames, progress::damage);
            fresh.addAll(restated.containers());
            listed.addAll(restated.snapshots());
            gone = restated.gone();
            restated.forgotten().stream()
                    .filter(each -> !forgotten.contains(each))
                    .forEach(forgotten::add);
        } else if (root != null) {
            gone = pruning.needless(root, forgotten, ready.values());
        }
        boolean nothingNew =
                fresh.isEmpty() && lost.isEmpty() && ready.isEmpty() && forgotten.isEmpty() && gone.isEmpty();
        if (nothingNew && (root == null || (root.keyring().equals(keyring) && !force))) {
            return;
        }
        force = false;
        uploadManifests(fresh, listed);
        published(
                publisher.publish(
                        root, keyring, new Publication.Changes(fresh, nextOrdinal, listed, forgotten, gone, lost)),
                fresh.size(),
                listed.size());
    }

    /** Adds the containers that no root lists yet, and returns the next ordinal behind theirs. */
    private int listUnpublished(List<VaultContainer> fresh) throws IOException {
        int next = root == null ? 0 : root.nextOrdinal();
        for (StoredContainer each : context.journal().containers().unpublished()) {
            int given = each.ordinal() == null ? next++ : each.ordinal();
            fresh.add(uploads.withFrames(each, given));
        }
        return next;
    }

    private void uploadManifests(List<VaultContainer> fresh, List<VaultSnapshot> listed) throws IOException {
        Map<Integer, Integer> ordinals = context.journal().containers().ordinals();
        for (VaultContainer each : fresh) {
            context.journal()
                    .containers()
                    .find(each.id())
                    .ifPresent(known -> ordinals.put(known.number(), each.ordinal()));
        }
        for (Map.Entry<StoredSnapshot, BitSet> each : ready.entrySet()) {
            listed.add(uploads.uploadManifest(each.getKey(), each.getValue(), ordinals));
        }
    }

    private void published(Root published, int containersListed, int snapshotsListed) throws IOException {
        root = published;
        if (!lost.isEmpty()) {
            progress.damage(Phrase.of("vault.listed-again")
                    .with("root", published.sequence())
                    .with("count", lost.size()));
            lost = Set.of();
            context.journal().clearState(Publication.UPKEEP);
        }
        snapshots += ready.size();
        roots++;
        unpublishedBytes = 0;
        lastPublished = System.nanoTime();
        ready.clear();
        progress.published(published.sequence(), containersListed, snapshotsListed);
    }

    /** @param left snapshots that could not be uploaded */
    VaultWriter.Summary summary(List<StoredSnapshot> left) {
        return new VaultWriter.Summary(containers, bytes, snapshots, roots, left);
    }
}
