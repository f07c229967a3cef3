package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.LocalManifest;
import dev.holdfast.agent.remote.OwnSnapshots;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The run of one {@link Backup}: opens the session, wires the parts, starts their threads, builds the manifest behind them, and
 * commits. Used once, by one thread.
 */
final class BackupRun {
    private static final System.Logger LOG = System.getLogger(BackupRun.class.getName());
    private static final int MAX_OPEN_DIRECTORIES = 256;

    private final Platform platform;
    private final Appliance appliance;
    private final Connection control;
    private final Path state;
    private final Backup.Options options;
    private final BackupStats stats;
    private final Problems problems;
    private final BackupDescription description;
    private final long began = System.nanoTime();
    /** When everything was in the state that is read, or later; ms since 1970. */
    private final long started;

    private final FirstFailure failure = new FirstFailure();
    private final WalkOutput output = new WalkOutput(failure);
    private final List<Thread> threads = new ArrayList<>();
    private final ExecutorService late = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("late-reader").factory());

    BackupRun(
            Platform platform,
            Appliance appliance,
            Path state,
            Backup.Options options,
            BackupStats stats,
            Problems problems) {
        this.platform = platform;
        this.started = platform.moment();
        this.appliance = appliance;
        this.control = appliance.control();
        this.state = state;
        this.options = options;
        this.stats = stats;
        this.problems = problems;
        this.description = new BackupDescription(platform, options, stats, problems);
    }

    /** @param given what to back up instead of the sources; null for these */
    Backup.Result run(@Nullable Given given) throws IOException {
        if (!options.tags().isEmpty() && !speaks(Frames.ORDERS_WITH_OPTIONS)) {
            throw new IOException("the appliance is too old for tags; update it, or make the backup without");
        }
        appliance.hash().tellIfSlow();
        long networkBefore = appliance.sentBytes();
        List<Connection> streams = openStreams();
        PrivateDedup dedup = PrivateDedup.load(state);
        Path copyPath = PreviousSnapshot.copyPath(state, options.sources().paths(), dedup);
        boolean takesOver = !options.fullRead() && (given == null || given.takesOver());
        try (PreviousSnapshot previous = takesOver
                ? PreviousSnapshot.find(appliance, state, options.sources().paths(), copyPath, dedup)
                : PreviousSnapshot.NONE) {
            List<SourceMount> mounts = given == null && speaks(Frames.SOURCE_MOUNTS) ? description.mounts() : List.of();
            Made made = store(given, streams, dedup, copyPath, previous, mounts);
            return new Backup.Result(
                    made.snapshot,
                    made.summary,
                    (System.nanoTime() - began) / 1_000_000,
                    appliance.sentBytes() - networkBefore,
                    previous.pages() != null);
        }
    }

    private record Made(UUID snapshot, SnapshotSummary summary) {}

    private boolean speaks(int version) {
        return control.welcome().version() >= version;
    }

    private List<Connection> openStreams() throws IOException {
        Message open = options.task() == 0
                ? new Message.OpenBackup(description.ofTask())
                : new Message.OpenOrdered(options.task());
        Message.BackupOpened opened = control.request(open, Message.BackupOpened.class);
        List<Connection> streams = new ArrayList<>();
        for (int i = 0; i < options.streams(); i++) {
            Connection connection = appliance.connect();
            connection.request(new Message.JoinBackup(opened.session()), Message.Done.class);
            streams.add(connection);
        }
        return streams;
    }

    private Made store(
            @Nullable Given given,
            List<Connection> streams,
            PrivateDedup dedup,
            Path copyPath,
            PreviousSnapshot previous,
            List<SourceMount> mounts)
            throws IOException {
        Throttle throttle = options.throttle();
        failure.attach();
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES);
                ChunkUploader uploader = new ChunkUploader(
                        streams,
                        appliance.hash(),
                        options.budgetBytes(),
                        throttle.compressors(),
                        new ChunkUploader.Compression(options.compress(), throttle.compressors()),
                        throttle.sending(),
                        stats);
                Helpers helpers = new Helpers(throttle.helpers());
                LocalManifest.Writer copy = new LocalManifest.Writer(copyPath)) {
            AttributeReader attributes = new AttributeReader(problems, speaks(Frames.ORDERS_WITH_OPTIONS));
            ContentReader content = new ContentReader(
                    new GearChunker(control.welcome().gearKey()),
                    dedup.prefix(),
                    uploader,
                    helpers,
                    throttle.reading(),
                    stats);
            FileReaders readers = new FileReaders(content, attributes, uploader, stats, problems, started);
            start(pool.root(platform.openRoot()), given, previous, attributes, readers);
            OwnSnapshots.Root root = new OwnSnapshots.Root();
            ManifestBuilder.PageCopy pages = (ref, bytes) -> {
                copy.page(ref, bytes);
                root.add(ref);
            };
            ManifestBuilder.LateReader lateReader =
                    job -> late.execute(() -> failure.guard("a reader", () -> readers.readLarge(job)));
            new ManifestBuilder(output.slots(), uploader, control, problems, pages, lateReader, started).run();
            failure.detach();
            platform.requireIntact();
            return commit(description.summary(started, mounts), root, copy, previous.own());
        } catch (IOException | InterruptedException e) {
            failure.throwIfFailed();
            throw e instanceof IOException io ? io : new InterruptedIOException("interrupted");
        } finally {
            failure.detach();
            threads.forEach(Thread::interrupt);
            late.shutdownNow();
        }
    }

    /** Starts the readers, and the walk or the reading of what is given. */
    private void start(
            DirectoryNode root,
            @Nullable Given given,
            PreviousSnapshot previous,
            AttributeReader attributes,
            FileReaders readers) {
        for (int i = 0; i < options.readers(); i++) {
            startThread("reader-" + i, "a reader", () -> output.readAll(readers));
        }
        if (given == null) {
            startThread("walker", "the walk", () -> walk(root, previous.tree(), attributes));
        } else {
            startThread("walker", "reading", () -> {
                given.give(new Given.Takers(root, output, readers, stats, previous));
                output.end();
            });
        }
    }

    private void startThread(String name, String what, FirstFailure.Part part) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(() -> failure.guard(what, part)));
    }

    private void walk(DirectoryNode root, @Nullable PreviousTree previous, AttributeReader attributes)
            throws IOException, InterruptedException {
        options.sources()
                .missing()
                .forEach((path, why) -> problems.add(path, Problem.Kind.UNREADABLE, "not there: " + why));
        LinkTracker links = new LinkTracker(problems, started);
        new Walker(options.sources(), options.excludes(), options.oneFileSystem())
                .walk(root, new ChangeDetection(previous, attributes, output, stats, problems, links));
        output.end();
    }

    private Made commit(SnapshotSummary summary, OwnSnapshots.Root root, LocalManifest.Writer copy, boolean own)
            throws IOException {
        UUID snapshot = control.request(new Message.Commit(summary.encode()), Message.Committed.class)
                .snapshot();
        if (own) {
            try {
                new OwnSnapshots(state).remember(snapshot, root.digest());
            } catch (IOException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the snapshot is made, but this client cannot note that it made it, and restores of it by"
                                + " order will leave out set-id bits and device nodes: " + e.getMessage());
            }
        }
        copy.commit(snapshot);
        return new Made(snapshot, summary);
    }
}
