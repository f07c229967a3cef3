package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same acts by the console's session over HTTPS, by a command beside a running appliance, and by a command where none
 * runs: the same checks, the same words, and the same entries in the audit log but for who acted.
 */
class ThreeWaysTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PASSWORD = "a password of some length";

    private static final String VAULT = """
            {"address":{"url":"file:///copies"},"policy":{"when":"IMMEDIATELY","windows":[],"bandwidth":[],"leastAgeSeconds":0,
             "nodes":[],"containerClass":"Standard","colder":[],"parallelParts":4,"evictAbove":100}}
            """;

    @TempDir
    private static Path work;

    private static Path running;
    private static Path stopped;
    private static String snapshot;
    private static Appliance appliance;
    private static HttpClient http;
    private static URI api;
    private static String[] session;

    @BeforeAll
    static void make() throws Exception {
        running = work.resolve("running");
        stopped = work.resolve("stopped");
        DataDirectory directory =
                DataDirectory.init(running, "dev", List.of(), null).directory();
        try (Credential credential = key(directory);
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            for (String node : List.of("node-1", "web2", "web3", "web4")) {
                control.tokens().add("t-" + node, Duration.ofHours(1), null);
                control.nodes().enroll("t-" + node, node, "linux", 8, id -> "f" + id);
            }
            control.nodes().revoke("web2");
            control.nodes().restoresBelow(4, List.of("/restore", "/srv/back"));
            new Access(control, keys, InstantSource.system())
                    .users()
                    .add("ann", PASSWORD, Role.ADMINISTRATOR, Scope.allNodes());
            try (Store store = new Store(directory.storeConfig(), keys, new LocalDisk(), silent())) {
                snapshot = StoreFixture.backup(store, 1, List.of(new byte[100], new byte[2000]))
                        .id()
                        .toString();
            }
        }
        Files.createDirectories(work.resolve("vault"));
        assertThat(command(running, "vault", "set", "file://" + work.resolve("vault"), "--when", "manually"))
                .isEmpty();
        StoreFixture.copy(running, stopped);
        try (Credential credential = key(directory)) {
            appliance = new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), silent());
        }
        api = URI.create("https://127.0.0.1:" + appliance.serveApi(new InetSocketAddress("127.0.0.1", 0)) + "/api/v1");
        http = HttpClient.newBuilder().sslContext(trusting(directory)).build();
        HttpResponse<String> signedIn =
                send("POST", "/session", Map.of("user", "ann", "password", PASSWORD, "code", ""));
        assertThat(signedIn.statusCode()).as(signedIn.body()).isEqualTo(200);
        session = new String[] {
            "Cookie",
            signedIn.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0],
            "X-CSRF-Token",
            JSON.readTree(signedIn.body()).path("csrf").asText()
        };
    }

    @AfterAll
    static void stop() throws Exception {
        http.shutdownNow();
        appliance.close();
    }

    private static Credential key(DataDirectory directory) throws Exception {
        Credential credential = directory.unattendedKey();
        assertThat(credential).isNotNull();
        return credential;
    }

    private static SSLContext trusting(DataDirectory directory) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        byte[] certificate = Files.readAllBytes(directory.keys().resolve("ca.crt"));
        trusted.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, factory.getTrustManagers(), null);
        return tls;
    }

    private static IndexRecovery.Progress silent() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }

    private static HttpResponse<String> send(String method, String path, Object body, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        HttpRequest.BodyPublishers.ofString(
                                body instanceof String text ? text : JSON.writeValueAsString(body)));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** What the console is told; empty where all is well. */
    private static String console(String method, String path, String body) throws Exception {
        HttpResponse<String> answer =
                send(method, path.replace("SNAPSHOT", snapshot), body.replace("POLICY", VAULT), session);
        return answer.statusCode() / 100 == 2
                ? ""
                : JSON.readTree(answer.body()).path("detail").asText().replace(running.toString(), "DATA");
    }

    /** What a command says of a failure; empty where all is well. */
    private static String command(Path data, String... words) {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(List.of("--data", data.toString()));
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        PrintStream err = System.err;
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        try {
            int code = ApplianceMain.run(new StandardOutput(new ByteArrayOutputStream()), all.toArray(String[]::new));
            String said = errors.toString(StandardCharsets.UTF_8).strip();
            assertThat(said.isEmpty()).as("%s: %s", all, said).isEqualTo(code == 0);
            // Where to look is said by commands alone.
            return said.replace(data.toString(), "DATA")
                    .replaceFirst("^holdfast: ", "")
                    .replaceFirst("; see: holdfast appliance .*$", "");
        } finally {
            System.setErr(err);
        }
    }

    /** The newest entry of the audit log that is not about work of the appliance itself. */
    private static AuditEntry newest(Path data) throws Exception {
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            return control.audit().newest(20).stream()
                    .filter(each -> !each.actor().equals("appliance"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The newest entry of the audit log: action, object and outcome, without numbers of tasks. */
    private static String audited(Path data) throws Exception {
        AuditEntry entry = newest(data);
        return entry.action() + "|" + entry.object() + "|" + entry.outcome().replaceAll("task \\d+", "task N");
    }

    private static String actor() throws Exception {
        return newest(running).actor();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PUT|/policies/p|{"keep":{"last":3,"hourly":0,"daily":0,"weekly":0,"monthly":0,"yearly":0,"withinDays":0},"lockDays":0,"compliance":false}|policy set p --last 3|
            PUT|/policies/.p|{"keep":{"last":3,"hourly":0,"daily":0,"weekly":0,"monthly":0,"yearly":0,"withinDays":0},"lockDays":0,"compliance":false}|policy set .p --last 3|invalid policy name '.p'
            PUT|/policies/q|{"keep":{"last":3,"hourly":0,"daily":0,"weekly":0,"monthly":0,"yearly":0,"withinDays":0},"lockDays":40000,"compliance":false}|policy set q --last 3 --lock-days 40000|lockDays must be from 0 to 36500
            PUT|/snapshots/SNAPSHOT/lock|{"days":3,"compliance":false}|snapshot lock SNAPSHOT --days 3|
            PUT|/snapshots/SNAPSHOT/lock|{"days":40000,"compliance":false}|snapshot lock SNAPSHOT --days 40000|the days of a lock are 0 to 36500
            DELETE|/nodes/web3||node revoke web3|
            DELETE|/nodes/web2||node revoke web2|node 'web2' is already revoked
            DELETE|/nodes/zzzz||node revoke zzzz|there is no node 'zzzz'
            POST|/snapshots/SNAPSHOT/restore|{"paths":["/f00001"],"target":"/back","overwrite":"never"}|snapshot restore SNAPSHOT:/f00001 --target /back --overwrite never --no-wait|
            POST|/snapshots/SNAPSHOT/restore|{"paths":["/none"],"target":"/back","overwrite":"never"}|snapshot restore SNAPSHOT:/none --target /back --overwrite never --no-wait|the snapshot has no /none
            POST|/snapshots/SNAPSHOT/restore|{"paths":[],"target":"/back","overwrite":"never","node":"web2"}|snapshot restore SNAPSHOT --node web2 --target /back --overwrite never --no-wait|node 'web2' is revoked
            POST|/snapshots/SNAPSHOT/restore|{"paths":[],"target":"back","overwrite":"never"}|snapshot restore SNAPSHOT --target back --overwrite never --no-wait|the target must be an absolute path
            POST|/snapshots/SNAPSHOT/restore|{"paths":[],"target":"/restore/new","overwrite":"never","node":"web4"}|snapshot restore SNAPSHOT --node web4 --target /restore/new --overwrite never --no-wait|
            POST|/snapshots/SNAPSHOT/restore|{"paths":[],"target":"/restored","overwrite":"never","node":"web4"}|snapshot restore SNAPSHOT --node web4 --target /restored --overwrite never --no-wait|node 'web4' does not restore to /restored by order. Its service restores only to these directories and below them: /restore, /srv/back.
            POST|/snapshots/SNAPSHOT/restore|{"paths":[],"target":"/restore/../etc","overwrite":"never"}|snapshot restore SNAPSHOT --target /restore/../etc --overwrite never --no-wait|the target must be an absolute path on the node without '.' and '..'
            POST|/snapshots/SNAPSHOT/restore|{"paths":["/f00001"],"original":true,"overwrite":"never"}|snapshot restore SNAPSHOT:/f00001 --original --overwrite never --no-wait|
            POST|/snapshots/SNAPSHOT/restore|{"paths":["/f00001"],"original":true,"overwrite":"never","node":"web4"}|snapshot restore SNAPSHOT:/f00001 --node web4 --original --overwrite never --no-wait|node 'web4' does not restore /f00001 to the original place by order.
            POST|/vaults/vault/upload||vault upload|
            POST|/vaults/dr/upload||vault upload --name dr|this appliance has no vault 'dr'
            PUT|/alert-channels/ops|{"webhook":{"url":"https://hooks.example.com/x"},"least":"alert"}|alert webhook ops https://hooks.example.com/x --least alert|
            PUT|/alert-channels/ops|{"webhook":{"url":"http://hooks.example.com/x"}}|alert webhook ops http://hooks.example.com/x|'http://hooks.example.com/x (json)' is not encrypted
            PUT|/alert-channels/ops|{"mail":{"host":"h","from":"a@b","to":["c@d"]},"least":"bad"}|alert mail ops --host h --from a@b --to c@d --least bad|invalid least 'bad'; expected one of info, warning, alert
            DELETE|/alert-channels/none||alert remove none|there is no channel 'none'
            PUT|/audit/limits|{"days":30,"entries":5000,"megabytes":2}|audit --keep-days 30 --keep-entries 5000 --keep-megabytes 2|
            PUT|/audit/limits|{"days":0,"entries":5000,"megabytes":2}|audit --keep-days 0 --keep-entries 5000 --keep-megabytes 2|the audit log's limit of days is 1 to 10000, not 0
            DELETE|/identity-provider||user provider --off|
            PUT|/vaults/Copy|POLICY|vault set file:///copies --name Copy|invalid vault name 'Copy'
            PUT|/vaults/vault|POLICY|vault set file:///copies|the appliance has a vault at file://
            """)
    void anActIsCheckedToldAndAuditedTheSameByEachWay(
            String method, String path, String body, String words, String refusal) throws Exception {
        // The order matters: what the console revokes first would be revoked already for the command beside it.
        boolean once = words.equals("node revoke web3");
        String[] command = words.replace("SNAPSHOT", snapshot).split(" ");
        String byConsole = console(method, path, body == null ? "" : body);
        String auditedByConsole = audited(running);
        assertThat(byConsole).startsWith(refusal == null ? "" : refusal);
        assertThat(byConsole.isEmpty()).isEqualTo(refusal == null);
        String byCommand = command(stopped, command);
        assertThat(byCommand).isEqualTo(byConsole);
        assertThat(audited(stopped)).isEqualTo(auditedByConsole);
        if (!once) {
            assertThat(command(running, command)).isEqualTo(byConsole);
            assertThat(audited(running)).isEqualTo(auditedByConsole);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "../b", "a%2fb", "a;b", "a?b", "a b"})
    void aNameOfAnyCharactersIsRefusedInTheSameWordsOverTheSocket(String name) throws Exception {
        String said = command(stopped, "policy", "set", name, "--last", "1");
        assertThat(said).startsWith("invalid policy name '" + name + "'");
        assertThat(command(running, "policy", "set", name, "--last", "1")).isEqualTo(said);
    }

    @Test
    void theAuditLogTellsByWhichWay() throws Exception {
        assertThat(console("PUT", "/snapshots/SNAPSHOT/hold", "{\"why\":\"x\"}"))
                .isEmpty();
        assertThat(actor()).isEqualTo("user ann");
        assertThat(command(running, "snapshot", "hold", snapshot)).isEmpty();
        assertThat(actor()).isEqualTo("administrator");
    }

    @Test
    void aRemoteApplianceTakesTheSameCommandsByToken() throws Exception {
        JsonNode made = JSON.readTree(send(
                        "POST",
                        "/tokens",
                        Map.of("description", "test", "permissions", List.of("VIEW", "PROTECT"), "days", 1),
                        session)
                .body());
        Path token = work.resolve("token");
        Files.writeString(token, made.path("secret").asText());
        List<String> words = new ArrayList<>(List.of("snapshot", "hold", snapshot, "--why", "by token"));
        words.addAll(List.of(
                "--url",
                "https://127.0.0.1:" + api.getPort(),
                "--token-file",
                token.toString(),
                "--ca-file",
                running.resolve("keys/ca.crt").toString()));
        assertThat(ApplianceMain.run(new StandardOutput(new ByteArrayOutputStream()), words.toArray(String[]::new)))
                .isZero();
        assertThat(actor()).isEqualTo("user ann by token");
        assertThat(audited(running)).isEqualTo("hold|" + snapshot + "|by token");
    }
}
