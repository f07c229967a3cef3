package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Brings a snapshot, or a part of it, back to a directory.
 *
 * <p>Works in windows of the manifest, see {@link ChunkFetch}. Memory is a window's plan and the chunks in flight. All work is relative to
 * open directories and follows no symlink, so nothing can lead outside the target. Interrupted, it is repeated: files
 * that are complete already are left alone, large ones go on where they stood.
 */
public final class Restore {
    private static final int MAX_OPEN_DIRECTORIES = 256;
    private static final int UNFINISHED_NAMED = 5;

    private final DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES);
    private final DirectoryNode target;
    private final RestoreStats stats;
    private final ExistingFiles existing;
    private final WorkFiles work;
    private final TargetHealth health;
    private final TouchedFileSystems fileSystems;
    private final EarlySync earlySync;
    private final ChunkFetch fetch;
    private final HardLinks links;
    private final Windows windows;
    private final OpenDirectories directories;
    private final SimpleEntries simple;
    private final SnapshotWalk walk;

    /** Told of each thing that could not be restored exactly. */
    public interface Reporter {
        void problem(TreePath path, String what);

        /** Told of each thing that the {@link Confinement} left out. */
        default void stripped(TreePath path, String what) {
            problem(path, what + " not restored: an order may not give rights on this machine");
        }

        /** Told once if the restore waits for another one into the same target to end. */
        default void waiting() {}

        /** Told of each entry that was removed since the snapshot does not have it. */
        default void deleted(TreePath path) {}
    }

    /** @param target closed when the restore ends */
    public Restore(
            Appliance appliance,
            RemoteManifest manifest,
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            int streams,
            Reporter reporter)
            throws IOException {
        this(
                ChunkSource.of(appliance, streams, options.freeOnly()),
                manifest,
                manifest.snapshot(),
                manifest.summary(),
                target,
                options,
                confinement,
                stats,
                reporter);
    }

    Restore(
            ChunkSource source,
            TreeCursor.Pages manifest,
            UUID snapshot,
            SnapshotSummary summary,
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            Reporter reporter) {
        DirectoryNode root = pool.root(target);
        ExistingFiles existing = new ExistingFiles(options.overwrite(), stats, reporter);
        WorkFiles work = new WorkFiles(snapshot);
        Pruning pruning = new Pruning(options, summary, existing, confinement);
        this.target = root;
        this.stats = stats;
        this.existing = existing;
        this.work = work;
        this.health = new TargetHealth(root, work);
        this.fileSystems = new TouchedFileSystems(existing);
        this.earlySync = new EarlySync(root, stats, EarlySync.STEP_BYTES);
        this.fetch = new ChunkFetch(source, existing, health);
        this.links = new HardLinks(root, work, existing, confinement, stats);
        this.windows = new Windows(fetch, links, existing, earlySync);
        AttributeRules rules = new AttributeRules(options, confinement, existing);
        RestoreParts parts = new RestoreParts(options, stats, existing, rules, work, fetch, links, windows);
        DirectoryMaker maker = new DirectoryMaker(options, confinement, existing);
        this.directories = new OpenDirectories(parts, pruning, fileSystems, maker);
        LinkPrimaries primaries = new LinkPrimaries(manifest);
        this.simple = new SimpleEntries(parts, directories, primaries);
        this.walk = new SnapshotWalk(manifest, parts, health, pruning, directories, primaries, simple);
    }

    /**
     * Restores everything at and below {@code wanted} that the options select. Throws {@link TargetFailedException} where the target can
     * take nothing any more; run again, a restore then goes on where this one stood.
     *
     * @param strip how many leading names the restored paths lose
     */
    public void run(TreePath wanted, int strip) throws IOException {
        fetch.hash().tellIfSlow();
        boolean ended = false;
        TargetLock lock = TargetLock.acquire(target, existing.reporter()::waiting);
        try {
            fileSystems.enter(TreePath.ROOT, target);
            earlySync.start();
            directories.enterTarget(target, lock, wanted.isRoot() ? TreePath.ROOT : null);
            walk.run(wanted, strip);
            directories.leaveAll();
            for (RestoredFile cut : windows.endAll()) {
                stats.damaged.increment();
                existing.problem(cut.path, "the end of its content is lost with a damaged page of the manifest");
            }
            directories.finishTarget();
            earlySync.end();
            if (directories.changed()
                    || simple.changed()
                    || stats.files.sum() + stats.settled.sum() + stats.deleted.sum() > 0) {
                fileSystems.sync();
                health.requireWritable();
            }
            ended = true;
        } catch (TargetFailedException | OsException e) {
            try {
                health.check(e);
            } catch (TargetFailedException failed) {
                boolean full = failed.getCause() instanceof OsException cause && cause.full();
                throw new TargetFailedException(stopped(failed.phrase(), full), e);
            }
            throw e;
        } finally {
            end(ended, lock);
        }
        health.requireRoom();
    }

    /**
     * Throws where a path no longer leads to the directory that was opened by it: what was restored is somewhere else.
     *
     * @param opened the directory, when it was opened
     */
    public static void requireInPlace(byte[] path, Stat opened) throws TargetFailedException {
        try (Directory now = Platform.current().open(path)) {
            if (now.stat().sameFile(opened)) {
                return;
            }
        } catch (IOException e) {
            throw displaced(e);
        }
        throw displaced(null);
    }

    private static TargetFailedException displaced(@Nullable IOException cause) {
        return new TargetFailedException(
                cause == null
                        ? Phrase.of("client.target-replaced")
                        : Phrase.of("client.target-replaced-because").with("reason", cause),
                cause);
    }

    /** What is there of the work, for whoever reads why it stopped. */
    private Phrase stopped(Phrase reason, boolean full) {
        Phrase told = Phrase.of("client.restore-stopped")
                .with("reason", reason)
                .with("count", stats.files.sum())
                .with("correct", stats.skipped.sum() + stats.settled.sum());
        List<RestoredFile> unfinished =
                windows.abort().stream().filter(RestoredFile::unfinished).toList();
        if (!unfinished.isEmpty()) {
            String named = unfinished.stream()
                    .limit(UNFINISHED_NAMED)
                    .map(each -> each.path.toString())
                    .collect(Collectors.joining(" "));
            told = Phrase.of("client.restore-unfinished")
                    .with("stopped", told)
                    .with("count", unfinished.size())
                    .with("paths", named + (unfinished.size() > UNFINISHED_NAMED ? " …" : ""));
        }
        return full || stats.files.sum() == 0
                ? told
                : Phrase.of("client.restore-unstored").with("stopped", told);
    }

    private void end(boolean well, TargetLock lock) throws IOException {
        List<RestoredFile> tasks = windows.abort();
        List<Closing> closings = new ArrayList<>(List.of(earlySync::close, fetch::close));
        tasks.stream().filter(task -> !task.finished()).forEach(task -> closings.add(task::abandon));
        closings.addAll(List.of(links::close, lock::close, pool::close));
        IOException failed = null;
        for (Closing each : closings) {
            try {
                each.close();
            } catch (IOException e) {
                failed = failed == null ? e : failed;
            }
        }
        work.close();
        // What fails after a failure has the same reason, which is on its way already.
        if (well && failed != null) {
            throw failed;
        }
    }

    private interface Closing {
        void close() throws IOException;
    }
}
