package dev.holdfast.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.AdminSocket;
import dev.holdfast.api.ApiServer;
import dev.holdfast.api.LocalApi;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.alert.AlertSender;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.boot.BootDrills;
import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.RecoveryKeys;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.pki.ConsoleCertificate;
import dev.holdfast.control.pki.OwnCertificate;
import dev.holdfast.control.pki.ServerNames;
import dev.holdfast.control.plan.ClientRollOut;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.plan.PlanLoop;
import dev.holdfast.control.plan.Scheduler;
import dev.holdfast.control.plan.UpgradeTurns;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.task.ApiCertificateWatch;
import dev.holdfast.control.task.HardwareWatch;
import dev.holdfast.control.task.HurtPages;
import dev.holdfast.control.task.Maintenance;
import dev.holdfast.control.task.MaintenanceSchedule;
import dev.holdfast.control.task.SuspectContainers;
import dev.holdfast.control.task.TaskRunner;
import dev.holdfast.control.task.VolumeTasks;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.ReportFile;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.server.instant.NbdService;
import dev.holdfast.server.metrics.Metrics;
import dev.holdfast.server.net.BackupSessions;
import dev.holdfast.server.net.CertificateTimeAlerts;
import dev.holdfast.server.net.CloneDetector;
import dev.holdfast.server.net.Listener;
import dev.holdfast.server.net.Services;
import dev.holdfast.server.net.Suspensions;
import dev.holdfast.server.support.RunningSupport;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A running appliance: everything wired together, from the data directory to the listener. What is opened is closed in the
 * opposite order, also where a start fails.
 */
public final class Appliance implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Appliance.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RUN_FILE = "run.json";
    /** Of the heap, for counting usage. */
    private static final int USAGE_SHARE = 32;

    private final DataDirectory directory;
    /** For the certificate, besides those of the machine: as configured, and as the setup was told. */
    private final List<String> names;

    private final Closing closing = new Closing();
    private final Authority authority;
    private final Store store;
    private final ControlDb control;
    private final Vaults vaults;
    /** Null where nothing may be written. */
    private final @Nullable NbdService instant;

    private final Dispatcher dispatcher;
    private final FolderQuestions folders;
    private final Listener listener;
    private final PublishedStatus status;
    private final UseCases useCases;
    private final SignIn signIn;
    private final ClientAddress clients;
    private final Housekeeping housekeeping;
    private final InstantSource clock;
    /** Number of the last entry of the audit log before this start. */
    private final long firstAudit;

    private final ControlPlane plane;
    /** Null where console and API are not served. */
    private volatile @Nullable ConsoleCertificate console;

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
        this(directory, credential, address, progress, names, InstantSource.system());
    }

    /** As above, for those who bring their own time. */
    public Appliance(
            DataDirectory directory,
            Credential credential,
            InetSocketAddress address,
            IndexRecovery.Progress progress,
            List<String> names,
            InstantSource clock)
            throws IOException {
        this.directory = directory;
        this.clock = clock;
        directory.closeToOthers();
        closing.add(directory.lock());
        try {
            plane = ControlPlane.open(directory, credential, closing, clock);
            control = plane.control();
            firstAudit = control.audit().head().id();
            authority = plane.authority();
            this.names = withThoseOfTheSetup(names, control);
            vaults = closing.add(Vaults.open(directory.root(), control, plane.keys()));
            store = closing.add(
                    new Store(directory.storeConfig(), plane.keys(), directory.disk(), vaults.archive(), progress));
            tellDamage();
            instant = openDisks();
            RetentionService retention =
                    new RetentionService(control, store.manifests(), plane.lockClock(), vaults::forgetting);
            AuditKeeper audit = closing.add(plane.audit(), AuditKeeper::head);
            tellHealed(retention, audit);
            use(vaults, retention, audit);
            Drills drills = new Drills(control, store.manifests(), authority, clock);
            ClientPackages packages = new ClientPackages(directory.root());
            UpgradeTurns turns = new UpgradeTurns(control, packages, clock);
            dispatcher = new Dispatcher(control, directory.profile().workers().ingest(), drills::done, turns);
            folders = new FolderQuestions(dispatcher);
            if (!rescue()) {
                work(retention, audit, drills, new ClientRollOut(control, turns));
            }
            listener = new Listener(
                    address,
                    services(retention, packages),
                    authority.serverContext(address, this.names, new CertificateTimeAlerts(control, System::nanoTime)));
            clients = clients(address);
            // One: what is known of guesses, and whose turn it is to hash a password, is in it.
            Access access = new Access(control, plane.keys(), clock);
            useCases = useCases(retention, audit, access);
            signIn = SignIn.of(control, access, new Oidc(control, plane.keys()));
            report();
            status = new PublishedStatus(control, store, listener, () -> Optional.ofNullable(console), clock);
            closing.add(this::ended);
            closing.add(listener);
            listenOnSocket();
            housekeeping = closing.add(new Housekeeping(plane, store, audit, status::publish));
            closing.add(vaults, Vaults::end);
            // Last: who sees it takes the appliance for started.
            writeRunFile(address);
        } catch (IOException | RuntimeException e) {
            closing.close();
            throw e;
        }
        housekeeping.begin(rescue());
    }

    private static List<String> withThoseOfTheSetup(List<String> names, ControlDb control) throws IOException {
        return Stream.concat(names.stream(), new SetupRecord(control).names().stream())
                .distinct()
                .toList();
    }

    /** What is known of damage from before. */
    private void tellDamage() throws IOException {
        SuspectContainers.load(control).tell(store);
        HurtPages.tell(control, store);
    }

    /** Before anything may forget the snapshots that machines run from. */
    private @Nullable NbdService openDisks() throws IOException {
        return rescue() ? null : closing.add(NbdService.open(directory.root(), directory.profile(), store, control));
    }

    /** A mirror that is only read sends no reports. */
    private void report() {
        if (!rescue()) {
            closing.add(new ReportLoop(useCases.reports(), clock));
        }
    }

    private void tellHealed(RetentionService retention, AuditKeeper audit) throws IOException {
        if (!plane.whole()) {
            audit.restored();
            plane.tellHealed(retention);
        }
    }

    private void use(Vaults opened, RetentionService retention, AuditKeeper audit) throws IOException {
        closing.add(opened, Vaults::stop);
        if (rescue()) {
            opened.read(store);
            control.orders().withdrawAll(Phrase.of("task.read-only"));
        } else {
            opened.start(directory::keyring, store, new RetentionGuard(retention), audit);
        }
    }

    /** Whether it works in a mirror of a data directory that is only read. */
    private boolean rescue() {
        return directory.rescued().isPresent();
    }

    private Services.Mode mode() {
        Services.Mode own = vaults.readOnly() ? Services.Mode.RECOVERED : Services.Mode.FULL;
        return rescue() ? Services.Mode.RESCUE : own;
    }

    /**
     * As the constructor, with the credential from files.
     *
     * @throws UseCaseException where the credential is wrong or another process uses the directory
     */
    public static Appliance start(
            DataDirectory directory,
            CredentialFiles credentials,
            InetSocketAddress address,
            Progress progress,
            List<String> names)
            throws IOException {
        return Refusals.told(() -> {
            try (Credential credential = credentials.read(directory)) {
                return new Appliance(directory, credential, address, progress.ofStore(), names);
            }
        });
    }

    /** Tasks, alerts and plans, which work by themselves from now on. */
    private void work(RetentionService retention, AuditKeeper audit, Drills drills, ClientRollOut rollOut)
            throws IOException {
        Maintenance maintenance = new Maintenance(
                control,
                store,
                retention,
                audit,
                new VolumeTasks(control, store, directory),
                vaults.readOnly(),
                directory.profile().memory().heap().bytes() / USAGE_SHARE);
        MaintenanceSchedule due = new MaintenanceSchedule(control, store, audit, vaults.readOnly());
        closing.add(new TaskRunner(control, maintenance, due::look));
        closing.add(new BootDrills(
                directory.root(), directory.profile().memory().heap().bytes(), store, control, authority, clock));
        closing.add(new Alerts(control, plane.keys(), new AlertSender(HostName.own())));
        if (!vaults.readOnly()) {
            Scheduler scheduler = new Scheduler(control, plane.clock(), dispatcher::present);
            closing.add(new PlanLoop(dispatcher, scheduler, drills, rollOut));
        }
    }

    private UseCases useCases(RetentionService retention, AuditKeeper audit, Access access) {
        return UseCases.of(new UseCases.Parts(
                control,
                new RunningEngine(
                        directory,
                        plane.keys(),
                        control,
                        store,
                        vaults,
                        retention,
                        dispatcher,
                        folders,
                        Optional.ofNullable(instant)),
                authority.certificate(),
                () -> access,
                () -> audit.verify(VaultAnchors.known(directory.root(), control)),
                new RecoveryKeys(directory)::replace,
                clients,
                new RunningSupport(directory.root(), this::local),
                () -> Optional.ofNullable(console)));
    }

    private Services services(RetentionService retention, ClientPackages packages) {
        return new Services(
                directory.profile(),
                store,
                control,
                authority,
                new BackupSessions(),
                vaults,
                retention,
                dispatcher,
                folders,
                mode(),
                new Suspensions(control),
                new CloneDetector(control),
                packages,
                new Services.Traffic());
    }

    /** Clients elsewhere reach one that listens everywhere by its name. */
    private ClientAddress clients(InetSocketAddress address) {
        return new ClientAddress() {
            @Override
            public String host() {
                return address.getAddress().isAnyLocalAddress() ? HostName.own() : address.getHostString();
            }

            @Override
            public int port() {
                return listener.port();
            }

            @Override
            public List<String> certificateNames() {
                return ServerNames.of(address, names).texts();
            }
        };
    }

    private LocalApi local() {
        return new LocalApi(useCases, clients);
    }

    private void listenOnSocket() throws IOException {
        if (AdminSocket.fits(directory.root())) {
            closing.add(new AdminSocket(directory.root(), local()));
        } else {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the path of " + directory.root()
                            + " is too long for an administration socket: commands work beside"
                            + " the appliance, on its control database");
        }
    }

    private void writeRunFile(InetSocketAddress address) throws IOException {
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("pid", ProcessHandle.current().pid());
        run.put("host", address.getHostString());
        run.put("port", listener.port());
        AtomicFile.write(directory.root().resolve(RUN_FILE), JSON.writeValueAsBytes(run), false);
    }

    /** No client is connected any more. */
    private void ended() throws IOException {
        status.publish();
        Files.deleteIfExists(directory.root().resolve(RUN_FILE));
    }

    public int port() {
        return listener.port();
    }

    /**
     * Whether nodes can connect, and store and control database answer. Blocks where one of them does.
     *
     * @throws java.io.UncheckedIOException where one fails
     */
    public boolean works() {
        try {
            control.status().all();
            return store.usedBytes() >= 0 && listener.accepts();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Serves the disks of instant recoveries to nodes, over TLS; returns the port. */
    public int serveDisks(InetSocketAddress address) throws IOException {
        NbdService serving = instant;
        if (serving == null) {
            throw new IOException("an appliance that is only read serves no disks");
        }
        return serving.listen(address, authority.serverContext(address, names));
    }

    /** Lets Prometheus scrape; returns the port. */
    public int serveMetrics(InetSocketAddress address) throws IOException {
        return closing.add(new Metrics(address, store, control, listener)).port();
    }

    /**
     * Tells of parts of the server that fail, from now on.
     *
     * @param report the file that the collector writes
     */
    public HardwareWatch watchHardware(Path report) {
        HardwareWatch watch = new HardwareWatch(
                control,
                now -> ReportFile.read(report, now),
                Chassis.of(directory.profile().name()),
                InstantSource.system());
        housekeeping.watchHardware(watch);
        return watch;
    }

    /** Tells each entry that is added to the audit log since this start, as a line of JSON, within seconds. */
    public void tellAudit(AuditSink sink) {
        housekeeping.tell(closing.add(new AuditTail(control, firstAudit, sink)));
    }

    /** Serves the API over HTTPS; returns the port. */
    public int serveApi(InetSocketAddress address) throws IOException {
        return serveApi(address, authority.console(address, names, directory.keys(), plane.keys(), null));
    }

    /** The same, with the administrator's own certificate, which is read again where its files change. */
    public int serveApi(InetSocketAddress address, OwnCertificate own) throws IOException {
        return serveApi(address, authority.console(address, names, directory.keys(), plane.keys(), own));
    }

    private int serveApi(InetSocketAddress address, ConsoleCertificate shown) throws IOException {
        housekeeping.watch(new ApiCertificateWatch(control, shown::watched, clock));
        console = shown;
        return closing.add(new ApiServer(address, authority.serverContext(shown), useCases, signIn, clients))
                .port();
    }

    /** Ends connections, makes everything durable, seals containers. Nothing that hangs at a vault holds it up. */
    @Override
    public void close() throws IOException {
        vaults.end();
        closing.close();
    }
}
