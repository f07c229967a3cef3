package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.access.Scope;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * An appliance with its API over real HTTPS, for tests: a user of each role, who sees all nodes, and {@code narrow} and {@code
 * narrow-restorer}, who see db1 alone, of db1 and db2.
 */
final class RunningAppliance implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String PASSWORD = "correct horse battery";

    private final DataDirectory directory;
    private final Appliance appliance;
    private final HttpClient http;
    private final SSLContext tls;
    private final int port;

    /** A signed-in user. */
    record Browser(String cookie, String csrf) {}

    RunningAppliance(Path work) throws Exception {
        this(work, (data, control, keys) -> {});
    }

    /** What is in the data directory before the appliance starts. */
    interface Content {
        void fill(DataDirectory data, ControlDb control, VaultKeys keys) throws Exception;
    }

    RunningAppliance(Path work, Content content) throws Exception {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (ControlDb control = new ControlDb(directory.controlDb());
                Credential credential = key();
                VaultKeys keys = directory.keyring().unlock(credential)) {
            Access access = new Access(control, keys, InstantSource.system());
            for (Role role : Role.values()) {
                access.users().add(role.text() + "-user", PASSWORD, role, Scope.allNodes());
            }
            access.users().add("narrow", PASSWORD, Role.BACKUP_OPERATOR, Scope.of(Set.of("db1")));
            access.users().add("narrow-restorer", PASSWORD, Role.RESTORE_OPERATOR, Scope.of(Set.of("db1")));
            for (String node : List.of("db1", "db2")) {
                control.tokens().add("token-" + node, Duration.ofHours(1), null);
                int id = control.nodes()
                        .enroll("token-" + node, node, "linux", 8, made -> "f" + made)
                        .id();
                assertThat(id).isPositive();
            }
            content.fill(directory, control, keys);
        }
        try (Credential credential = key()) {
            appliance = new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), silent());
        }
        port = appliance.serveApi(new InetSocketAddress("127.0.0.1", 0));
        tls = SSLContext.getInstance("TLSv1.3");
        tls.init(null, new TrustManager[] {new TrustAll()}, null);
        http = HttpClient.newBuilder().sslContext(tls).build();
    }

    private Credential key() throws IOException {
        Credential credential = directory.unattendedKey();
        if (credential == null) {
            throw new IOException("no key file");
        }
        return credential;
    }

    private static IndexRecovery.Progress silent() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {}
        };
    }

    Path controlDb() {
        return directory.controlDb();
    }

    HttpClient http() {
        return http;
    }

    /** @param path below the API's root, with its slash */
    URI uri(String path) {
        return URI.create("https://127.0.0.1:" + port + "/api/v1" + path);
    }

    int port() {
        return port;
    }

    /** The database as another process has it. */
    ControlDb control() throws IOException {
        return new ControlDb(directory.controlDb());
    }

    /** A connection whose TLS handshake is done. */
    SSLSocket connect() throws IOException {
        return connect("127.0.0.1");
    }

    /** A connection that knows nothing of earlier ones, and is shown the certificate of now. */
    SSLSocket connectAnew() throws Exception {
        SSLContext fresh = SSLContext.getInstance("TLSv1.3");
        fresh.init(null, new TrustManager[] {new TrustAll()}, null);
        SSLSocket socket = (SSLSocket) fresh.getSocketFactory().createSocket("127.0.0.1", port);
        socket.startHandshake();
        return socket;
    }

    /** As above, from an address of this machine's, which has limits of its own. */
    SSLSocket connect(String from) throws IOException {
        SSLSocket socket =
                (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", port, InetAddress.getByName(from), 0);
        socket.setSoTimeout(30_000);
        socket.startHandshake();
        return socket;
    }

    HttpResponse<String> call(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            // The server closed an idle connection while the client used it again.
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    HttpResponse<String> call(Browser browser, String method, String path, String body) throws Exception {
        return call(method, path, body, "Cookie", browser.cookie, "X-CSRF-Token", browser.csrf);
    }

    Browser signIn(String user) throws Exception {
        HttpResponse<String> response =
                call("POST", "/session", JSON.writeValueAsString(Map.of("user", user, "password", PASSWORD)));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        String cookie = response.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("HttpOnly").contains("Secure").contains("SameSite=Strict");
        return new Browser(
                cookie.substring(0, cookie.indexOf(';')),
                JSON.readTree(response.body()).path("csrf").asText());
    }

    static JsonNode json(HttpResponse<String> response) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Override
    public void close() throws Exception {
        http.shutdownNow();
        appliance.close();
    }

    /** The test knows whom it speaks to. */
    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
