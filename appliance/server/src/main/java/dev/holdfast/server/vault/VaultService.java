package dev.holdfast.server.vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.vault.ControlExport;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.remote.VaultContainers;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one vault of a running appliance up to date, by its policy and on request, and reports its status. A failure is
 * tried again after a while; a refusal (see {@link VaultRefusedException}) is final until somebody acts.
 */
final class VaultService implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(VaultService.class.getName());
    private static final long POLL_NANOS = 1_000_000_000L;
    /** How often the status is told while something is under way. */
    private static final long TICK_MILLIS = 2000;

    private final OpenVault vault;
    private final ServiceState state;
    private final VaultStatus status;
    private final VaultWriter writer;
    private final Backlog backlog;
    private final @Nullable PendingRecovery recovery;
    /** Once a second, in this order. */
    private final List<VaultJob> everySecond;
    /** When there is time to look for something to upload, or somebody asked for it. */
    private final List<VaultJob> everyLook;

    private final Interval looking = Interval.passed(Duration.ofSeconds(5));
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("vault-status").factory());
    private final Thread thread;

    /** Starts the service, which uses the vault until its end. */
    VaultService(OpenVault vault, OpenVaults all, Served served) throws IOException {
        this.vault = vault;
        Store store = served.store();
        VaultContainers containers = all.containersOf(vault);
        this.status = new VaultStatus(served.control(), vault.name());
        this.state = new ServiceState(vault, served.control(), status);
        resetStatus(served.control());
        this.writer = new VaultWriter(
                vault.objects(),
                served.keys(),
                served.keyring(),
                vault.journal(),
                store.archiving(),
                store.manifests(),
                new LocalDisk(),
                new ControlData(served.data(), served.control(), served.audit()),
                new VaultWriter.Options(
                        () -> state.policy().parallelParts(),
                        () -> state.policy().containerClass(),
                        new Throttle(() -> state.closing() ? 0 : state.policy().bytesPerSecond(now())),
                        served.guard()));
        this.recovery =
                containers == null ? null : PendingRecovery.of(vault, served.control(), served.keys(), store, status);
        this.everySecond = everySecond(all, served, containers);
        Cooling cooling = new Cooling(vault.objects(), vault.journal());
        this.backlog = new Backlog(state, store.manifests(), writer);
        DeadlinesJob deadlines = new DeadlinesJob(state, writer);
        this.everyLook = List.of(
                new ClassDiscovery(state, cooling, served.guard()),
                backlog,
                new UploadJob(state, store, writer, served.keyring(), backlog, deadlines),
                deadlines,
                new CoolingJob(state, writer, cooling, served.guard()));
        if (!vault.begin()) {
            throw new IOException(state.url() + " is being closed");
        }
        // A daemon: where a system call hangs, the process ends without it.
        this.thread = Thread.ofPlatform().daemon().name("vault-" + vault.name()).start(this::work);
        var _ = clock.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private List<VaultJob> everySecond(OpenVaults all, Served served, @Nullable VaultContainers containers) {
        List<VaultJob> jobs = new ArrayList<>();
        jobs.add(new AdoptionJob(state, served.keys(), served.store(), all));
        if (containers != null) {
            jobs.add(new UseNotes(containers));
            jobs.add(new CopyRepair(state, containers));
            jobs.add(new Healing(state, served.store()));
            jobs.add(new Eviction(state, served.store(), writer));
        }
        return List.copyOf(jobs);
    }

    private void resetStatus(ControlDb control) throws IOException {
        if (!state.url().equals(control.status().all().get(vault.name() + ".url"))) {
            // Of another place.
            control.status().clear(vault.name() + ".");
        }
        status.set("handled", 0);
        byte @Nullable [] root = vault.journal().root();
        if (root != null) {
            status.set("root", Publication.sequenceOf(root));
            status.set("objectBytes", vault.journal().objectBytes());
            status.set("classes", classes(vault.journal()));
        }
    }

    /** The bytes of containers' objects by storage class, as JSON. */
    static String classes(Journal journal) throws IOException {
        ObjectNode classes = new ObjectMapper().createObjectNode();
        journal.containers().bytesByClass().forEach((each, bytes) -> classes.put(each.label(), bytes));
        return classes.toString();
    }

    /** The control data that go to the vault with each root. */
    private record ControlData(Path data, ControlDb control, AuditKeeper audits) implements VaultWriter.ControlSource {
        @Override
        public byte[] export() throws IOException {
            return ControlExport.write(data, control);
        }

        @Override
        public Root.@Nullable Audit audit() throws IOException {
            return audits.head()
                    .map(head -> new Root.Audit(head.id(), head.hash(), head.at()))
                    .orElse(null);
        }
    }

    /** Notes in the journal when containers were read from the vault. */
    private record UseNotes(VaultContainers containers) implements VaultJob {
        @Override
        public boolean due(Round round) {
            return true;
        }

        @Override
        public void run(Round round) throws IOException {
            containers.noteUses();
        }
    }

    /** Enters what a restore of a snapshot needs ahead of the rest; returns whether a recovery is in progress. */
    boolean prepare(StoredSnapshot snapshot) throws IOException {
        if (recovery != null) {
            recovery.prepare(snapshot);
        }
        return recovery != null;
    }

    /** A backup was stored, and its client was not told yet; returns whether it belongs in this vault. */
    boolean stored(StoredSnapshot snapshot) throws IOException {
        return backlog.arrived(snapshot);
    }

    /** Other calls reach the vault from now on: what failed is tried again at once. */
    void renewed() {
        state.renew();
        LockSupport.unpark(thread);
    }

    /** The vault is not the appliance's any more: what was told of it is over. Called after {@link #close}. */
    void forget() throws IOException {
        state.notRefused();
        state.control()
                .events()
                .close(EventKinds.UPLOAD_FAILED, null, UploadJob.about(state).english() + " ");
    }

    static LocalDateTime now() {
        return LocalDateTime.now(ZoneId.systemDefault());
    }

    private void tick() {
        try {
            status.tick(vault.objects().movement(), state.policy().bytesPerSecond(now()) < 0);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "vault status could not be kept", e);
        }
    }

    private void work() {
        try {
            keepUp();
        } finally {
            vault.end();
        }
    }

    private void keepUp() {
        status.finish("idle");
        recover();
        // An appliance that was recovered for one snapshot uploads nothing.
        boolean alone = recovery != null && recovery.ofOne();
        while (!state.closing()) {
            try {
                if (!alone) {
                    round();
                }
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.WARNING, "vault status could not be kept", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void recover() {
        while (!state.closing() && recovery != null) {
            try {
                recovery.finish();
                return;
            } catch (IOException | RuntimeException e) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "the recovery from " + state.url() + " stopped; it will be resumed",
                        e);
                status.error(Phrase.why(e));
                status.finish("recovery stopped; it will be resumed shortly");
                pause();
                if (state.readOnly()) {
                    recovery.renew();
                }
            }
        }
    }

    private void pause() {
        long until = System.nanoTime() + ServiceState.RETRY_MILLIS * 1_000_000;
        while (!state.closing() && !actedUpon() && System.nanoTime() < until) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private boolean actedUpon() {
        try {
            return state.renewed();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the journal of " + state.url() + " cannot be read", e);
            return false;
        }
    }

    private void round() throws IOException {
        boolean renewed = state.renewed();
        if (renewed) {
            state.tryAgain();
        }
        Round round = new Round(state, renewed || looking.passed());
        if (round.look()) {
            state.refreshPolicy();
        }
        run(everySecond, round);
        if (!round.over() && (round.look() || round.asked())) {
            looking.restart();
            run(everyLook, round);
        }
    }

    private static void run(List<VaultJob> jobs, Round round) throws IOException {
        for (VaultJob job : jobs) {
            if (!round.over() && job.due(round)) {
                job.run(round);
            }
        }
    }

    /** Makes the service end soon; returns at once. */
    void end() {
        state.close();
        clock.shutdownNow();
        writer.stop();
        LockSupport.unpark(thread);
    }

    /**
     * Waits until it has ended, which it does soon after {@link #end} and the closing of its objects.
     *
     * @return false where the work in progress hangs; it is left behind
     */
    boolean ended(Duration patience) {
        try {
            if (!thread.join(patience)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the work in progress at " + state.url()
                                + " does not end; the appliance stops without waiting for it");
                return false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return true;
    }

    @Override
    public void close() {
        end();
        writer.close();
    }
}
