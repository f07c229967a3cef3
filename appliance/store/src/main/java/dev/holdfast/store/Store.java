package dev.holdfast.store;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Scrub;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.drain.Drain;
import dev.holdfast.store.drain.LostVolume;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.gc.Pace;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.ingest.KnownChunks;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.restore.Damage;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.OwnerRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Room;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The deduplicating store of one appliance: ingest → index → envelope → volume, and back. One process opens a store at a
 * time; the caller holds the lock. Safe for use by several threads; closing does not wait for sessions, so stop them first.
 */
public final class Store implements AutoCloseable {
    /** Of the heap, for the locality cache. */
    private static final int LOCALITY_SHARE = 16;

    private final StoreConfig config;
    private final StoreParts parts;
    private final Ingest ingest;
    private final ChunkReader reader;
    private final Manifests manifests;
    private final Archiving archiving;
    private final GarbageCollector collector;
    private final Drain drain;
    private final LostVolume lostVolume;
    private final AtomicLong nextSession = new AtomicLong(System.currentTimeMillis() << 16);

    /** Opens the store, recovering from whatever stopped it; a missing index is rebuilt. */
    public Store(StoreConfig config, VaultKeys vault, Disk disk, IndexRecovery.Progress progress) throws IOException {
        this(config, vault, disk, ContainerArchive.NONE, progress);
    }

    /**
     * As above.
     *
     * @param archive read from where a container is not on its volume; outlives the store
     */
    public Store(
            StoreConfig config, VaultKeys vault, Disk disk, ContainerArchive archive, IndexRecovery.Progress progress)
            throws IOException {
        this.config = config;
        var profile = config.profile();
        Volumes volumes = new Volumes(disk, config.volumes(), profile.reservePercent());
        volumes.requirePresent(vault.id());
        prepareIndex(config);
        ChunkIndex index = new ChunkIndex(
                config.index(),
                profile.memory().indexCache().bytes(),
                profile.memory().indexWriteBuffers().bytes());
        parts = new StoreParts(disk, vault, index, volumes, archive, config.clock());
        int leftOut;
        try {
            IndexRecovery recovery = new IndexRecovery(parts, progress);
            IndexRecovery.Found found = recovery.catchUp();
            leftOut = recovery.leftOut();
            ingest = new Ingest(parts, limits(profile), found.usedBytes(), found.nextContainer());
        } catch (IOException | RuntimeException e) {
            index.close();
            throw e;
        }
        reader = new ChunkReader(parts, ingest);
        manifests = new Manifests(parts, config.manifests());
        archiving = new Archiving(parts, ingest, manifests, reader);
        collector = new GarbageCollector(
                parts,
                ingest,
                manifests,
                reader,
                new GarbageCollector.Files(
                        config.scratch(),
                        List.of(config.ownersUnknownMarker(), config.recoveringMarker(), config.rebuildMarker())));
        drain = new Drain(parts, ingest, reader);
        lostVolume = new LostVolume(parts, ingest, reader, archiving);
        try {
            reconcile(leftOut, progress);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Makes the directory of a missing index, which is marked as incomplete first. */
    private static void prepareIndex(StoreConfig config) throws IOException {
        if (!Files.exists(config.index())) {
            AtomicFile.write(config.rebuildMarker(), new byte[0], false);
            if (Files.exists(config.recoveringMarker())) {
                AtomicFile.write(config.unlistedMarker(), new byte[0], false);
            }
            // RocksDB would make it, but not make its name durable.
            AtomicFile.createDirectory(config.index());
        }
    }

    private static Ingest.Limits limits(HardwareProfile profile) {
        return new Ingest.Limits(
                profile.capacity().bytes(),
                profile.compressionLevel(),
                profile.workers().openContainers(),
                profile.memory().heap().bytes() / LOCALITY_SHARE);
    }

    /**
     * Makes the index agree with the manifests, and learns owners where they are not known.
     *
     * @param leftOut containers that could not be read
     */
    private void reconcile(int leftOut, IndexRecovery.Progress progress) throws IOException {
        if (Files.exists(config.recoveringMarker())) {
            manifests.expect(parts.archive()::manifest);
        }
        manifests.reconcile((file, cause) -> progress.warning("manifest " + file + ": " + cause.getMessage()));
        if (Files.exists(config.rebuildMarker())) {
            recoverOwners(progress);
            if (leftOut == 0) {
                Files.delete(config.rebuildMarker());
            }
        } else if (Files.exists(config.ownersUnknownMarker())) {
            // What was damaged then may have been healed.
            recoverOwners(progress);
        }
    }

    /** Deletes the index; the next opening rebuilds it, and resumes a rebuild that was interrupted. */
    public static void discardIndex(StoreConfig config) throws IOException {
        if (Files.exists(config.rebuildMarker()) && Files.exists(config.index())) {
            return;
        }
        AtomicFile.write(config.rebuildMarker(), new byte[0], false);
        IndexRecovery.discard(config.index());
    }

    /**
     * The index is filled from elsewhere, until {@link #recovered}. Meanwhile it does not know which nodes own which chunks, so
     * that a snapshot that cannot be read completely stops the collection. Missing manifests are fetched from the archive.
     */
    public void recovering() throws IOException {
        AtomicFile.write(config.recoveringMarker(), new byte[0], false);
        manifests.expect(parts.archive()::manifest);
    }

    /** Whether the list of snapshots whose manifests were still to be fetched was lost with the index: it must be read again. */
    public boolean unlisted() {
        return Files.exists(config.unlistedMarker());
    }

    /** The list was read again; see {@link #unlisted}. */
    public void listed() throws IOException {
        Files.deleteIfExists(config.unlistedMarker());
    }

    /** Learns from a snapshot which chunks its node owns, ahead of the rest. */
    public void recoverOwners(StoredSnapshot snapshot, IndexRecovery.Progress progress) throws IOException {
        var _ = new OwnerRecovery(parts, manifests, reader, progress).recover(List.of(snapshot));
    }

    /** The index has been filled, and all manifests are here: learns which nodes own which chunks, from all snapshots. */
    public void recovered(IndexRecovery.Progress progress) throws IOException {
        recoverOwners(progress);
        Files.deleteIfExists(config.recoveringMarker());
        manifests.expect(null);
    }

    private void recoverOwners(IndexRecovery.Progress progress) throws IOException {
        // Before the first owner is written: what is not learned now stays unknown over a crash.
        AtomicFile.write(config.ownersUnknownMarker(), new byte[0], false);
        Manifests.All all = manifests.complete();
        boolean learned = new OwnerRecovery(parts, manifests, reader, progress).recover(all.snapshots());
        if (learned && all.unreadable().isEmpty()) {
            Files.deleteIfExists(config.ownersUnknownMarker());
        }
    }

    public BackupSession openBackup(int node, String nodeName) throws IOException {
        return new BackupSession(nextSession.getAndIncrement(), node, nodeName, ingest, manifests, reader);
    }

    public ChunkReader reader() {
        return reader;
    }

    public Manifests manifests() {
        return manifests;
    }

    public VaultKeys vault() {
        return parts.vault();
    }

    /** What an archive needs. */
    public Archiving archiving() {
        return archiving;
    }

    // ---- volumes

    public VolumeList volumes() {
        return parts.volumes().list();
    }

    /** From now on these are the volumes. New ones take containers at once; what a lost one held does not count as used. */
    public void changeVolumes(VolumeList volumes) throws IOException {
        VolumeList before = parts.volumes().list();
        parts.volumes().change(volumes);
        for (Volume each : before.readable()) {
            if (volumes.find(each.number()).stream().anyMatch(now -> now.state() == Volume.State.LOST)) {
                ingest.allocator().released(lostVolume.giveUp(each.number()));
            }
        }
    }

    /** Looks for all volumes; returns what is wrong with those that are missing, by their numbers. */
    public Map<Integer, Phrase> lookForVolumes() {
        return parts.volumes().look();
    }

    /** Moves containers off volumes. */
    public Drain drain() {
        return drain;
    }

    /** Replaces what lost volumes held. */
    public LostVolume lostVolume() {
        return lostVolume;
    }

    /** Bytes in containers. */
    public long usedBytes() {
        return ingest.allocator().usedBytes();
    }

    /** How much is used, and how much more there may be. */
    public Room room() {
        return new Room(
                usedBytes(),
                config.profile().capacity().bytes(),
                parts.volumes().freeBytes(),
                parts.volumes().diskBytes());
    }

    /** Bytes that containers may take: by the profile, and by the file systems as they are now. */
    public long capacityBytes() {
        return room().capacityBytes();
    }

    public long chunks() throws IOException {
        return parts.index().estimatedChunks();
    }

    /** Look-ups of backups that the locality cache answered, and those that went to the index. */
    public KnownChunks.LookUps lookUps() {
        return ingest.known().lookUps();
    }

    /** The one garbage collector. */
    public GarbageCollector collector() {
        return collector;
    }

    public Scrub scrub() {
        return new Scrub(
                parts, archiving, manifests, new Pace(() -> ingest.leases().count() > 0, () -> false));
    }

    /** Containers in which a reader found something unreadable. */
    public Damage damage() {
        return reader.damage();
    }

    /** These containers are damaged: at the next backup clients are asked for what they hold. */
    public void suspect(Collection<Integer> containers) {
        ingest.known().suspect(containers);
    }

    /** These pages, and no others, list chunks that cannot be read: at the next backup clients are asked for what they list. */
    public void distrust(Collection<ChunkId> pages) {
        ingest.leases().distrust(pages);
    }

    /** This container was healed. */
    public void trust(int container) {
        ingest.known().trust(container);
        reader.damage().trust(container);
    }

    /** Whether clients have stored anew what was damaged, in sessions that have ended; told once. */
    public boolean takeMended() {
        return ingest.leases().takeMended();
    }

    /** {@link #takeMended} tells it once more when the sessions that are under way have ended, if they keep one of these. */
    public void lookAgain(Collection<Integer> containers) {
        if (containers.stream().anyMatch(ingest.leases()::isCondemned)) {
            ingest.leases().mend();
        }
    }

    public Checker checker() {
        return new Checker(parts, manifests, reader);
    }

    @Override
    public void close() throws IOException {
        ingest.close();
        manifests.close();
        reader.close();
        parts.index().close();
    }
}
