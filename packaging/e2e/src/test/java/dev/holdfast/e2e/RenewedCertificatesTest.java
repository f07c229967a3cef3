package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.service.RestoreRights;
import dev.holdfast.agent.service.Service;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.task.ExpiryWatch;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An appliance and clients over real TLS, while years pass by the clock that all of them have. */
class RenewedCertificatesTest {
    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private DataDirectory directory;
    private dev.holdfast.server.Appliance server;
    private int port;

    @BeforeEach
    void start() throws Exception {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        run();
    }

    private void run() throws Exception {
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey())) {
            server = new dev.holdfast.server.Appliance(
                    directory, credential, new InetSocketAddress("127.0.0.1", port), silent(), List.of(), now::get);
        }
        port = server.port();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private static IndexRecovery.Progress silent() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }

    private ControlDb control() throws IOException {
        return new ControlDb(directory.controlDb(), now::get);
    }

    private Path enrol(String name, Path state, Integer node) throws Exception {
        Authority.Token token = Authority.newToken(Authority.fingerprint(Authority.loadCertificate(directory.keys())));
        try (ControlDb control = control()) {
            control.tokens().add(token.secret(), Duration.ofHours(1), node);
        }
        Enrolment.enroll(Endpoint.parse("https://127.0.0.1:" + port), token.text(), null, name, state, now::get);
        return state;
    }

    private Path enrol(String name) throws Exception {
        return enrol(name, Files.createDirectories(work.resolve(name)), null);
    }

    private void visit(Path state) throws IOException {
        try (Appliance appliance = new Appliance(Identity.load(state), state, now::get)) {
            appliance.snapshots();
        }
    }

    private void pass(Duration time) {
        now.updateAndGet(before -> before.plus(time));
    }

    private static X509Certificate certificate(Path state) throws Exception {
        String pem = Files.readString(state.resolve("node.crt")).replaceAll("-----[A-Z ]+-----", "");
        return Certificates.parse(java.util.Base64.getMimeDecoder().decode(pem));
    }

    /** Who renewed or used a certificate, the oldest first. */
    private List<String> audited() throws IOException {
        try (ControlDb control = control()) {
            List<String> found = new ArrayList<>(control.audit().newest(1000).stream()
                    .filter(each ->
                            !each.outcome().equals("allowed") || each.action().endsWith("certificate"))
                    .map(each -> each.actor() + ": " + each.action() + ": " + each.outcome())
                    .toList());
            Collections.reverse(found);
            return found;
        }
    }

    private List<String> events() throws IOException {
        try (ControlDb control = control()) {
            X509Certificate authority = Authority.loadCertificate(directory.keys());
            new ExpiryWatch(control, authority.getNotAfter().toInstant(), now::get).look();
            return control.events().list(true, 100).stream()
                    .map(Events.Event::kind)
                    .filter(each -> each.startsWith("certificate") || each.startsWith("identity"))
                    .toList();
        }
    }

    /** As the console's browser does it: the appliance's certificate must be valid now. */
    private void visitApi(int api) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        X509Certificate authority = Authority.loadCertificate(directory.keys());
        tls.init(null, new TrustManager[] {TrustPath.to(authority, now::get).trustManager(Usage.APPLIANCE)}, null);
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", api)) {
            socket.startHandshake();
        }
    }

    @Test
    void nobodyNoticesButTheAuditLog() throws Exception {
        int api = server.serveApi(new InetSocketAddress("127.0.0.1", 0));
        Path daily = enrol("daily");
        X509Certificate first = certificate(daily);
        for (int week = 0; week < 4 * 52; week += 6) {
            visit(daily);
            visitApi(api);
            assertThat(events()).isEmpty();
            pass(Duration.ofDays(6 * 7));
        }
        assertThat(now.get()).isAfter(first.getNotAfter().toInstant().plus(Duration.ofDays(900)));
        List<String> renewals = audited();
        assertThat(Set.copyOf(renewals))
                .containsExactlyInAnyOrder(
                        "node daily: renew certificate: allowed", "node daily: use certificate: allowed");
        assertThat(renewals).hasSizeBetween(2 * 5, 2 * 6);
        assertThat(certificate(daily).getPublicKey()).isNotEqualTo(first.getPublicKey());
    }

    @Test
    void serviceRenewsWithoutBeingRestarted() throws Exception {
        Path state = enrol("served");
        List<String> said = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> ready = new CompletableFuture<>();
        try (Service service = new Service(
                state,
                new RestoreRights(List.of(), false),
                line -> {
                    said.add(line);
                    ready.complete(null);
                },
                now::get)) {
            CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
                try {
                    service.run();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            ready.get(30, TimeUnit.SECONDS);
            for (int year = 1; year <= 2; year++) {
                pass(Duration.ofDays(250));
                awaitUses(year);
            }
            service.close();
            ended.get(30, TimeUnit.SECONDS);
        }
        assertThat(said).containsExactly("Ready for orders");
    }

    private void awaitUses(int count) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (audited().stream()
                        .filter(each -> each.contains("use certificate"))
                        .count()
                < count) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static void copy(Path from, Path to, String... names) throws IOException {
        Files.createDirectories(to);
        for (String name : names) {
            if (Files.exists(from.resolve(name))) {
                Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** What a renewal leaves where a crash or a power cut interrupts it, put together from what it has before and after. */
    @Test
    void renewalThatIsInterruptedAnywhereGoesOn() throws Exception {
        Path state = enrol("node");
        Path before = work.resolve("before");
        Path between = work.resolve("between");
        copy(state, before, "node.key", "node.crt");
        pass(Duration.ofDays(250));
        visit(state);
        copy(state, between, "renewed.pem", "previous.pem");
        assertThat(between.resolve("renewed.pem")).exists();
        visit(state);
        Path after = work.resolve("after");
        copy(state, after, "node.key", "node.crt");
        assertThat(state.resolve("renewed.pem")).doesNotExist();
        assertThat(certificate(after).getPublicKey())
                .isNotEqualTo(certificate(before).getPublicKey());

        List<List<Path>> crashes = List.of(
                List.of(before.resolve("node.key"), before.resolve("node.crt")),
                List.of(before.resolve("node.key"), before.resolve("node.crt"), between.resolve("previous.pem")),
                List.of(
                        before.resolve("node.key"),
                        before.resolve("node.crt"),
                        between.resolve("previous.pem"),
                        between.resolve("renewed.pem")),
                List.of(
                        after.resolve("node.key"),
                        before.resolve("node.crt"),
                        between.resolve("previous.pem"),
                        between.resolve("renewed.pem")),
                List.of(
                        after.resolve("node.key"),
                        after.resolve("node.crt"),
                        between.resolve("previous.pem"),
                        between.resolve("renewed.pem")));
        for (List<Path> crash : crashes) {
            for (String name : List.of("node.key", "node.crt", "previous.pem", "renewed.pem")) {
                Files.deleteIfExists(state.resolve(name));
            }
            for (Path file : crash) {
                copy(file.getParent(), state, file.getFileName().toString());
            }
            for (int visits = 0; visits < 3; visits++) {
                visit(state);
            }
            assertThat(state.resolve("renewed.pem")).doesNotExist();
            assertThat(Duration.between(
                            now.get(), certificate(state).getNotAfter().toInstant()))
                    .isGreaterThan(Duration.ofDays(300));
        }
        assertThat(events()).isEmpty();
        assertThat(audited()).allMatch(each -> each.endsWith("certificate: allowed"));
    }

    @Test
    void applianceThatWasSetBackToBeforeARenewalKnowsItsNode() throws Exception {
        Path state = enrol("node");
        server.close();
        Path copy = work.resolve("control.copy");
        Files.copy(directory.controlDb(), copy);
        run();
        pass(Duration.ofDays(250));
        visit(state);
        visit(state);
        server.close();
        try (var files = Files.list(directory.root())) {
            for (Path file : files.toList()) {
                if (file.getFileName()
                        .toString()
                        .startsWith(directory.controlDb().getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
        Files.copy(copy, directory.controlDb());
        run();
        X509Certificate lost = certificate(state);
        for (int visits = 0; visits < 3; visits++) {
            visit(state);
        }
        assertThat(certificate(state).getPublicKey()).isNotEqualTo(lost.getPublicKey());
        pass(Duration.ofDays(200));
        visit(state);
    }

    @Test
    void nodeThatWasAwayForTooLongIsToldWhatToDo() throws Exception {
        Path state = enrol("away");
        pass(Duration.ofDays(300));
        assertThat(events()).containsExactly("certificate-expires");
        pass(Duration.ofDays(70));
        assertThatThrownBy(() -> visit(state))
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED))
                .hasMessageContaining("this node's certificate ended on ")
                .hasMessageContaining("token create --node away")
                .hasMessageContaining("enroll https://127.0.0.1:" + port + " --force");
        assertThat(events()).containsExactlyInAnyOrder("certificate-expires", "certificate-refused");
        try (ControlDb control = control()) {
            assertThat(control.events().list(true, 10))
                    .filteredOn(each -> each.kind().equals("certificate-refused"))
                    .singleElement()
                    .satisfies(each -> assertThat(each.message()).contains("token create --node away"));
        }
        enrol("away", state, 1);
        visit(state);
        assertThat(events()).isEmpty();
        assertThat(Arrays.asList(Objects.requireNonNull(state.toFile().list())))
                .doesNotContain("renewed.pem", "previous.pem");
    }
}
