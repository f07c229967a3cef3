package dev.holdfast.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.ApiServer;
import dev.holdfast.api.Backend;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.alert.AlertSender;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.ControlSecrets;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LockMemory;
import dev.holdfast.control.db.ControlCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.plan.PlanLoop;
import dev.holdfast.control.plan.Scheduler;
import dev.holdfast.control.policy.LockClock;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.task.ClockCheck;
import dev.holdfast.control.task.ExpiryWatch;
import dev.holdfast.control.task.Maintenance;
import dev.holdfast.control.task.RoomWatch;
import dev.holdfast.control.task.SuspectContainers;
import dev.holdfast.control.task.TaskRunner;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.server.metrics.Metrics;
import dev.holdfast.server.net.Holders;
import dev.holdfast.server.net.Listener;
import dev.holdfast.server.net.Services;
import dev.holdfast.server.net.Sessions;
import dev.holdfast.server.net.Suspensions;
import dev.holdfast.server.net.WrongTimes;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running appliance: everything wired together, from the data directory to the listener. */
public final class Appliance implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Appliance.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int STATUS_SECONDS = 2;
    /** Of the heap, for reckoning usage. */
    private static final int USAGE_SHARE = 32;

    private static final int CLOCK_SECONDS = 30;

    private final DataDirectory directory;
    private final List<String> names;
    private final ControlCopies copies;
    private final AuditKeeper audit;
    private final AutoCloseable lock;
    private final VaultKeys vault;
    private final Store store;
    private final ControlDb control;
    private final Vaults vaults;
    private final TaskRunner tasks;
    private final Alerts alerts;
    private final @Nullable PlanLoop plans;
    private final LockClock lockClock;
    private final Sessions sessions = new Sessions();
    private final Services.Traffic traffic = new Services.Traffic();
    private final Dispatcher dispatcher;
    private final Backend backend;
    private @Nullable Metrics metrics;
    private @Nullable ApiServer api;
    private final Listener listener;
    private final ScheduledExecutorService status = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("status").factory());

    /** Takes the directory, recovers the store and begins to listen. */
    public Appliance(
            DataDirectory directory, Credential credential, InetSocketAddress address, IndexRecovery.Progress progress)
            throws IOException {
        this(directory, credential, address, progress, List.of());
    }

    /** @param names that the appliance's certificate has besides those of this machine */
    public Appliance(
            DataDirectory directory,
            Credential credential,
            InetSocketAddress address,
            IndexRecovery.Progress progress,
            List<String> names)
            throws IOException {
        this.directory = directory;
        this.names = List.copyOf(names);
        this.copies = new ControlCopies(directory.root().resolve("control-copies"), InstantSource.system());
        directory.closeToOthers();
        this.lock = directory.lock();
        VaultKeys opened = null;
        Store storeOpened = null;
        ControlDb controlOpened = null;
        Vaults vaultsOpened = null;
        TaskRunner tasksBegun = null;
        Alerts alertsBegun = null;
        @Nullable PlanLoop plansBegun = null;
        RetentionService keeper;
        AuditKeeper auditKept;
        Backend backendMade;
        try {
            directory.settleKeyring();
            opened = directory.keyring().unlock(credential);
            Authority authority = Authority.load(directory.keys(), opened);
            ControlCopies.Opened found = copies.open(directory.controlDb());
            controlOpened = found.control();
            controlOpened.tasks().breakRunning();
            ClockCheck.look(controlOpened, InstantSource.system());
            reseal(controlOpened, opened);
            vaultsOpened = Vaults.open(directory.root(), controlOpened, opened);
            storeOpened = new Store(directory.storeConfig(), opened, new LocalDisk(), vaultsOpened.archive(), progress);
            SuspectContainers.load(controlOpened).tell(storeOpened);
            ControlDb memory = controlOpened;
            LockClock clock = new LockClock(System::currentTimeMillis, System::nanoTime, new LockMemory(memory));
            keeper = new RetentionService(controlOpened, storeOpened.manifests(), clock, vaultsOpened::forgetting);
            AuditKeeper auditing = new AuditKeeper(controlOpened, directory.root(), authority, InstantSource.system());
            if (!found.whole()) {
                auditing.restored();
                tellHealed(controlOpened, keeper, found);
            }
            RetentionService kept = keeper;
            vaultsOpened.start(
                    opened,
                    directory::keyring,
                    storeOpened,
                    new VaultWriter.Guard() {
                        @Override
                        public boolean mustStay(int node, UUID snapshot) throws IOException {
                            return kept.mustStay(node, snapshot);
                        }

                        @Override
                        public long lockedFor(UUID snapshot) throws IOException {
                            return kept.lockedUntil(snapshot) - kept.now();
                        }

                        @Override
                        public long now() {
                            return kept.now();
                        }
                    },
                    auditing);
            lockClock = clock;
            auditKept = auditing;
            Drills drills = new Drills(controlOpened, storeOpened.manifests(), authority, InstantSource.system());
            Dispatcher dispatching =
                    new Dispatcher(controlOpened, directory.profile().workers().ingest(), drills::done);
            dispatcher = dispatching;
            Scheduler scheduler = new Scheduler(controlOpened, InstantSource.system(), dispatching::present);
            Maintenance maintenance = new Maintenance(
                    controlOpened,
                    storeOpened,
                    keeper,
                    auditing,
                    vaultsOpened.readOnly(),
                    directory.profile().memory().heap().bytes() / USAGE_SHARE);
            tasksBegun = new TaskRunner(controlOpened, maintenance.works(), maintenance::look);
            alertsBegun = new Alerts(controlOpened, opened, new AlertSender(HostName.own()));
            backendMade = new Backend(
                    directory.profile(),
                    storeOpened,
                    controlOpened,
                    authority,
                    keeper,
                    dispatching,
                    new Access(controlOpened, opened, InstantSource.system()),
                    new Oidc(controlOpened, opened),
                    directory.volumes(),
                    vaultsOpened::kept,
                    () -> auditing.verify(VaultAnchors.known(directory.root(), memory)),
                    this::newRecoveryKey,
                    this::port);
            listener = new Listener(
                    address,
                    new Services(
                            directory.profile(),
                            storeOpened,
                            controlOpened,
                            authority,
                            sessions,
                            vaultsOpened,
                            keeper,
                            dispatching,
                            vaultsOpened.readOnly(),
                            new Suspensions(controlOpened),
                            new Holders(controlOpened),
                            traffic),
                    authority.serverContext(address, names, new WrongTimes(controlOpened, System::nanoTime)));
            plansBegun = vaultsOpened.readOnly() ? null : new PlanLoop(dispatching, scheduler, drills);
        } catch (IOException | RuntimeException e) {
            Vaults begun = vaultsOpened;
            closeAll(
                    plansBegun,
                    alertsBegun,
                    tasksBegun,
                    begun == null ? null : begun::stop,
                    storeOpened,
                    begun,
                    controlOpened,
                    opened,
                    lock);
            throw e;
        }
        vaults = vaultsOpened;
        audit = auditKept;
        backend = backendMade;
        tasks = tasksBegun;
        plans = plansBegun;
        alerts = alertsBegun;
        vault = opened;
        store = storeOpened;
        control = controlOpened;
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("pid", ProcessHandle.current().pid());
        run.put("host", address.getHostString());
        run.put("port", listener.port());
        AtomicFile.write(directory.root().resolve("run.json"), JSON.writeValueAsBytes(run), false);
        status.execute(this::verifyAudit);
        var _ = status.scheduleWithFixedDelay(this::publishStatus, 0, STATUS_SECONDS, TimeUnit.SECONDS);
        RoomWatch room = new RoomWatch(control, store::room, directory.root(), InstantSource.system());
        ExpiryWatch expiry = new ExpiryWatch(
                control, backend.authority().certificate().getNotAfter().toInstant(), InstantSource.system());
        var _ = status.scheduleWithFixedDelay(() -> watch(room, expiry), 0, CLOCK_SECONDS, TimeUnit.SECONDS);
        var _ = status.scheduleWithFixedDelay(this::rememberClock, 0, CLOCK_SECONDS, TimeUnit.SECONDS);
    }

    /** What a rotation that was cut off left, or what came back with an older copy of the control database. */
    private void reseal(ControlDb control, VaultKeys keys) {
        try {
            ControlSecrets.reseal(directory.keys(), control, keys);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "not every secret is sealed with the newest keys", e);
        }
    }

    private static void tellHealed(ControlDb control, RetentionService keeper, ControlCopies.Opened copy)
            throws IOException {
        int locked = keeper.lockAgain(copy.copied());
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        "control-healed",
                        null,
                        "the control database was damaged, and replaced by its copy " + copy.healedFrom()
                                + ". What was decided since is lost: look at nodes that were revoked, policies, plans and"
                                + " holds; " + locked + " snapshots were locked again by policy");
        control.audit().append("appliance", "heal", "control database", "from " + copy.healedFrom());
    }

    private static void closeAll(@Nullable AutoCloseable... resources) {
        for (AutoCloseable resource : resources) {
            try {
                if (resource != null) {
                    resource.close();
                }
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "closing failed", e);
            }
        }
    }

    public int port() {
        return listener.port();
    }

    /** Lets Prometheus scrape; returns the port. */
    public int serveMetrics(InetSocketAddress address) throws IOException {
        Metrics served = new Metrics(
                address,
                new Metrics.Sources(
                        store,
                        control,
                        directory.volumes(),
                        dispatcher::present,
                        listener::connectionCount,
                        sessions::count,
                        traffic.received()::sum,
                        traffic.sent()::sum));
        metrics = served;
        return served.port();
    }

    /** Serves the API; returns the port. */
    public int serveApi(InetSocketAddress address) throws IOException {
        ApiServer served = new ApiServer(address, backend.authority().serverContext(address, names), backend);
        api = served;
        return served.port();
    }

    private synchronized String newRecoveryKey(@Nullable String passphrase) throws IOException {
        byte[] secret = Keyring.random(32);
        String printed = RecoveryKey.print(secret);
        try (Credential known = knownCredential(passphrase);
                Credential added = new Credential(Credential.Kind.RECOVERY_KEY, secret)) {
            directory.changeKeyring(keyring -> keyring.with(known, added));
        }
        return printed;
    }

    private Credential knownCredential(@Nullable String passphrase) throws IOException {
        if (passphrase != null && !passphrase.isEmpty()) {
            return new Credential(Credential.Kind.PASSPHRASE, passphrase.getBytes(StandardCharsets.UTF_8));
        }
        Credential unattended = directory.unattendedKey();
        if (unattended == null) {
            throw new IOException("this appliance is opened by a passphrase; give it");
        }
        return unattended;
    }

    /** What is found is an event. Files and logs may be many: nobody waits for it. */
    private void verifyAudit() {
        try {
            audit.verifyAtStart(VaultAnchors.known(directory.root(), control));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the audit log could not be verified", e);
        }
    }

    private static void watch(RoomWatch room, ExpiryWatch expiry) {
        try {
            room.look();
            expiry.look();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "room that runs out or certificates that end could not be told", e);
        }
    }

    private void rememberClock() {
        try {
            lockClock.remember();
            audit.tick();
            copies.keep(control);
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the clock of locks, a head of the audit log or a copy of the control database could not be kept",
                    e);
        }
    }

    /** For the command line, which reads the control database beside the running appliance. */
    private void publishStatus() {
        try {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("usedBytes", Long.toString(store.usedBytes()));
            values.put("chunks", Long.toString(store.chunks()));
            values.put("snapshots", Long.toString(store.manifests().count()));
            values.put("connections", Integer.toString(listener.connectionCount()));
            values.put("backupsRunning", Integer.toString(sessions.count()));
            values.put("updated", Long.toString(System.currentTimeMillis()));
            control.status().put(values);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "status could not be written", e);
        }
    }

    /** Ends connections, makes everything durable, seals containers. Nothing that hangs at a vault holds it up. */
    @Override
    public void close() throws IOException {
        vaults.end();
        status.shutdown();
        try {
            boolean ended = status.awaitTermination(10, TimeUnit.SECONDS);
            LOG.log(System.Logger.Level.DEBUG, () -> "status ended: " + ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeAll(api, metrics);
        listener.close();
        publishStatus();
        Files.deleteIfExists(directory.root().resolve("run.json"));
        closeAll(plans, alerts, tasks, vaults::stop, audit::head, store, vaults, control, vault, lock);
    }
}
