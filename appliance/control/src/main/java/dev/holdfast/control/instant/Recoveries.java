package dev.holdfast.control.instant;

import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.image.Image;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.image.ImageReader;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.nbd.NbdError;
import dev.holdfast.protocol.nbd.NbdException;
import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Xts;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The recoveries of an appliance: the disks of snapshots that machines run from, each with what was written to it since. They stay over
 * restarts until they are ended. As long as one is there, its snapshot is not forgotten. Safe for use by several threads.
 */
public final class Recoveries implements Closeable {
    private static final System.Logger LOG = System.getLogger(Recoveries.class.getName());
    private static final Path SYSTEM_START = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String PREPARING = ".new";
    private static final String ENDING = ".ended";
    /** Of the file system of the overlays, at least one of the two stays free. */
    private static final long RESERVE_BYTES = 4L << 30;

    private static final int RESERVE_SHARE = 20;
    private static final int CACHE_FREE_SHARE = 10;

    private final Path directory;
    private final Store store;
    private final ImageCache cache;
    private final SnapshotMarks marks;
    private final LocalDisk disk = new LocalDisk();
    private final Origin origin = new Origin();
    private final Map<UUID, OpenRecovery> open = new ConcurrentHashMap<>();

    /** @param directory made where it is missing */
    public Recoveries(Path directory, Store store, ImageCache cache, SnapshotMarks marks) throws IOException {
        this.directory = directory;
        this.store = store;
        this.cache = cache;
        this.marks = marks;
        AtomicFile.createDirectory(directory);
        List<Path> found;
        try (Stream<Path> entries = Files.list(directory)) {
            found = entries.filter(Files::isDirectory)
                    .filter(each -> !each.endsWith(OpenRecovery.TRACES))
                    .toList();
        }
        for (Path each : found) {
            load(each);
        }
    }

    private void load(Path each) throws IOException {
        String name = each.getFileName().toString();
        if (name.endsWith(PREPARING) || name.endsWith(ENDING)) {
            delete(each);
            return;
        }
        try {
            OpenRecovery loaded = loaded(each);
            if (!marks.use(loaded.recovery().snapshot())) {
                throw new IllegalStateException("snapshots are forgotten before the recoveries are known");
            }
            open.put(loaded.recovery().id(), loaded);
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "the instant recovery in " + each + " cannot go on; it is left there",
                    e);
        }
    }

    private OpenRecovery loaded(Path each) throws IOException {
        return OpenRecovery.load(
                each,
                disk,
                origin,
                this::requireSpace,
                Files.readString(SYSTEM_START).strip());
    }

    private final class Origin implements OpenRecovery.Origin {
        @Override
        public Image image(Recovery recovery, Recovery.Disk wanted) throws IOException {
            StoredSnapshot snapshot = store.manifests()
                    .find(recovery.node(), recovery.snapshot())
                    .orElseThrow(() -> new NoSuchFileException("snapshot " + recovery.snapshot()));
            return ImageReader.open(cache, snapshot, TreePath.parse(wanted.path()));
        }

        @Override
        public Optional<Xts> cipher(Recovery recovery) throws IOException {
            if (recovery.key().isEmpty()) {
                return Optional.empty();
            }
            byte[] sealed;
            try {
                sealed = Base64.getDecoder().decode(recovery.key());
            } catch (IllegalArgumentException e) {
                throw FormatException.corrupt("the key of recovery " + recovery.id() + " is damaged");
            }
            byte[] key = store.vault().openControl(keyName(recovery.id()), sealed);
            try {
                return Optional.of(new Xts(key));
            } finally {
                Arrays.fill(key, (byte) 0);
            }
        }
    }

    private static String keyName(UUID recovery) {
        return "recovery " + recovery;
    }

    private String newKey(UUID recovery) {
        byte[] key = new byte[Xts.KEY_BYTES];
        new SecureRandom().nextBytes(key);
        byte[] sealed = store.vault().sealControl(keyName(recovery), key);
        Arrays.fill(key, (byte) 0);
        return Base64.getEncoder().encodeToString(sealed);
    }

    private void requireSpace(long bytes) throws IOException {
        if (!hasSpace(bytes) && !(cache.giveBack() && hasSpace(bytes))) {
            throw new NbdException(NbdError.NO_SPACE, "the appliance has no space left for what machines write");
        }
    }

    private boolean hasSpace(long bytes) throws IOException {
        long reserve = Math.min(RESERVE_BYTES, disk.totalBytes(directory) / RESERVE_SHARE);
        return disk.freeBytes(directory) - bytes >= reserve;
    }

    /**
     * Whether a cache may take so many bytes of the file system of recoveries: a tenth of it stays free, so that neither backups nor
     * what machines write miss the space.
     *
     * @param directory of the recoveries
     */
    public static boolean allowsCache(Path directory, long bytes) throws IOException {
        LocalDisk disk = new LocalDisk();
        return disk.freeBytes(directory) - bytes >= disk.totalBytes(directory) / CACHE_FREE_SHARE;
    }

    /** What a recovery is, and does. */
    public record Running(Recovery recovery, int connections, List<Figures> disks) {}

    /**
     * Of a disk.
     *
     * @param changedBytes that differ from the snapshot, or may
     * @param readBytes by machines since the appliance opened it
     */
    public record Figures(long changedBytes, long readBytes, long writtenBytes) {}

    /** All, the oldest first. */
    public List<Recovery> list() {
        return open.values().stream()
                .map(OpenRecovery::recovery)
                .sorted(Comparator.comparing(Recovery::begun).thenComparing(Recovery::id))
                .toList();
    }

    /** Opens the disks of a recovery if necessary. Empty where there is no such recovery. */
    public Optional<Running> find(UUID id) throws IOException {
        OpenRecovery found = open.get(id);
        if (found == null) {
            return Optional.empty();
        }
        List<Figures> figures = new ArrayList<>();
        for (Overlay each : found.overlays()) {
            figures.add(new Figures(each.changedBytes(), each.readBytes(), each.writtenBytes()));
        }
        return Optional.of(new Running(found.recovery(), found.connections(), figures));
    }

    /**
     * Begins a recovery. Its disks can be read and written when this returns.
     *
     * @param disks of the snapshot, at least one
     * @param user the node whose machine may use the disks over the network
     * @throws NoSuchFileException where the snapshot is being forgotten, or lacks a disk
     */
    public Recovery begin(StoredSnapshot snapshot, List<Recovery.Disk> disks, int user, String actor)
            throws IOException {
        if (!marks.use(snapshot.id())) {
            throw new NoSuchFileException("snapshot " + snapshot.id() + " is being deleted");
        }
        UUID id = UUID.randomUUID();
        boolean begun = false;
        try {
            Recovery made =
                    new Recovery(id, snapshot.id(), snapshot.node(), user, Instant.now(), actor, 1, disks, newKey(id));
            open.put(id, create(made));
            begun = true;
            return made;
        } finally {
            if (!begun) {
                marks.unuse(snapshot.id());
                discard(id);
            }
        }
    }

    private OpenRecovery create(Recovery made) throws IOException {
        Path preparing = directory.resolve(made.id() + PREPARING);
        AtomicFile.createDirectory(preparing);
        OpenRecovery.create(preparing, disk, made);
        Path place = directory.resolve(made.id().toString());
        disk.rename(preparing, place);
        disk.syncDirectory(directory);
        OpenRecovery created = loaded(place);
        created.overlays();
        return created;
    }

    /** What is left of one that could not be made. */
    private void discard(UUID id) {
        for (String each : List.of(id + PREPARING, id.toString())) {
            try {
                if (Files.exists(directory.resolve(each))) {
                    delete(directory.resolve(each));
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "what is left of an instant recovery cannot be deleted", e);
            }
        }
    }

    /**
     * Ends a recovery, and deletes what was written to its disks.
     *
     * @return false where machines are connected to it; then nothing was changed
     */
    public boolean end(UUID id) throws IOException {
        OpenRecovery ended = open.get(id);
        if (ended == null) {
            return true;
        }
        if (!ended.closeUnused()) {
            return false;
        }
        Path place = directory.resolve(id.toString());
        Path ending = directory.resolve(id + ENDING);
        disk.rename(place, ending);
        disk.syncDirectory(directory);
        if (open.remove(id) != null) {
            marks.unuse(ended.recovery().snapshot());
        }
        delete(ending);
        return true;
    }

    private static void delete(Path tree) throws IOException {
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /**
     * The disks, by {@link Recovery#export}.
     *
     * @param users of whose recoveries
     * @param guard is asked before each request
     */
    public NbdExports exports(IntPredicate users, Guard guard) {
        return new NbdExports() {
            @Override
            public List<Listed> list() {
                return Recoveries.this.list().stream()
                        .filter(each -> users.test(each.user()))
                        .flatMap(each -> each.disks().stream().map(disk -> new Listed(each.export(disk), disk.path())))
                        .toList();
            }

            @Override
            public @Nullable NbdExport open(String name) throws IOException {
                for (OpenRecovery each : open.values()) {
                    Recovery recovery = each.recovery();
                    for (Recovery.Disk disk :
                            users.test(recovery.user()) ? recovery.disks() : List.<Recovery.Disk>of()) {
                        if (recovery.export(disk).equals(name)) {
                            return each.connect(disk, disk.path() + " of snapshot " + recovery.snapshot(), guard);
                        }
                    }
                }
                return null;
            }
        };
    }

    /** Flushes and closes all disks, which no connection uses any more; the recoveries stay. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (OpenRecovery each : open.values()) {
            try {
                each.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
