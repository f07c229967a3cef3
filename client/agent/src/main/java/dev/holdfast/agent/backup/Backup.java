package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.LocalManifest;
import dev.holdfast.agent.remote.OwnSnapshots;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One backup: a walk finds what changed since the previous snapshot, readers bundle and cut it into chunks, the uploader
 * brings the unknown ones to the appliance, and the manifest is built behind them in order. Memory is bounded by queues
 * and the uploader's budget; order in the manifest is the walk's, however reading overtakes.
 */
public final class Backup {
    private static final System.Logger LOG = System.getLogger(Backup.class.getName());
    private static final int MAX_OPEN_DIRECTORIES = 256;
    private static final int SLOTS = 8192;
    /** A bundle ends after this many records of the walk, so that no slot waits for one that cannot fill. */
    private static final int BUNDLE_SPAN = SLOTS / 2;

    private static final int BUNDLE_MIN_BYTES = 128 << 10;
    private static final int BUNDLE_MAX_BYTES = 512 << 10;
    /** Behind the minimum, one name in this many ends a bundle: names, since content is not read yet. */
    private static final int BUNDLE_CUT_MASK = 7;

    /** The appliance takes descriptions of 128 KiB. */
    private static final int MAX_MOUNTS_TOLD = 64;

    private static final int MAX_MOUNT_BYTES = 16 << 10;

    static final String NO_LONGER_LINKED =
            "changed after another of its names was read, so it is kept as a file of its own";

    /**
     * @param tags as {@link SnapshotSummary} has them
     * @param fullRead read every file, whatever the previous snapshot says
     */
    public record Options(
            Sources sources,
            Excludes excludes,
            boolean oneFileSystem,
            boolean fullRead,
            Where compress,
            int streams,
            int readers,
            int budgetBytes,
            List<String> tags,
            Manners manners) {}

    /**
     * What a backup takes of its surroundings.
     *
     * @param reading passed by every byte that is read, {@code sending} by every byte of chunks that is sent
     * @param compressors threads that compress
     * @param order the appliance's task that this backup is for, 0 for none
     */
    public record Manners(Pace reading, Pace sending, int compressors, long order) {
        /** As fast as it goes, for nobody in particular. */
        public static final Manners FREE = new Manners(
                Pace.unlimited(), Pace.unlimited(), Runtime.getRuntime().availableProcessors(), 0);
    }

    public record Result(UUID snapshot, SnapshotSummary summary, long millis, long networkBytes, boolean incremental) {}

    private final Platform platform;
    private final Appliance appliance;
    private final Path state;
    private final Options options;
    private final BackupStats stats;
    private final Problems problems;
    private final BlockingQueue<ManifestBuilder.Slot> slots = new ArrayBlockingQueue<>(SLOTS);
    private final BlockingQueue<Work> work = new LinkedBlockingQueue<>();
    private volatile @Nullable IOException failed;
    private @Nullable Thread builder;

    /** What readers take, in the order of the walk. */
    private sealed interface Work {
        record Bundle(List<FileJob> jobs) implements Work {}

        record Large(FileJob job) implements Work {}

        record Stop() implements Work {}
    }

    public Backup(
            Platform platform,
            Appliance appliance,
            Path state,
            Options options,
            BackupStats stats,
            Consumer<Problem> onProblem) {
        this.platform = platform;
        this.appliance = appliance;
        this.state = state;
        this.options = options;
        this.stats = stats;
        this.problems = new Problems(stats, onProblem);
    }

    /** Backs up the sources. */
    public Result run() throws IOException {
        return run(null, "");
    }

    /** Backs up what a stream holds, as one file named {@code name}. */
    public Result runStream(InputStream stream, String name) throws IOException {
        return run(stream, name);
    }

    private Result run(@Nullable InputStream stream, String name) throws IOException {
        long began = System.nanoTime();
        long started = System.currentTimeMillis();
        Connection control = appliance.control();
        if (!options.tags.isEmpty() && control.welcome().version() < Frames.ORDERS_WITH_OPTIONS) {
            throw new IOException("the appliance is too old for tags; update it, or make the backup without");
        }
        long networkBefore = appliance.sentBytes();
        List<Connection> streams = openStreams(control);
        PrivateDedup dedup = PrivateDedup.load(state);
        Path copyPath = copyPath(dedup);
        Previous previous =
                stream == null && !options.fullRead ? previous(copyPath, dedup) : new Previous(null, null, true);
        GearChunker chunker = new GearChunker(control.welcome().gearKey());
        int processors = options.manners.compressors();
        var compression = new ChunkUploader.Compression(options.compress, processors);
        List<Thread> threads = new ArrayList<>();
        ExecutorService late = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("late-reader").factory());
        List<SourceMount> mounts =
                stream == null && control.welcome().version() >= Frames.SOURCE_MOUNTS ? mounts() : List.of();
        setBuilder(Thread.currentThread());
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES);
                ChunkUploader uploader = new ChunkUploader(
                        streams, options.budgetBytes, processors, compression, options.manners.sending(), stats);
                LocalManifest.Writer copy = new LocalManifest.Writer(copyPath)) {
            DirectoryNode root = pool.root(platform.openRoot());
            FileReaders readers = new FileReaders(
                    chunker,
                    dedup.prefix(),
                    uploader,
                    options.manners.reading(),
                    stats,
                    problems,
                    control.welcome().version() >= Frames.ORDERS_WITH_OPTIONS,
                    started);
            for (int i = 0; i < options.readers; i++) {
                threads.add(Thread.ofPlatform().daemon().name("reader-" + i).start(() -> readLoop(readers)));
            }
            threads.add(Thread.ofPlatform().daemon().name("walker").start(() -> {
                if (stream != null) {
                    streamLoop(root, readers, stream, name);
                } else {
                    walkLoop(root, previous.tree, readers, started);
                }
            }));
            OwnSnapshots own = new OwnSnapshots(state);
            OwnSnapshots.Root hash = new OwnSnapshots.Root();
            ManifestBuilder.PageCopy pages = (ref, bytes) -> {
                copy.page(ref, bytes);
                hash.add(ref);
            };
            new ManifestBuilder(
                            slots,
                            uploader,
                            control,
                            problems,
                            pages,
                            job -> late.execute(() -> readLate(readers, job)),
                            started)
                    .run();
            setBuilder(null);
            SnapshotSummary summary = summary(started, mounts);
            Message.Committed committed =
                    control.request(new Message.Commit(summary.encode()), Message.Committed.class);
            if (previous.own) {
                try {
                    own.remember(committed.snapshot(), hash.digest());
                } catch (IOException e) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "the snapshot is made, but this client cannot note that it made it, and restores of it by"
                                    + " order will leave out set-id bits and device nodes: " + e.getMessage());
                }
            }
            copy.commit(committed.snapshot());
            long millis = (System.nanoTime() - began) / 1_000_000;
            return new Result(
                    committed.snapshot(),
                    summary,
                    millis,
                    appliance.sentBytes() - networkBefore,
                    previous.tree != null);
        } catch (IOException | InterruptedException e) {
            IOException cause = failed;
            if (cause != null) {
                throw cause;
            }
            throw e instanceof IOException io ? io : new InterruptedIOException("interrupted");
        } finally {
            setBuilder(null);
            threads.forEach(Thread::interrupt);
            late.shutdownNow();
            if (previous.local != null) {
                previous.local.close();
            }
        }
    }

    private List<Connection> openStreams(Connection control) throws IOException {
        long order = options.manners.order();
        Message open = order == 0 ? new Message.OpenBackup(description()) : new Message.OpenOrdered(order);
        Message.BackupOpened opened = control.request(open, Message.BackupOpened.class);
        List<Connection> streams = new ArrayList<>();
        for (int i = 0; i < options.streams; i++) {
            Connection connection = appliance.connect();
            connection.request(new Message.JoinBackup(opened.session()), Message.Done.class);
            streams.add(connection);
        }
        return streams;
    }

    private String description() {
        String text = options.sources.paths().stream()
                .map(TreePath::toString)
                .limit(8)
                .reduce((a, b) -> a + " " + b)
                .orElse("-");
        return text.length() > 1000 ? text.substring(0, 1000) : text;
    }

    /** One copy for each set of sources, and for each secret that chunks begin with. */
    private Path copyPath(PrivateDedup dedup) {
        Path directory = state.resolve("previous");
        StringBuilder key = new StringBuilder();
        options.sources.paths().forEach(source -> key.append(source).append('\n'));
        if (dedup.active()) {
            // Records of other backups must not be taken over: their chunks may be shared.
            key.append('\n').append(dedup.hex());
        }
        return directory.resolve(Digest.of(key.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .toString()
                .substring(0, 16));
    }

    /**
     * What unchanged files are taken over from.
     *
     * @param own whether this client surely made it: only then is the new snapshot, which takes records over from it, the
     *     client's own work
     */
    private record Previous(
            @Nullable PreviousTree tree, @Nullable LocalManifest local, boolean own) {}

    /** The newest snapshot of the same sources, from the local copy if that is of the same snapshot. */
    private Previous previous(Path copyPath, PrivateDedup dedup) throws IOException {
        Appliance.Listed latest = null;
        for (Appliance.Listed candidate : appliance.snapshots()) {
            if (candidate.summary().sources().equals(options.sources.paths())) {
                latest = candidate;
            }
        }
        if (latest == null) {
            return new Previous(null, null, true);
        }
        long began = latest.summary().started();
        try {
            LocalManifest local = LocalManifest.open(copyPath);
            if (local.snapshot().equals(latest.id())) {
                return new Previous(
                        new PreviousTree(new TreeCursor(local), began),
                        local,
                        new OwnSnapshots(state).lists(local.snapshot()));
            }
            local.close();
        } catch (IOException e) {
            // No copy, or a damaged one: the appliance has the original.
        }
        if (dedup.active()) {
            // Only the copy proves that the snapshot's chunks begin with the secret.
            return new Previous(null, null, true);
        }
        RemoteManifest remote = appliance.open(latest.id(), Purpose.CHANGE_DETECTION);
        return new Previous(
                new PreviousTree(new TreeCursor(remote), began), null, new OwnSnapshots(state).made(remote));
    }

    /** Where there are so many sources that the description would be too long, only of the first. */
    private List<SourceMount> mounts() {
        List<TreePath> told =
                options.sources.present().stream().limit(MAX_MOUNTS_TOLD).toList();
        List<SourceMount> mounts = new ArrayList<>(platform.mounts(told, options.sources.links()));
        int bytes = 0;
        for (int i = 0; i < mounts.size(); i++) {
            SourceMount mount = mounts.get(i);
            bytes += mount.path().length()
                    + mount.mountPoint().length()
                    + mount.inside().length();
            if (bytes > MAX_MOUNT_BYTES) {
                return List.copyOf(mounts.subList(0, i));
            }
        }
        return List.copyOf(mounts);
    }

    private SnapshotSummary summary(long started, List<SourceMount> mounts) {
        return new SnapshotSummary(
                HostName.own(),
                Connection.SOFTWARE,
                started,
                System.currentTimeMillis(),
                options.sources.paths(),
                options.excludes.described(),
                new SnapshotSummary.Counts(
                        stats.files.sum(),
                        stats.directories.sum(),
                        stats.others.sum(),
                        stats.bytes.sum(),
                        stats.reusedFiles.sum(),
                        stats.sentChunks.sum(),
                        stats.sentBytes.sum(),
                        stats.wireBytes.sum(),
                        stats.problems.sum()),
                List.copyOf(problems.pages()),
                options.tags,
                mounts);
    }

    private void readLoop(FileReaders readers) {
        try {
            while (true) {
                switch (work.take()) {
                    case Work.Bundle(List<FileJob> jobs) -> readers.readBundle(jobs);
                    case Work.Large(FileJob job) -> readers.readLarge(job);
                    case Work.Stop stop -> {
                        // For the next reader too.
                        work.put(stop);
                        return;
                    }
                }
            }
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            // The backup is over.
        } catch (RuntimeException | Error e) {
            fail(new IOException("a reader failed: " + e, e));
        }
    }

    /** Reads, out of turn, what turned out to be no further name of another file. */
    private void readLate(FileReaders readers, FileJob job) {
        try {
            readers.readLarge(job);
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            // The backup is over.
        } catch (RuntimeException | Error e) {
            fail(new IOException("a reader failed: " + e, e));
        }
    }

    /** Makes the thread that builds the manifest give up, wherever it waits. */
    private synchronized void fail(IOException cause) {
        if (failed == null && builder != null) {
            failed = cause;
            builder.interrupt();
        }
    }

    private synchronized void setBuilder(@Nullable Thread thread) {
        builder = thread;
        if (thread == null) {
            // An interrupt that came too late to matter must not hit what follows.
            boolean late = Thread.interrupted();
            assert !late || failed != null;
        }
    }

    private void walkLoop(DirectoryNode root, @Nullable PreviousTree previous, FileReaders readers, long started) {
        try {
            options.sources
                    .missing()
                    .forEach((path, why) -> problems.add(path, Problem.Kind.UNREADABLE, "not there: " + why));
            Collector collector = new Collector(previous, readers, started);
            new Walker(options.sources, options.excludes, options.oneFileSystem).walk(root, collector);
            collector.endBundle();
            work.put(new Work.Stop());
            slots.put(new ManifestBuilder.Slot.End());
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            // The backup is over.
        } catch (RuntimeException | Error e) {
            fail(new IOException("the walk failed: " + e, e));
        }
    }

    private void streamLoop(DirectoryNode root, FileReaders readers, InputStream stream, String name) {
        try {
            Timestamp now = new Timestamp(System.currentTimeMillis() / 1000, 0);
            Stat stat = new Stat(Stat.Type.FILE, 0600, 0, 0, 0, 0, now, now, null, 0, 0, 1, 0, 0, 0);
            TreePath path = TreePath.parse(name);
            FileJob job = new FileJob(root, path.name(), path, stat, 0);
            stats.files.increment();
            slots.put(new ManifestBuilder.Slot.Reading(job));
            readers.readStream(job, stream);
            slots.put(new ManifestBuilder.Slot.End());
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            // The backup is over.
        } catch (RuntimeException | Error e) {
            fail(new IOException("reading the stream failed: " + e, e));
        }
    }

    /** Decides, on the walking thread, what becomes of each file. */
    private final class Collector implements Walker.Visitor {
        private final @Nullable PreviousTree previous;
        private final FileReaders readers;
        private List<FileJob> bundle = new ArrayList<>();
        private long bundleBytes;
        private int bundleSpan;
        /** Files with several names of which some are still to come. */
        private final Map<LinkKey, Shared> links = new HashMap<>();

        private final long started;
        private int generations;
        private final Set<Long> devices = new HashSet<>();

        private record LinkKey(long device, long inode) {}

        /**
         * A file with several names.
         *
         * @param state as the first name had it
         * @param left how many names are still to come
         */
        private record Shared(Stat state, int left, int generation) {}

        Collector(@Nullable PreviousTree previous, FileReaders readers, long started) {
            this.previous = previous;
            this.readers = readers;
            this.started = started;
        }

        private void put(ManifestBuilder.Slot slot) throws IOException {
            IOException before = failed;
            if (before != null) {
                throw before;
            }
            try {
                if (!bundle.isEmpty() && ++bundleSpan >= BUNDLE_SPAN) {
                    endBundle();
                }
                slots.put(slot);
            } catch (InterruptedException e) {
                throw new InterruptedIOException("interrupted");
            }
        }

        private void ready(TreePath path, Node node) throws IOException {
            put(new ManifestBuilder.Slot.Ready(path, node));
        }

        private Node.@Nullable Named unchanged(TreePath path, Stat stat) {
            return previous == null ? null : previous.unchanged(path, stat);
        }

        /**
         * Has a file system write back what it holds in memory before the first of its files is looked at. What programs store
         * through mappings of a file moves its times only once for each time that it is written back: without this, what they
         * store after it was read would be taken for old by the next backup.
         */
        private void writeBack(TreePath path, DirectoryNode directory) {
            try {
                directory.use(open -> {
                    open.sync();
                    return true;
                });
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the file system of " + path + " could not write back what it holds in memory: "
                                + e.getMessage());
            }
        }

        @Override
        public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
            if (devices.add(stat.device())) {
                DirectoryNode self = parent.child(name, stat);
                writeBack(path, self);
                self.release();
            }
            stats.directories.increment();
            Node.Named before = unchanged(path, stat);
            if (before instanceof Node.Directory
                    && stat.sameFlags(before.attributes().flags())) {
                Attributes known = before.attributes();
                ready(
                        path,
                        new Node.Directory(
                                path.name(),
                                stat.attributes().withXattrs(known.xattrs()).withFlags(known.flags())));
                return;
            }
            List<Xattr> xattrs = parent.use(directory -> readers.xattrs(path, directory, name));
            ready(
                    path,
                    new Node.Directory(
                            path.name(),
                            stat.attributes().withXattrs(xattrs).withFlags(readers.flags(path, parent, name, stat))));
        }

        @Override
        public void leave(TreePath path) throws IOException {
            ready(path, new Node.Leave());
        }

        @Override
        public void problem(TreePath path, Problem.Kind kind, String detail) {
            problems.add(path, kind, detail);
        }

        @Override
        public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
            if (devices.add(stat.device())) {
                writeBack(path, parent);
            }
            switch (stat.type()) {
                case SOCKET -> {
                    problems.add(path, Problem.Kind.SOCKET_SKIPPED, "sockets exist only while a program listens");
                    return;
                }
                case OTHER, DIRECTORY -> {
                    problems.add(path, Problem.Kind.UNREPRESENTABLE, "unknown type of file");
                    return;
                }
                case FILE -> stats.files.increment();
                case SYMLINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE -> stats.others.increment();
            }
            Node.Named before = unchanged(path, stat);
            int generation = 0;
            if (stat.links() > 1) {
                LinkKey key = new LinkKey(stat.device(), stat.inode());
                Shared shared = links.get(key);
                if (shared != null && shared.state.sameState(stat)) {
                    furtherName(parent, name, path, stat, key, shared);
                    return;
                }
                generation = generation(path, stat, shared);
                links.put(key, new Shared(stat, stat.links() - 1, generation));
            }
            if (stat.type() == Stat.Type.FILE) {
                regular(parent, name, path, stat, before, generation);
            } else {
                other(parent, name, path, stat, before, generation);
            }
        }

        /**
         * A number that tells this file from one that had the same device and inode number earlier in the walk. Where that
         * one is forgotten, since all its names were seen, the file has another name only if it changed after the walk began.
         */
        private int generation(TreePath path, Stat stat, @Nullable Shared shared) {
            if (shared != null && shared.state.sameFile(stat)) {
                problems.add(path, Problem.Kind.CHANGED, NO_LONGER_LINKED);
            }
            boolean first = shared == null && Ticks.millis(stat.ctime()) < started - Ticks.millis(stat);
            return first ? 0 : 1 + generations++ % FileJob.MAX_GENERATION;
        }

        private void furtherName(
                DirectoryNode parent, byte[] name, TreePath path, Stat stat, LinkKey key, Shared shared)
                throws IOException {
            boolean last = shared.left == 1;
            if (last) {
                links.remove(key);
            } else {
                links.put(key, new Shared(shared.state, shared.left - 1, shared.generation));
            }
            skipMore();
            put(new ManifestBuilder.Slot.Link(new FileJob(parent, name, path, stat, shared.generation), last));
        }

        private void skipMore() {
            // A record that is not used takes its continuation along.
            Node.More skipped = more();
            while (skipped != null) {
                skipped = more();
            }
        }

        private void regular(
                DirectoryNode parent,
                byte[] name,
                TreePath path,
                Stat stat,
                Node.@Nullable Named before,
                int generation)
                throws IOException {
            stats.bytes.add(stat.size());
            boolean reusable = generation == 0
                    && before instanceof Node.RegularFile file
                    && sameAttributes(file.attributes(), stat);
            if (reusable
                    && before instanceof Node.RegularFile file
                    && !file.content().changed()) {
                stats.reusedFiles.increment();
                stats.reusedBytes.add(stat.size());
                ready(path, file);
                boolean open = file.content().more();
                for (Node.More more = more(); more != null; more = more()) {
                    ready(path, more);
                    open = more.content().more();
                }
                if (open) {
                    throw new PreviousBrokenException(path);
                }
                return;
            }
            skipMore();
            FileJob job = new FileJob(parent, name, path, stat, generation);
            put(new ManifestBuilder.Slot.Reading(job));
            if (stat.size() <= FileReaders.SMALL_BYTES && !stat.sparse()) {
                bundle.add(job);
                bundleBytes += stat.size();
                boolean cut = bundleBytes >= BUNDLE_MIN_BYTES
                        && (Arrays.hashCode(name) * 0x9E3779B1 >>> 16 & BUNDLE_CUT_MASK) == 0;
                if (cut || bundleBytes >= BUNDLE_MAX_BYTES) {
                    endBundle();
                }
            } else {
                // Readers must get work in the order of the manifest, or they could all wait for a bundle behind them.
                endBundle();
                work.add(new Work.Large(job));
            }
        }

        private Node.@Nullable More more() {
            return previous == null ? null : previous.more();
        }

        /** Mode and owner are covered by ctime; checked all the same, for file systems with a lazy one. */
        private boolean sameAttributes(Attributes a, Stat stat) {
            Attributes now = stat.attributes();
            return a.mode() == now.mode()
                    && a.uid() == now.uid()
                    && a.gid() == now.gid()
                    && stat.sameFlags(a.flags())
                    && a.links() == now.links()
                    && a.device() == now.device();
        }

        private void other(
                DirectoryNode parent,
                byte[] name,
                TreePath path,
                Stat stat,
                Node.@Nullable Named before,
                int generation)
                throws IOException {
            if (before != null
                    && generation == 0
                    && sameAttributes(before.attributes(), stat)
                    && !(before instanceof Node.HardLink)) {
                ready(path, before);
                return;
            }
            try {
                Attributes attributes = FileJob.generation(stat.attributes(), generation)
                        .withXattrs(parent.use(directory -> readers.xattrs(path, directory, name)));
                Node node = switch (stat.type()) {
                    case SYMLINK ->
                        new Node.Symlink(name, attributes, parent.use(directory -> directory.readLink(name)));
                    case FIFO -> special(name, attributes, Node.Special.Type.FIFO, stat);
                    case CHARACTER_DEVICE -> special(name, attributes, Node.Special.Type.CHARACTER_DEVICE, stat);
                    case BLOCK_DEVICE -> special(name, attributes, Node.Special.Type.BLOCK_DEVICE, stat);
                    case FILE, DIRECTORY, SOCKET, OTHER -> throw new IllegalStateException("handled before");
                };
                if (!parent.use(directory -> directory.stat(name)).sameState(stat)) {
                    problems.add(path, Problem.Kind.CHANGED, "replaced or changed while it was read");
                }
                ready(path, node);
            } catch (dev.holdfast.agent.fs.OsException e) {
                Problem.Kind kind = e.vanished() ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE;
                problems.add(path, kind, String.valueOf(e.getMessage()));
            }
        }

        private static Node special(byte[] name, Attributes attributes, Node.Special.Type type, Stat stat) {
            boolean device = type != Node.Special.Type.FIFO;
            return new Node.Special(name, attributes, type, device ? stat.major() : 0, device ? stat.minor() : 0);
        }

        void endBundle() {
            bundleSpan = 0;
            bundleBytes = 0;
            if (!bundle.isEmpty()) {
                work.add(new Work.Bundle(bundle));
                bundle = new ArrayList<>();
            }
        }
    }
}
