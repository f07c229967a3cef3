package dev.holdfast.store;

import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Scrub;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.gc.Pace;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.restore.Damage;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Room;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The deduplicating store of one appliance: ingest → index → envelope → volume, and back. One process opens a store at a
 * time; the caller holds the lock. Safe for use by several threads; closing waits for nobody, so stop sessions first.
 */
public final class Store implements AutoCloseable {
    /** Of the heap, for the locality cache. */
    private static final int LOCALITY_SHARE = 16;

    private final StoreConfig config;
    private final Disk disk;
    private final VaultKeys vault;
    private final Volumes volumes;
    private final ChunkIndex index;
    private final Ingest ingest;
    private final ChunkReader reader;
    private final Manifests manifests;
    private final ContainerArchive archive;
    private final GarbageCollector collector;
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
        this.disk = disk;
        this.vault = vault;
        this.archive = archive;
        var profile = config.profile();
        volumes = new Volumes(disk, config.volumes(), profile.reservePercent());
        volumes.requirePresent(vault.id());
        if (!Files.exists(config.index())) {
            AtomicFile.write(config.rebuildMarker(), new byte[0], false);
            if (Files.exists(config.recoveringMarker())) {
                AtomicFile.write(config.unlistedMarker(), new byte[0], false);
            }
            // RocksDB would make it, but not make its name durable.
            AtomicFile.createDirectory(config.index());
        }
        index = new ChunkIndex(
                config.index(),
                profile.memory().indexCache().bytes(),
                profile.memory().indexWriteBuffers().bytes());
        int leftOut;
        try {
            IndexRecovery recovery = new IndexRecovery(disk, vault, index, volumes, archive, progress);
            IndexRecovery.Found found = recovery.catchUp();
            leftOut = recovery.leftOut();
            ingest = new Ingest(
                    disk,
                    vault,
                    index,
                    volumes,
                    new Ingest.Limits(
                            profile.capacity().bytes(),
                            profile.compressionLevel(),
                            profile.workers().openContainers(),
                            profile.memory().heap().bytes() / LOCALITY_SHARE),
                    found.usedBytes(),
                    found.nextContainer(),
                    config.clock());
        } catch (IOException | RuntimeException e) {
            index.close();
            throw e;
        }
        reader = new ChunkReader(disk, vault, index, ingest, volumes, archive);
        manifests = new Manifests(disk, config.manifests(), vault, index, config.clock());
        collector = new GarbageCollector(
                disk,
                vault,
                index,
                volumes,
                ingest,
                manifests,
                reader,
                archive,
                new GarbageCollector.Files(
                        config.scratch(),
                        List.of(config.ownersUnknownMarker(), config.recoveringMarker(), config.rebuildMarker())),
                config.clock());
        try {
            if (Files.exists(config.recoveringMarker())) {
                manifests.expect(archive::manifest);
            }
            manifests.reconcile((file, cause) -> progress.warning("manifest " + file + ": " + cause.getMessage()));
            if (Files.exists(config.rebuildMarker())) {
                recoverOwners(archive, progress);
                if (leftOut == 0) {
                    Files.delete(config.rebuildMarker());
                }
            } else if (Files.exists(config.ownersUnknownMarker())) {
                // What was damaged then may have been healed.
                recoverOwners(archive, progress);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Throws the index away; the next opening rebuilds it, and goes on rebuilding however often it is cut off. */
    public static void discardIndex(StoreConfig config) throws IOException {
        if (Files.exists(config.rebuildMarker()) && Files.exists(config.index())) {
            return;
        }
        AtomicFile.write(config.rebuildMarker(), new byte[0], false);
        IndexRecovery.discard(config.index());
    }

    /**
     * The index is to be filled from elsewhere, until {@link #recovered}: whose chunks are whose is not known meanwhile, so that
     * a snapshot which cannot be read whole stops the collection. Manifests that are not here come from the archive when wanted.
     */
    public void recovering() throws IOException {
        AtomicFile.write(config.recoveringMarker(), new byte[0], false);
        manifests.expect(archive::manifest);
    }

    /** Whether snapshots are listed no more whose manifests were still to come: their list is to be read anew. */
    public boolean unlisted() {
        return Files.exists(config.unlistedMarker());
    }

    /** They are listed again. */
    public void listed() throws IOException {
        Files.deleteIfExists(config.unlistedMarker());
    }

    /** Learns from a snapshot which chunks its node owns, ahead of the rest. */
    public void recoverOwners(StoredSnapshot snapshot, IndexRecovery.Progress progress) throws IOException {
        var _ = new IndexRecovery(disk, vault, index, volumes, ContainerArchive.NONE, progress)
                .recoverOwners(manifests, List.of(snapshot), reader);
    }

    /** The index has been filled, and all manifests are here: learns which nodes own which chunks, from all snapshots. */
    public void recovered(IndexRecovery.Progress progress) throws IOException {
        recoverOwners(ContainerArchive.NONE, progress);
        Files.deleteIfExists(config.recoveringMarker());
        manifests.expect(null);
    }

    private void recoverOwners(ContainerArchive from, IndexRecovery.Progress progress) throws IOException {
        // Before the first owner is written: what is not learned now stays unknown over a crash.
        AtomicFile.write(config.ownersUnknownMarker(), new byte[0], false);
        Manifests.All all = manifests.complete();
        boolean learned = new IndexRecovery(disk, vault, index, volumes, from, progress)
                .recoverOwners(manifests, all.snapshots(), reader);
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
        return vault;
    }

    /** What an archive needs. */
    public Archiving archiving() {
        return new Archiving(disk, vault, index, volumes, ingest, manifests, reader, archive);
    }

    /** Bytes in containers. */
    public long usedBytes() {
        return ingest.usedBytes();
    }

    /** How much is used, and how much more there may be. */
    public Room room() {
        return new Room(ingest.usedBytes(), config.profile().capacity().bytes(), volumes.freeBytes());
    }

    /** Bytes that containers may take: by the profile, and by the file systems as they are now. */
    public long capacityBytes() {
        return room().capacityBytes();
    }

    public long chunks() throws IOException {
        return index.estimatedChunks();
    }

    /** Look-ups of backups that the locality cache answered, and those that went to the index. */
    public Ingest.LookUps lookUps() {
        return ingest.lookUps();
    }

    /** The one garbage collector. */
    public GarbageCollector collector() {
        return collector;
    }

    public Scrub scrub() {
        return new Scrub(
                disk,
                vault,
                archiving(),
                manifests,
                new Pace(() -> ingest.leases().count() > 0, () -> false),
                config.clock());
    }

    /** Containers in which a reader found something unreadable. */
    public Damage damage() {
        return reader.damage();
    }

    /** These containers are damaged: at the next backup clients are asked for what they hold. */
    public void doubt(Collection<Integer> containers) {
        ingest.doubt(containers);
    }

    /** This container was healed. */
    public void trust(int container) {
        ingest.trust(container);
        reader.damage().trust(container);
    }

    public Checker checker() {
        return new Checker(config, disk, vault, index, volumes, manifests, reader);
    }

    @Override
    public void close() throws IOException {
        ingest.close();
        manifests.close();
        reader.close();
        index.close();
    }
}
