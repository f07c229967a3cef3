package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.rescue.Mirror;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An appliance that is started for rescue: what it can do, and that it changes nothing in the data directory. */
class RescueTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path work;

    private Path data;
    private Path scratch;
    private final List<String> warnings = new ArrayList<>();

    private static final class Silent implements IndexRecovery.Progress {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    }

    @BeforeEach
    void make() throws Exception {
        data = work.resolve("data");
        scratch = Files.createDirectory(work.resolve("scratch"));
        DataDirectory directory = DataDirectory.init(
                        data, "dev", List.of(work.resolve("disk0"), work.resolve("disk1")), null)
                .directory();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
        }
        onStore(directory, store -> StoreFixture.backup(store, 1, files(1)));
    }

    private static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 30_000), StoreFixture.random(seed + 100L, 50_000));
    }

    private static Credential key(DataDirectory directory) throws IOException {
        return Objects.requireNonNull(directory.unattendedKey());
    }

    private interface Use {
        void on(Store store) throws IOException;
    }

    private static void onStore(DataDirectory directory, Use use) throws IOException {
        try (Credential key = key(directory);
                VaultKeys keys = directory.keyring().unlock(key);
                Store store = new Store(directory.storeConfig(), keys, directory.disk(), new Silent())) {
            use.on(store);
        }
    }

    /** Everything below the data directory and the volumes, with sizes, times and permissions. */
    private Map<String, String> tree() throws IOException {
        Map<String, String> tree = new TreeMap<>();
        for (String each : List.of("data", "disk0", "disk1")) {
            try (Stream<Path> files = Files.walk(work.resolve(each), FileVisitOption.FOLLOW_LINKS)) {
                for (Path file : files.toList()) {
                    tree.put(
                            file.toString(),
                            (Files.isDirectory(file) ? "" : Files.size(file)) + " "
                                    + Files.getLastModifiedTime(file) + " "
                                    + Files.getAttribute(file, "unix:ctime") + " "
                                    + Files.getPosixFilePermissions(file));
                }
            }
        }
        return tree;
    }

    private Mirror mirror() throws IOException {
        return Mirror.of(data, scratch, warnings::add);
    }

    private static void assertHolds(Mirror mirror, int snapshots, int... seeds) throws IOException {
        onStore(mirror.directory(), store -> {
            assertThat(store.manifests().list(1)).hasSize(snapshots);
            for (int seed : seeds) {
                StoreReads.assertReadable(store, 1, files(seed));
            }
        });
    }

    @Test
    void snapshotsAreReadAndNothingIsChanged() throws Exception {
        Map<String, String> before = tree();
        try (Mirror mirror = mirror()) {
            assertHolds(mirror, 1, 1);
            // Also what the store does by itself is kept out of the real directories.
            onStore(
                    mirror.directory(),
                    store -> assertThatThrownBy(() -> StoreFixture.backup(store, 1, files(2)))
                            .isInstanceOf(IOException.class));
        }
        assertThat(warnings).isEmpty();
        assertThat(tree()).isEqualTo(before);
        try (Stream<Path> left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void whatACrashLeftOpenIsReadWithoutBeingEnded() throws Exception {
        Path crashed = work.resolve("crashed");
        DataDirectory directory = DataDirectory.open(data);
        try (Credential key = key(directory);
                VaultKeys keys = directory.keyring().unlock(key);
                Store store = new Store(directory.storeConfig(), keys, new LocalDisk(), new Silent())) {
            StoreFixture.backup(store, 1, files(2));
            for (String each : List.of("data", "disk0", "disk1")) {
                StoreFixture.copy(work.resolve(each), crashed.resolve(each));
            }
        }
        for (String each : List.of("data", "disk0", "disk1")) {
            Files.move(work.resolve(each), work.resolve(each + "-whole"));
            Files.move(crashed.resolve(each), work.resolve(each));
        }
        try (Stream<Path> files = Files.walk(work)) {
            assertThat(files.map(Path::toString)).anyMatch(name -> name.endsWith(".hfc.open"));
        }
        Map<String, String> before = tree();
        try (Mirror mirror = mirror()) {
            assertHolds(mirror, 2, 1, 2);
        }
        assertThat(tree()).isEqualTo(before);
        assertThat(Typed.run(
                        0,
                        "check",
                        "--read-only",
                        "--read-data",
                        "--scratch",
                        scratch.toString(),
                        "--data",
                        data.toString()))
                .contains("No damage", "2 snapshots");
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void missingVolumeIsNamedAndTheRestIsServed() throws Exception {
        onStore(DataDirectory.open(data), store -> StoreFixture.backup(store, 1, files(2)));
        Path gone = work.resolve("disk1");
        Files.move(gone, work.resolve("elsewhere"));
        Files.createDirectory(gone);
        Map<String, String> before = tree();
        try (Mirror mirror = mirror()) {
            assertThat(warnings).singleElement().asString().startsWith("volume 1 is missing: " + gone);
            assertThat(mirror.directory().rescued().orElseThrow().missing()).containsOnlyKeys(1);
            onStore(
                    mirror.directory(),
                    store -> assertThat(store.manifests().list(1)).hasSize(2));
        }
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void lostIndexIsMadeAgainInTheScratchDirectory() throws Exception {
        IndexRecovery.discard(data.resolve("index"));
        Map<String, String> before = tree();
        try (Mirror mirror = mirror()) {
            assertThat(warnings).singleElement().asString().startsWith("there is no index");
            assertHolds(mirror, 1, 1);
        }
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void directoryInUseAndScratchInsideOfItAreRefused() throws Exception {
        assertThatThrownBy(() -> Mirror.of(data, data, warnings::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--scratch");
        assertThatThrownBy(() -> Mirror.of(data, work.resolve("disk1"), warnings::add))
                .isInstanceOf(IllegalArgumentException.class);
        DataDirectory directory = DataDirectory.open(data);
        try (AutoCloseable held = directory.lock()) {
            assertThat(held).isNotNull();
            assertThatThrownBy(this::mirror).isInstanceOf(DataDirectory.InUseException.class);
        }
        try (Mirror mirror = mirror()) {
            assertThat(mirror.directory().root()).exists();
            assertThatThrownBy(directory::lock).isInstanceOf(DataDirectory.InUseException.class);
        }
    }

    @Test
    void apiServesReadsAndRefusesChanges() throws Exception {
        Files.writeString(work.resolve("password"), "a password of some length");
        Typed.run(
                0,
                "user",
                "add",
                "ann",
                "--role",
                "administrator",
                "--password-file",
                work.resolve("password").toString(),
                "--data",
                data.toString());
        Map<String, String> before = tree();
        List<String> audited = new ArrayList<>();
        try (Mirror mirror = mirror();
                Credential key = key(mirror.directory());
                Appliance appliance =
                        new Appliance(mirror.directory(), key, new InetSocketAddress("127.0.0.1", 0), new Silent())) {
            String root = mirror.directory().root().toString();
            assertThat(Typed.run(0, "status", "--data", root))
                    .contains("read-only  " + data, "snapshots  1")
                    .doesNotContain("backups are refused");
            assertThat(Typed.run(0, "node", "list", "--data", root)).contains("web1");
            assertThat(Typed.run(5, "plan", "set", "p", "--path", "/x", "--data", root))
                    .contains("started with --read-only on " + data);
            assertThat(Typed.run(5, "volume", "drain", "0", "--data", root)).contains("--read-only");
            int port = appliance.serveApi(new InetSocketAddress("127.0.0.1", 0));
            HttpClient browser = HttpClient.newBuilder().sslContext(trust()).build();
            HttpResponse<String> signedIn = browser.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/api/v1/session"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"user\":\"ann\",\"password\":\"a password of some length\",\"code\":\"\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(signedIn.statusCode()).as(signedIn.body()).isEqualTo(200);
            JsonNode session = JSON.readTree(signedIn.body());
            assertThat(session.path("readOnly").asBoolean()).isTrue();
            assertThat(session.path("missingVolumes").asInt()).isZero();
            HttpResponse<String> refused = browser.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/api/v1/nodes/web1/resume"))
                            .header(
                                    "Cookie",
                                    signedIn.headers()
                                            .firstValue("Set-Cookie")
                                            .orElseThrow()
                                            .split(";", 2)[0])
                            .header("X-CSRF-Token", session.path("csrf").asText())
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("urn:holdfast:read-only", "nothing can be changed");
            appliance.tellAudit(audited::add);
        }
        assertThat(audited).anyMatch(line -> line.contains("user ann at 127.0.0.1") && line.contains("sign in"));
        assertThat(tree()).isEqualTo(before);
    }

    private SSLContext trust() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (var in = Files.newInputStream(data.resolve("keys/ca.crt"))) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
