package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.data.Appliance;
import dev.holdfast.server.data.DataDirectory;
import dev.holdfast.server.log.ApplianceLog;
import dev.holdfast.server.pki.ServerNames;
import dev.holdfast.store.envelope.Credential;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
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

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        InetSocketAddress address = address(listen);
        names.forEach(ServerNames::check);
        DataDirectory directory = data.open();
        InetSocketAddress served = api == null ? null : address(api);
        InetSocketAddress scraped = metrics == null ? null : address(metrics);
        ApplianceLog.begin(directory.root().resolve("logs"), logLevel);
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicBoolean failed = new AtomicBoolean();
        try (Credential credential = credentials.read(directory)) {
            Appliance appliance = new Appliance(directory, credential, address, Output.recovery(err), names);
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                int code = ExitCode.OK;
                try {
                    appliance.close();
                } catch (IOException e) {
                    err.println("holdfast: stopping failed: " + e.getMessage());
                    err.flush();
                    code = ExitCode.FAILED;
                }
                stopped.countDown();
                if (!failed.get()) {
                    // A signal is how an appliance is stopped: the JVM would end with 128 and its number.
                    Runtime.getRuntime().halt(code);
                }
            }));
            if (served != null) {
                String url = "https://" + served.getHostString() + ":" + appliance.serveApi(served);
                out.println("Console on " + url);
                out.println("API on " + url + "/api/v1");
            }
            if (scraped != null) {
                out.println("Metrics on http://" + scraped.getHostString() + ":" + appliance.serveMetrics(scraped)
                        + "/metrics");
            }
            out.println("Holdfast appliance (" + directory.profile().name() + ") listens on https://"
                    + address.getHostString() + ":" + appliance.port());
            out.flush();
        } catch (IOException | RuntimeException e) {
            // Its own exit code counts.
            failed.set(true);
            throw e;
        }
        stopped.await();
        return ExitCode.OK;
    }

    static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, colon).replaceAll("^\\[|\\]$", "");
            return new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("'" + text + "' is no address to listen on; write HOST:PORT", e);
        }
    }
}
