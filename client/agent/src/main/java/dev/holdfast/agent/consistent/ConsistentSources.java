package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a backup reads: this machine as it is, or snapshots of its file systems and volumes, which are removed when this is closed or
 * the process is told to end. What a process left that was killed is removed by {@link #removeLeft}.
 */
public final class ConsistentSources implements AutoCloseable {
    private static final long END_SECONDS = 20;

    private final Platform live;
    private final Consumer<String> tell;
    private final View view;
    private final List<Way> ways = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable ConsistentPlatform shown;
    private @Nullable SnapshotRecord record;
    private @Nullable Thread hook;

    private ConsistentSources(Platform live, Consumer<String> tell) {
        this.live = live;
        this.tell = tell;
        this.view = new View(live);
    }

    /** What to read from. */
    public Platform platform() {
        ConsistentPlatform snapshots = shown;
        return snapshots == null ? live : snapshots;
    }

    /**
     * Removes the snapshots that killed processes left: a service does so when it starts, and a backup before it begins.
     *
     * @param tell takes a line for what was removed or cannot be
     */
    public static void removeLeft(Path state, Consumer<String> tell) {
        try {
            SnapshotRecord.removeLeft(state, tell);
        } catch (IOException e) {
            tell.accept(
                    "warning: source snapshots that an interrupted backup left cannot be removed: " + e.getMessage());
        }
    }

    /** Something to take snapshots of. */
    private interface Taker {
        void take(Taking taking) throws IOException;
    }

    /**
     * Takes snapshots of the file systems that sources lie on, and of those mounted below that the walk comes to.
     *
     * @param state the client's directory
     * @param tell takes a line for each file system that is read while it changes
     * @throws PhrasedException where snapshots that were demanded cannot be taken; then none are left
     */
    public static ConsistentSources take(
            Platform platform,
            Path state,
            SourceSnapshots wanted,
            Sources sources,
            Excludes excludes,
            boolean oneFileSystem,
            Consumer<String> tell)
            throws IOException {
        ConsistentSources made = new ConsistentSources(platform, tell);
        made.begin(state, wanted, taking -> {
            Survey survey = Survey.of(platform, sources, excludes, oneFileSystem);
            made.ways.addAll(List.of(new BtrfsWay(survey), new LvmWay(), new ZfsWay()));
            made.takeAll(survey, taking);
        });
        return made;
    }

    /** Takes snapshots of the disks that are logical volumes. */
    public static ConsistentSources takeDisks(
            Platform platform, Path state, SourceSnapshots wanted, List<Path> disks, Consumer<String> tell)
            throws IOException {
        ConsistentSources made = new ConsistentSources(platform, tell);
        made.begin(state, wanted, taking -> {
            LvmWay lvm = new LvmWay();
            made.ways.add(lvm);
            for (Path each : disks) {
                made.takeDisk(each.toAbsolutePath().normalize(), lvm, taking);
            }
        });
        return made;
    }

    private void begin(Path state, SourceSnapshots wanted, Taker taker) throws IOException {
        if (wanted.mode() == SnapshotMode.NONE) {
            return;
        }
        boolean able =
                live.privileged() && !Mounts.read().visible(TreePath::isRoot).isEmpty();
        try {
            if (!able) {
                throw new PhrasedException(Phrase.of("client.snapshot-needs-root"));
            }
            record = SnapshotRecord.begin(state);
        } catch (IOException e) {
            if (wanted.mode() != SnapshotMode.AUTO) {
                throw e;
            }
            tell.accept("no source snapshots, so that everything is read while it changes: " + e.getMessage());
            return;
        }
        hook = Thread.ofPlatform().name("source-snapshots").unstarted(this::interrupted);
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            shown = new ConsistentPlatform(live, view, System.currentTimeMillis(), ways);
            taker.take(new Taking(live, view, record, state, wanted, tell));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void takeAll(Survey survey, Taking taking) throws IOException {
        SnapshotMode mode = taking.wanted().mode();
        for (Survey.FileSystem each : survey.walked()) {
            // Less is left for the moment itself, and stores through mappings that follow move times again.
            if (each.stores() && survey.isDirectory(each.mount().point())) {
                sync(each);
            }
            boolean possible =
                    ways.stream().anyMatch(way -> way.isOf(each.mount().type()) && isMode(way, mode));
            if (!possible) {
                taking.refuse(
                        each,
                        new PhrasedException(Phrase.of("client.snapshot-no-way")
                                .with("type", each.mount().type())));
            }
        }
        for (Way way : ways) {
            if (isMode(way, mode)) {
                way.take(
                        survey.walked().stream()
                                .filter(each -> way.isOf(each.mount().type()))
                                .toList(),
                        taking);
            }
        }
        // What is mounted where the walk comes to is in no snapshot of what is above.
        for (Mounts.Mount each : survey.visible()) {
            view.putLive(each.point(), survey.isDirectory(each.point()));
        }
    }

    private static boolean isMode(Way way, SnapshotMode mode) {
        return switch (mode) {
            case NONE -> false;
            case AUTO -> true;
            case LVM -> way instanceof LvmWay;
            case BTRFS -> way instanceof BtrfsWay;
            case ZFS -> way instanceof ZfsWay;
        };
    }

    private void sync(Survey.FileSystem each) {
        try (Directory directory = live.open(View.absolute(each.mount().point()))) {
            directory.sync();
        } catch (IOException e) {
            tell.accept(each.told() + " could not write back what it holds in memory: " + e.getMessage());
        }
    }

    private void takeDisk(Path disk, LvmWay lvm, Taking taking) throws IOException {
        SnapshotMode mode = taking.wanted().mode();
        try {
            if (mode != SnapshotMode.AUTO && mode != SnapshotMode.LVM) {
                throw new PhrasedException(Phrase.of("client.snapshot-no-disk-way"));
            }
            LvmSnapshot snapshot = lvm.snapshot(LvmVolume.of(disk), taking);
            try {
                LvmWay.settle(disk, snapshot);
            } catch (IOException e) {
                // A mount of the restored disk does it.
                tell.accept("the log of XFS on " + disk + " is kept: " + e.getMessage());
            }
            Objects.requireNonNull(shown).put(disk, LvmWay.device(snapshot));
        } catch (IOException e) {
            if (mode != SnapshotMode.AUTO) {
                throw new PhrasedException(
                        Phrase.of("client.snapshot-impossible")
                                .with("place", disk.toString())
                                .with("reason", e),
                        e);
            }
            tell.accept("no snapshot of " + disk + ", which is read while it may change: " + e.getMessage());
        }
    }

    /**
     * A signal ends the process. The reader closes this object, since reading fails from now on. If it does not, this method removes the
     * snapshots.
     */
    private void interrupted() {
        try {
            if (!closing.await(1, TimeUnit.SECONDS)) {
                view.end();
            }
            if (!closed.await(END_SECONDS, TimeUnit.SECONDS)) {
                remove();
            }
        } catch (InterruptedException | IOException e) {
            // The next backup removes what is left.
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void remove() throws IOException {
        SnapshotRecord own = record;
        record = null;
        if (own != null) {
            try {
                own.removeAll(tell);
            } finally {
                own.close();
            }
        }
    }

    /** Removes the snapshots, whatever interrupts the calling thread. What cannot be removed is told, and left for the next backup. */
    @Override
    public void close() {
        if (hook == null) {
            return;
        }
        closing.countDown();
        view.end();
        // On a thread that no order to cancel interrupts.
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().name("source-snapshots").start(() -> {
            try {
                remove();
                done.complete(null);
            } catch (IOException | RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        try {
            done.join();
        } catch (CompletionException e) {
            tell.accept("warning: source snapshots cannot be removed: "
                    + (e.getCause() == null ? e : e.getCause()).getMessage() + "; the next backup tries again");
        }
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends.
        }
    }
}
