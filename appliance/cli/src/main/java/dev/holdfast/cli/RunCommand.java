package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.log.ApplianceLog;
import dev.holdfast.control.pki.OwnCertificate;
import dev.holdfast.control.pki.ServerNames;
import dev.holdfast.control.upgrade.FormatCheck;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.ServiceManager;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.server.Appliance;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Runs the appliance until it is told to stop (Ctrl-C or SIGTERM).")
final class RunCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger(RunCommand.class.getName());
    static final String HARDWARE_REPORT = "/run/holdfast/hardware.json";

    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8807",
            description = "Where to listen; default ${DEFAULT-VALUE}. Port 0 takes a free one.")
    private String listen = "";

    @Option(
            names = "--api",
            paramLabel = "HOST:PORT",
            description =
                    "Where to serve the web console and the API over HTTPS; default: nowhere. Their users are made by 'user"
                            + " add'; what the API does is described at /api/v1/openapi.json.")
    private @Nullable String api;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description =
                    "A DNS name or an IP address by which browsers reach the appliance, for its certificate; may be given"
                            + " several times. The certificate names this machine, its addresses and localhost anyway.")
    private List<String> names = List.of();

    @Option(
            names = "--api-certificate",
            paramLabel = "FILE",
            description =
                    "PEM file with your own certificate for console and API, then those of its issuers; default: a"
                            + " certificate of the appliance's authority. It must name a host, and each --name. A file that"
                            + " changes is read again within a minute; one that is wrong is refused with an event.")
    private @Nullable Path apiCertificate;

    @Option(
            names = "--api-key",
            paramLabel = "FILE",
            description = "PEM file with the key of --api-certificate (PKCS #8, PKCS #1 or SEC 1), without a password.")
    private @Nullable Path apiKey;

    @Option(
            names = "--nbd",
            paramLabel = "HOST:PORT",
            description =
                    "Where nodes reach the disks of instant recoveries, over NBD with TLS and their certificates; default:"
                            + " nowhere. Machines on the appliance itself use a Unix socket.")
    private @Nullable String nbd;

    @Option(
            names = "--metrics",
            paramLabel = "HOST:PORT",
            description =
                    "Where Prometheus may scrape /metrics, in plain HTTP and without a password; default: nowhere. A"
                            + " dashboard for Grafana is in packaging/grafana.")
    private @Nullable String metrics;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            defaultValue = "INFO",
            description = "What logs/appliance.log in the data directory tells: ERROR, WARNING, INFO (default), DEBUG.")
    private System.Logger.Level logLevel = System.Logger.Level.INFO;

    @Option(
            names = "--hardware-report",
            paramLabel = "FILE",
            defaultValue = HARDWARE_REPORT,
            description = "What 'hardware collect' tells of the server's parts. Default: ${DEFAULT-VALUE}.")
    private Path hardwareReport = Path.of("");

    @Mixin
    private final RescueOptions rescue = new RescueOptions();

    @Option(
            names = "--audit-file",
            paramLabel = "FILE",
            description =
                    "With --read-only: entries of the audit log are appended to this file, one JSON object per line. Default:"
                            + " standard error, and so the journal.")
    private @Nullable Path auditFile;

    @Spec
    private @Nullable CommandSpec spec;

    /** @throws IllegalArgumentException where an address or a name is none */
    void check() {
        address(listen);
        if (api != null) {
            address(api);
        }
        if (metrics != null) {
            address(metrics);
        }
        if (nbd != null) {
            address(nbd);
        }
        names.forEach(ServerNames::check);
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        InetSocketAddress address = address(listen);
        names.forEach(ServerNames::check);
        OwnCertificate own = ownCertificate();
        if (auditFile != null && !rescue.readOnly()) {
            throw new IllegalArgumentException("--audit-file is for --read-only; leave it out");
        }
        requireReadable(data.path());
        try (RescueOptions.Opened opened = rescue.open(data, err)) {
            run(opened, address, own, out, err);
        }
        return ExitCode.OK;
    }

    /** Until it is told to stop. */
    private void run(
            RescueOptions.Opened opened,
            InetSocketAddress address,
            @Nullable OwnCertificate own,
            PrintWriter out,
            PrintWriter err)
            throws Exception {
        DataDirectory directory = opened.directory();
        InetSocketAddress served = api == null ? null : address(api);
        InetSocketAddress scraped = metrics == null ? null : address(metrics);
        if (rescue.readOnly()) {
            ApplianceLog.quietLibraries();
        } else {
            ApplianceLog.begin(directory.root().resolve("logs"), logLevel);
        }
        try (ServiceManager manager = new ServiceManager(System.getenv());
                StopSignal signal = new StopSignal(manager, err)) {
            // Before the appliance starts: also a signal during the start ends it in order.
            signal.heed();
            Appliance appliance = listening(
                    "--listen",
                    address,
                    () -> Appliance.start(directory, credentials.files(), address, Output.progress(err), names));
            signal.closes(appliance::close);
            signal.closes(opened::close);
            if (rescue.readOnly()) {
                appliance.tellAudit(line -> tellAudit(line, err));
                announce(out, "Nothing is changed. Commands that show something: --data " + directory.root());
            }
            appliance.watchHardware(hardwareReport);
            if (served != null) {
                serveApi(appliance, served, own, out);
            }
            serveDisks(appliance, out);
            if (scraped != null) {
                announce(
                        out,
                        "Metrics on http://"
                                + Output.authority(
                                        scraped.getHostString(),
                                        listening("--metrics", scraped, () -> appliance.serveMetrics(scraped)))
                                + "/metrics");
            }
            announce(
                    out,
                    "Holdfast appliance (" + directory.profile().name() + ") listens on https://"
                            + Output.authority(address.getHostString(), appliance.port()));
            manager.ready();
            manager.watch(appliance::works);
            signal.await();
        }
    }

    private static void serveApi(
            Appliance appliance, InetSocketAddress address, @Nullable OwnCertificate own, PrintWriter out)
            throws Exception {
        int port = listening(
                "--api", address, () -> own == null ? appliance.serveApi(address) : appliance.serveApi(address, own));
        String url = "https://" + Output.authority(address.getHostString(), port);
        announce(out, "Console on " + url);
        announce(out, "API on " + url + "/api/v1");
    }

    private void serveDisks(Appliance appliance, PrintWriter out) throws Exception {
        if (nbd != null) {
            InetSocketAddress address = address(nbd);
            int port = listening("--nbd", address, () -> appliance.serveDisks(address));
            announce(out, "Disks of instant recoveries on nbds://" + Output.authority(address.getHostString(), port));
        }
    }

    private void tellAudit(String line, PrintWriter err) throws IOException {
        Path file = auditFile;
        if (file == null) {
            err.println("audit " + line);
            err.flush();
            return;
        }
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(file, line + "\n", StandardOpenOption.APPEND);
    }

    /** Before anything is opened: a restart would not help, so that the service manager must not try. */
    private static void requireReadable(Path root) throws IOException {
        try {
            FormatCheck.require(root);
        } catch (FormatException e) {
            throw e.problem() == FormatException.Problem.TOO_NEW
                    ? new Failure.RefusedException(String.valueOf(e.getMessage()))
                    : e;
        }
    }

    /** Before anything starts: what is wrong with the files is corrected first. */
    private @Nullable OwnCertificate ownCertificate() throws IOException {
        Path certificate = apiCertificate;
        Path key = apiKey;
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null || api == null) {
            throw new IllegalArgumentException(
                    "--api-certificate, --api-key and --api belong together; give all of them");
        }
        return new OwnCertificate(certificate, key, names, InstantSource.system());
    }

    /** An appliance whose output goes to a disk that is full still runs. */
    private static void announce(PrintWriter out, String text) {
        try {
            out.println(text);
            out.flush();
        } catch (StandardOutput.LostException e) {
            LOG.log(System.Logger.Level.WARNING, text + "; " + e.getMessage());
        }
    }

    /** What begins to listen. */
    private interface Binding<T> {
        T bind() throws IOException;
    }

    /** The system says that an address is in use, and not which. */
    private static <T> T listening(String option, InetSocketAddress address, Binding<T> binding) throws IOException {
        try {
            return binding.bind();
        } catch (IOException | RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof BindException) {
                    throw new IOException(
                            "cannot listen on " + address.getHostString() + ":" + address.getPort() + " (" + option
                                    + "): "
                                    + cause.getMessage() + ". See which process does: ss -ltnp 'sport = :"
                                    + address.getPort() + "'",
                            e);
                }
            }
            throw e;
        }
    }

    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, colon).replaceAll("^\\[|\\]$", "");
            InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
            if (!address.isUnresolved()) {
                return address;
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("'" + text + "' is no address to listen on; write HOST:PORT", e);
        }
        throw new IllegalArgumentException("'" + text + "' names no host that is known here; write HOST:PORT");
    }
}
