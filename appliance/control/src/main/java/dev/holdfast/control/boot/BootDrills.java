package dev.holdfast.control.boot;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.BootTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.instant.Recoveries;
import dev.holdfast.control.instant.Recovery;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdServer;
import dev.holdfast.protocol.nbd.NbdServerSettings;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Does the drills that boot, in the order in which they were asked for, each in a thread of its own. What an appliance that was killed has
 * left is removed at the start. Safe for use by several threads.
 */
public final class BootDrills implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BootDrills.class.getName());
    /** At the same time. */
    private static final int MOST = 2;

    private static final long POLL_NANOS = 500_000_000L;
    private static final long STOP_NANOS = 5_000_000_000L;
    private static final long MILLION = 1_000_000;
    /** What the system takes for the path of a Unix socket. */
    private static final int MAX_SOCKET_BYTES = 107;
    /** Of the heap, for chunks that were read. */
    private static final int CACHE_SHARE = 64;
    /** A machine has one for each disk. */
    private static final int CONNECTIONS = 64;

    private static final int REQUESTS = 32;
    private static final int REQUEST_BYTES = 4 << 20;

    private final Path directory;
    private final Store store;
    private final ControlDb control;
    private final BootReports reports;
    private final ImageCache cache;
    private final Recoveries recoveries;
    private final @Nullable NbdServer server;
    private final BootDrill.Methods methods = new BootDrill.Methods();
    private final Semaphore free = new Semaphore(MOST);
    private final Thread thread;
    private final List<Thread> running = new ArrayList<>();
    private volatile boolean closing;

    /**
     * Begins.
     *
     * @param data the data directory
     * @param heap bytes that the appliance has
     */
    public BootDrills(Path data, long heap, Store store, ControlDb control, Authority authority, InstantSource clock)
            throws IOException {
        Path root = data.toAbsolutePath().normalize();
        this.directory = root.resolve("drills");
        this.store = store;
        this.control = control;
        this.reports = new BootReports(control, authority, clock, new Screenshots(root));
        BootLeftovers.remove(directory);
        this.cache = new ImageCache(store, heap / CACHE_SHARE, Optional.empty());
        this.recoveries = new Recoveries(directory.resolve("disks"), store, cache, control.marks());
        this.server = listen();
        this.thread = Thread.ofPlatform().name("boot-drills").start(this::loop);
    }

    /** Null where the path is too long: then drills fail, and say so. */
    private @Nullable NbdServer listen() throws IOException {
        Path socket = socket();
        // Those of machines, whose numbers have up to 10 digits, are a little longer.
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length + "machine-/agent".length() + 10
                > MAX_SOCKET_BYTES) {
            return null;
        }
        return NbdServer.listen(
                NbdAddress.unix(socket),
                recoveries.exports(user -> true, () -> {}),
                NbdServerSettings.DEFAULT.withConnections(CONNECTIONS).withRequests(REQUESTS, REQUEST_BYTES));
    }

    private Path socket() {
        return directory.resolve("nbd");
    }

    private void loop() {
        while (!closing) {
            try {
                if (free.tryAcquire()) {
                    Optional<BootTable.Waiting> next = control.boots().take();
                    if (next.isPresent()) {
                        begin(next.get());
                        continue;
                    }
                    free.release();
                }
            } catch (IOException | RuntimeException e) {
                free.release();
                LOG.log(System.Logger.Level.ERROR, "drills could not be looked for", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private synchronized void begin(BootTable.Waiting drill) {
        running.removeIf(each -> !each.isAlive());
        // A thread of the platform: the machine ends with the thread that started it.
        running.add(Thread.ofPlatform().name("boot-drill-" + drill.task()).start(() -> {
            try {
                run(drill);
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "drill " + drill.task() + " could not be written down", e);
            } finally {
                free.release();
            }
        }));
    }

    private void run(BootTable.Waiting drill) throws IOException {
        TaskState state;
        String result = "{}";
        @Nullable Phrase reason = null;
        try {
            Boot boot = boot(drill);
            TaskSpec.Boot spec = boot.spec();
            String node = control.nodes().names().of(drill.node(), "node " + drill.node());
            BootResult came = boot.drill().run();
            if (came.screenshot() == null && !came.passed()) {
                requireGoingOn();
            }
            result = reports.add(drill, node, spec, came);
            reason = came.failure();
            state = came.passed() ? TaskState.DONE : TaskState.FAILED;
        } catch (CancellationException e) {
            state = closing ? TaskState.BROKEN : TaskState.CANCELLED;
            reason = closing ? Phrase.of("task.appliance-stopped") : Phrase.of("task.cancelled");
        } catch (FrozenException e) {
            state = TaskState.FAILED;
            reason = Phrase.of("snapshot.frozen")
                    .with(
                            "command",
                            control.command(
                                    "vault", "thaw", drill.spec().snapshot().toString(), "--wait"));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "drill " + drill.task() + " failed", e);
            state = TaskState.FAILED;
            reason = Phrase.why(e);
        }
        control.tasks().finish(drill.task(), state, result, reason);
    }

    /** A system that stops the service ends its machines too, perhaps before the appliance knows of it: that is no failed drill. */
    private void requireGoingOn() {
        long deadline = System.nanoTime() + STOP_NANOS;
        while (!closing && System.nanoTime() < deadline) {
            BootMachine.pause(POLL_NANOS / MILLION);
        }
        if (closing) {
            throw new CancellationException();
        }
    }

    /** @param spec with the firmware that is used */
    private record Boot(TaskSpec.Boot spec, BootDrill drill) {}

    private Boot boot(BootTable.Waiting waiting) throws IOException {
        TaskSpec.Boot asked = waiting.spec();
        StoredSnapshot snapshot = store.manifests()
                .find(waiting.node(), asked.snapshot())
                .orElseThrow(() -> new BootException(Phrase.of("task.no-snapshot")
                        .with("snapshot", asked.snapshot().toString())));
        if (server == null) {
            throw new BootException(Phrase.of("boot-drill.path").with("directory", directory.toString()));
        }
        List<Recovery.Disk> disks;
        try (SnapshotTree tree = new SnapshotTree(store, snapshot)) {
            disks = SnapshotDisks.of(tree);
        }
        TaskSpec.Boot spec = asked.firmware() == TaskSpec.Boot.Firmware.AUTO
                ? asked.with(SnapshotFirmware.of(cache, snapshot, disks))
                : asked;
        Path machine = directory.resolve("machine-" + waiting.task());
        BootDrill.Place place = new BootDrill.Place(machine, recoveries, socket(), methods);
        return new Boot(spec, new BootDrill(place, spec, snapshot, disks, new Steps(waiting.task())));
    }

    /** Tells how far a drill is, and whether it should end. One thread's. */
    private final class Steps implements BootWatch.Progress {
        private final long task;
        private final long since = System.currentTimeMillis();

        Steps(long task) {
            this.task = task;
        }

        @Override
        public void waited(long seconds, long most) {
            try {
                control.tasks().step(task, "seconds since the start", seconds, most, since);
                if (closing || control.tasks().cancelled(task)) {
                    throw new CancellationException();
                }
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "progress of drill " + task + " could not be noted", e);
            }
        }
    }

    /** Ends the machines, and waits for that. */
    @Override
    public void close() throws IOException {
        closing = true;
        LockSupport.unpark(thread);
        join(thread);
        List<Thread> left;
        synchronized (this) {
            left = List.copyOf(running);
        }
        left.forEach(BootDrills::join);
        if (server != null) {
            server.close();
        }
        recoveries.close();
        BootLeftovers.remove(directory);
    }

    private static void join(Thread ending) {
        boolean interrupted = false;
        while (ending.isAlive()) {
            try {
                ending.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
