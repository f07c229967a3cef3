package dev.holdfast.agent.service;

import dev.holdfast.agent.consistent.ConsistentSources;
import dev.holdfast.agent.install.Installation;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.vm.MachineSource;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The client at the appliance's disposal: holds a connection, does what it is told, says how far it is. Orders go on while
 * the connection is gone, and their end is told when it is back.
 */
public final class Service implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Service.class.getName());
    private static final long TELL_MILLIS = 1000;
    /** For orders, and the scripts behind them, to end. */
    private static final Duration END_PATIENCE = Duration.ofMinutes(5);

    private static final long[] RETRY_MILLIS = {500, 1000, 2000, 5000, 10_000, 20_000, 30_000};

    /** Longer than connecting and telling an order's end may take. */
    private static final long STUCK_NANOS = TimeUnit.MINUTES.toNanos(15);

    /** How often it looks whether the certificate is to be renewed. */
    private static final Duration RENEWAL_LOOK = Duration.ofHours(1);

    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Path state;
    private final RestoreRights rights;
    /** That this node is; empty where it is this host. */
    private final Optional<MachineSource> machine;

    private final Scripts scripts;
    private final FolderLists folders = new FolderLists();
    private final Reporter reporter;
    private final InstantSource clock;
    private final Upgrades upgrades;
    /** Handed to the installer by an earlier process; begins with the first connection. */
    private @Nullable Order resumed;
    /** Null where the state cannot be written. */
    private final @Nullable FileChannel lockFile;

    private final Map<Long, Order> orders = new ConcurrentHashMap<>();
    /** Something is to be told before the next second. */
    private final Semaphore news = new Semaphore(0);

    private volatile boolean closing;
    /** When {@link #run} was last seen to go on. */
    private volatile long aliveNanos = System.nanoTime();

    private volatile @Nullable Appliance appliance;

    /** Told of what the service does; for people. */
    public interface Reporter {
        void say(String line);
    }

    /** When to collect once more; 0 for no more. Used by the thread that runs. */
    private long settledAt;

    /**
     * Takes the state directory.
     *
     * @param rights what orders may restore
     * @throws IOException where another service has it
     */
    public Service(Path state, RestoreRights rights, Reporter reporter) throws IOException {
        this(state, rights, reporter, InstantSource.system());
    }

    /** @param clock by which certificates are checked and renewed */
    public Service(Path state, RestoreRights rights, Reporter reporter, InstantSource clock) throws IOException {
        this(state, rights, reporter, clock, Installation.current(), false);
    }

    /**
     * As above, for an installation that upgrades itself.
     *
     * @param allowDowngrade whether orders may install an older version of the client
     */
    public Service(
            Path state,
            RestoreRights rights,
            Reporter reporter,
            InstantSource clock,
            Installation installation,
            boolean allowDowngrade)
            throws IOException {
        Identity identity = Identity.load(state);
        LOG.log(System.Logger.Level.DEBUG, () -> "service of " + identity.node());
        this.state = state;
        this.rights = rights;
        this.machine = MachineSource.of(state);
        this.reporter = reporter;
        this.clock = clock;
        this.scripts = new Scripts(state.resolve("scripts"));
        this.upgrades = new Upgrades(state, installation, allowDowngrade, this::closing);
        this.lockFile = lock(state, reporter);
        try {
            Identity.createDirectory(state.resolve("scripts"));
        } catch (FileSystemException e) {
            // A plan that names a script says that there is none.
            reporter.say("warning: no directory for scripts: " + e.getMessage());
        }
        // Only now: before, they might be another service's that is at it.
        try {
            ConsistentSources.removeLeft(state, reporter::say);
            DrillWork.discardLeftovers(state);
            scripts.discardLeftovers();
        } catch (FileSystemException e) {
            reporter.say("warning: what an earlier service left cannot be deleted: " + e.getMessage());
        }
        resumed = upgrades.resumed().orElse(null);
        if (resumed != null) {
            orders.put(resumed.task, resumed);
        }
    }

    /** Null where there is no room for a lock, or the file system is read-only: better no lock than no service. */
    private static @Nullable FileChannel lock(Path state, Reporter reporter) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    state.resolve("service.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            reporter.say("warning: a second service of this node would not be noticed: " + e.getMessage());
            return null;
        }
        @Nullable FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw new IOException("another service of this node runs already (it holds " + state + "/service.lock)");
        }
        return channel;
    }

    /** Whether {@link #run} went on lately, or waits for orders to end. */
    public boolean works() {
        return closing || System.nanoTime() - aliveNanos < STUCK_NANOS;
    }

    /** Whether {@link #close} was called. */
    public boolean closing() {
        return closing;
    }

    /**
     * Attends until {@link #close}.
     *
     * @throws IOException where there is no sense in going on: the certificate is revoked
     */
    public void run() throws IOException, InterruptedException {
        int failures = 0;
        boolean renewed = false;
        while (!closing) {
            aliveNanos = System.nanoTime();
            try (Appliance connected = new Appliance(Identity.load(state), state, clock)) {
                appliance = connected;
                if (failures > 0) {
                    reporter.say("The appliance is back");
                }
                renewed = attend(connected, failures == 0 && !renewed);
                failures = 0;
            } catch (RemoteException e) {
                if (e.code() == ErrorCode.REVOKED) {
                    throw e;
                }
                // UNAUTHENTICATED too: a clock that is wrong until the network sets it makes certificates invalid.
                failures = told(failures, e);
            } catch (ConnectionLostException e) {
                failures = told(failures, e);
            }
            if (!closing) {
                long wait = RETRY_MILLIS[Math.min(failures, RETRY_MILLIS.length - 1)];
                // A hundred clients must not come back in one moment.
                Thread.sleep(wait / 2 + ThreadLocalRandom.current().nextLong(wait));
            }
        }
    }

    private int told(int failures, IOException e) {
        if (failures == 0 && !closing) {
            reporter.say(e.getMessage() + "; retrying");
        }
        return failures + 1;
    }

    /** Until the connection ends. Returns whether it did so that a renewed certificate is used by another. */
    private boolean attend(Appliance connected, boolean first) throws IOException, InterruptedException {
        Connection connection = connected.control();
        Instant look = clock.instant();
        CompletableFuture<Void> lost = new CompletableFuture<>();
        List<Long> running = List.copyOf(orders.keySet());
        connection.send(attend(connection, running), new Connection.Handler() {
            @Override
            public boolean answer(Frames.Frame frame) {
                if (frame.message() instanceof Message.Order(long task, Job job)) {
                    take(connection, task, job);
                }
                return false;
            }

            @Override
            public void failed(IOException cause) {
                lost.completeExceptionally(cause);
            }
        });
        if (resumed != null) {
            // Only now: the appliance has seen which version this is.
            resumed.start(news::release);
            resumed = null;
        }
        if (first) {
            reporter.say("Ready for orders");
            giveBack();
        }
        while (!lost.isDone() && !closing) {
            aliveNanos = System.nanoTime();
            tell(connection);
            if (!clock.instant().isBefore(look)) {
                look = clock.instant().plus(RENEWAL_LOOK);
                if (connected.renew()) {
                    return true;
                }
            }
            if (settledAt != 0 && System.nanoTime() - settledAt >= 0 && orders.isEmpty()) {
                settledAt = 0;
                System.gc();
            }
            if (news.tryAcquire(TELL_MILLIS, TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        }
        if (!closing) {
            Connection.await(lost);
        }
        return false;
    }

    /** Orders arrive twice where the appliance is not sure of the first. */
    private void take(Connection connection, long task, Job job) {
        Order known = orders.get(task);
        switch (job) {
            case Job.Cancel() -> {
                if (known == null) {
                    Order gone = new Order(task, order -> {
                        throw new IOException("this client does not know the task");
                    });
                    orders.put(task, gone);
                    gone.start(news::release);
                } else {
                    known.cancel();
                }
            }
            case Job.Pause() -> {
                if (known != null) {
                    known.pause(true);
                }
            }
            case Job.Resume() -> {
                if (known != null) {
                    known.pause(false);
                }
            }
            case Job.Backup backup ->
                begin(task, job, new BackupWork(state, scripts, backup, machine, new AtomicInteger()));
            case Job.Restore restore -> begin(task, job, new RestoreWork(state, rights, restore));
            case Job.Verify verify -> begin(task, job, new VerifyWork(state, verify));
            case Job.Drill drill -> begin(task, job, new DrillWork(state, drill));
            case Job.Upgrade upgrade -> begin(task, job, new UpgradeWork(upgrades, upgrade));
            case Job.Folders wanted -> {
                if (machine.isPresent()) {
                    FolderLists.refuse(connection, task);
                } else {
                    folders.answer(connection, task, wanted);
                }
            }
        }
    }

    private void begin(long task, Job job, Order.Work work) {
        Order order = new Order(task, work);
        if (orders.putIfAbsent(task, order) == null) {
            reporter.say("Task " + task + " begins: " + name(job));
            order.start(news::release);
        }
    }

    private static String name(Job job) {
        return switch (job) {
            case Job.Backup backup -> "backup of " + String.join(" ", backup.paths());
            case Job.Restore restore -> "restore to " + restore.target();
            case Job.Verify verify -> "verification of " + verify.snapshot();
            case Job.Drill drill -> "drill with " + drill.snapshot();
            case Job.Upgrade upgrade -> "upgrade of this client to " + upgrade.version();
            case Job.Cancel cancel -> "cancel";
            case Job.Pause pause -> "pause";
            case Job.Resume resume -> "resume";
            case Job.Folders folders -> "list of folders";
        };
    }

    /** Older appliances do not ask where this client restores to. */
    private Message.Attend attend(Connection connection, List<Long> running) {
        return connection.welcome().version() < Frames.RESTORE_RIGHTS
                ? new Message.Attend(running)
                : new Message.Attend(running, rights.told().orElse(null));
    }

    private void tell(Connection connection) throws IOException {
        boolean figures = connection.welcome().version() >= Frames.FIGURES;
        boolean idle = false;
        for (Order order : List.copyOf(orders.values())) {
            Message.Ended ended = order.ended();
            Message.Progress report = order.report();
            ask(connection, figures ? report : report.withoutFigures());
            // What ends with this process is not over: the next one, or the appliance, says what becomes of it.
            if (ended != null && !(closing && ended.outcome() == Message.Outcome.CANCELLED)) {
                ask(connection, ended);
                orders.remove(order.task);
                upgrades.told(order.task);
                idle = orders.isEmpty();
                reporter.say("Task " + order.task + " " + ended.outcome().name().toLowerCase(java.util.Locale.ROOT)
                        + (ended.reason().isEmpty() ? "" : ": " + ended.reason()));
            }
        }
        if (idle) {
            giveBack();
        }
    }

    /**
     * Idle, it takes little: the collector returns to the system what a start or a task needed. Once more a while later: threads
     * of the task that end only now held much of it, and memory outside of the heap goes after what it belonged to.
     */
    private void giveBack() {
        System.gc();
        settledAt = System.nanoTime() + SETTLE_NANOS | 1;
    }

    /** What the appliance does not want to know is not told again. */
    private static void ask(Connection connection, Message message) throws IOException {
        try {
            connection.send(message).get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            IOException cause = Connection.io(e.getCause() == null ? e : e.getCause());
            if (!(cause instanceof RemoteException refused) || refused.code() == ErrorCode.STORAGE_FAILED) {
                throw cause;
            }
            LOG.log(System.Logger.Level.WARNING, "the appliance refused a report: " + refused.getMessage());
        } catch (TimeoutException e) {
            throw new ConnectionLostException(Phrase.of("client.no-answer"), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        }
    }

    /** Ends what is under way, from any thread; {@link #run} returns. */
    @Override
    public void close() throws IOException {
        closing = true;
        orders.values().forEach(Order::cancel);
        news.release();
        Appliance connected = appliance;
        if (connected != null) {
            connected.close();
        }
        try {
            for (Order order : List.copyOf(orders.values())) {
                order.join(END_PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        FileChannel held = lockFile;
        if (held != null) {
            held.close();
        }
    }
}
