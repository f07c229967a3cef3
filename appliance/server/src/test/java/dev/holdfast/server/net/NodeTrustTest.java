package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TestChains;
import dev.holdfast.protocol.pki.TestChains.Chain;
import dev.holdfast.protocol.pki.TestChains.FixedKey;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.TestChains.Maker;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A real appliance against clients with certificates of all kinds, over real sockets. */
class NodeTrustTest {
    @TempDir
    static Path work;

    private static final Map<X509Certificate, Appliance> APPLIANCES = new HashMap<>();
    private static List<Chain> chains;

    @BeforeAll
    static void make() throws Exception {
        chains = TestChains.all(Usage.NODE);
    }

    @AfterAll
    static void stop() throws Exception {
        for (Appliance appliance : APPLIANCES.values()) {
            appliance.close();
        }
    }

    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    /** An appliance with this authority, and with these certificates enrolled as nodes 1, 2 and so on. */
    private static Appliance start(Issued authority, List<X509Certificate> nodes) throws Exception {
        DataDirectory directory = DataDirectory.init(work.resolve("data-" + APPLIANCES.size()), "dev", List.of(), null)
                .directory();
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys vault = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            String pem = "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder()
                            .encodeToString(authority.certificate().getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
            AtomicFile.write(directory.keys().resolve("ca.crt"), pem.getBytes(StandardCharsets.US_ASCII), false);
            AtomicFile.write(
                    directory.keys().resolve("ca.key.sealed"),
                    vault.sealControl("authority key", authority.key().getEncoded()),
                    true);
            for (X509Certificate node : nodes) {
                String name = "node-" + nodes.indexOf(node);
                String fingerprint = Certificates.fingerprint(node);
                control.tokens().add("t" + nodes.indexOf(node), Duration.ofHours(1), null);
                control.nodes().enroll("t" + nodes.indexOf(node), name, "test", 8, id -> fingerprint);
            }
        }
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey())) {
            Appliance started = new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT);
            APPLIANCES.put(authority.certificate(), started);
            return started;
        }
    }

    /** The good chains' nodes are enrolled, and of the bad ones every certificate that names node 1 is refused before. */
    private static Appliance of(Issued authority) throws Exception {
        Appliance there = APPLIANCES.get(authority.certificate());
        List<X509Certificate> nodes = chains.stream()
                .filter(chain -> chain.good() && chain.authority().equals(authority))
                .map(chain -> chain.certificates().getFirst())
                .distinct()
                .toList();
        return there == null ? start(authority, nodes) : there;
    }

    private static SSLSocket connect(Appliance appliance, Issued authority, PrivateKey key, List<X509Certificate> chain)
            throws Exception {
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(
                key == null ? null : new KeyManager[] {new FixedKey(key, chain)},
                new TrustManager[] {new TestChains.AnyPeer()},
                null);
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", appliance.port());
        socket.setSoTimeout(20_000);
        try {
            socket.startHandshake();
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** What the appliance says to a greeting. */
    private static Message greet(SSLSocket socket) throws IOException {
        Frames.write(socket.getOutputStream(), 0, new Message.Hello(Frames.VERSION, Frames.NEWEST_VERSION, "test"));
        Frames.Frame answer = Frames.read(socket.getInputStream(), bytes -> {});
        if (answer == null) {
            throw new IOException("closed");
        }
        return answer.message();
    }

    static Stream<Chain> chains() {
        return chains.stream();
    }

    @ParameterizedTest
    @MethodSource("chains")
    void chainDecidesWhetherTheApplianceSpeaks(Chain chain) throws Exception {
        Appliance appliance = of(chain.authority());
        if (chain.good()) {
            try (SSLSocket socket = connect(appliance, chain.authority(), chain.key(), chain.certificates())) {
                assertThat(greet(socket))
                        .isInstanceOfSatisfying(
                                Message.Welcome.class,
                                welcome -> assertThat(welcome.node()).isEqualTo("node-0"));
                X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
                TrustPath.to(chain.authority().certificate()).check(List.of(shown), Usage.APPLIANCE);
            }
            return;
        }
        // By the handshake, not by a word: nobody is identified.
        assertThatThrownBy(() -> {
                    try (SSLSocket socket = connect(appliance, chain.authority(), chain.key(), chain.certificates())) {
                        greet(socket);
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void wrongClockOrEndedCertificateIsAnEventOfTheNode() throws Exception {
        Issued authority = TestChains.authority();
        Instant now = Instant.now();
        Duration hour = Duration.ofHours(1);
        Issued ended = new Maker("CN=node-1")
                .peer(KeyPurposeId.id_kp_clientAuth)
                .valid(now.minus(hour.multipliedBy(20)), now.minus(hour))
                .by(authority);
        Issued early = new Maker("CN=node-2")
                .peer(KeyPurposeId.id_kp_clientAuth)
                .valid(now.plus(hour), now.plus(hour.multipliedBy(20)))
                .by(authority);
        Issued replaced = new Maker("CN=node-2")
                .peer(KeyPurposeId.id_kp_clientAuth)
                .valid(now.minus(hour.multipliedBy(20)), now.minus(hour))
                .by(authority);
        Issued foreign = new Maker("CN=node-1")
                .peer(KeyPurposeId.id_kp_clientAuth)
                .valid(now.minus(hour.multipliedBy(20)), now.minus(hour))
                .by(TestChains.authority());
        Appliance appliance = start(authority, List.of(ended.certificate(), early.certificate()));
        Path data = work.resolve("data-" + (APPLIANCES.size() - 1));
        // Each twice: what repeats is told once a day.
        for (Issued refused : List.of(foreign, replaced, ended, ended, early, early)) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket =
                                connect(appliance, authority, refused.key(), List.of(refused.certificate()))) {
                            greet(socket);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            assertThat(control.events().list(true, 100))
                    .filteredOn(each -> each.kind().equals("certificate-refused"))
                    .satisfiesExactly(
                            each -> {
                                assertThat(each.node()).isEqualTo("node-1");
                                assertThat(each.message())
                                        .contains("valid only from " + day(now.plus(hour)))
                                        .contains("The clock of this appliance says " + day(now))
                                        .contains("Set the clock");
                            },
                            each -> {
                                assertThat(each.node()).isEqualTo("node-0");
                                assertThat(each.message())
                                        .contains("its certificate ended on " + day(now.minus(hour)))
                                        .contains("The clock of this appliance says " + day(now))
                                        .contains("appliance token create --node node-0 --data ");
                            });
        }
    }

    private static String day(Instant at) {
        return at.toString().substring(0, 10);
    }

    @Test
    void clientWithoutCertificateIsAStranger() throws Exception {
        Issued authority = TestChains.authority();
        Appliance appliance = start(authority, List.of());
        try (SSLSocket socket = connect(appliance, authority, null, List.of())) {
            assertThat(greet(socket))
                    .isInstanceOfSatisfying(
                            Message.Welcome.class,
                            welcome -> assertThat(welcome.node()).isEmpty());
            Frames.write(socket.getOutputStream(), 1, new Message.ListSnapshots());
            assertThat(Frames.read(socket.getInputStream(), bytes -> {}).message())
                    .isInstanceOfSatisfying(
                            Message.Failure.class,
                            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
        }
    }

    @Test
    void nodeCannotMakeItselfAnother() throws Exception {
        Issued authority = TestChains.authority();
        Issued attacker =
                new Maker("CN=node-1").peer(KeyPurposeId.id_kp_clientAuth).by(authority);
        Issued victim =
                new Maker("CN=node-2").peer(KeyPurposeId.id_kp_clientAuth).by(authority);
        Issued revoked =
                new Maker("CN=node-3").peer(KeyPurposeId.id_kp_clientAuth).by(authority);
        Issued unknown =
                new Maker("CN=node-4").peer(KeyPurposeId.id_kp_clientAuth).by(authority);
        Issued replaced =
                new Maker("CN=node-2").peer(KeyPurposeId.id_kp_clientAuth).by(authority);
        Appliance appliance =
                start(authority, List.of(attacker.certificate(), victim.certificate(), revoked.certificate()));
        Path data = work.resolve("data-" + (APPLIANCES.size() - 1));
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            control.nodes().revoke("node-2");
        }
        for (Issued honest : List.of(attacker, victim)) {
            try (SSLSocket socket = connect(appliance, authority, honest.key(), List.of(honest.certificate()))) {
                assertThat(greet(socket)).isInstanceOf(Message.Welcome.class);
            }
        }
        Issued forged =
                new Maker("CN=node-2").peer(KeyPurposeId.id_kp_clientAuth).by(attacker);
        for (List<X509Certificate> chain : List.of(
                List.of(forged.certificate(), attacker.certificate(), authority.certificate()),
                List.of(forged.certificate(), attacker.certificate()),
                List.of(forged.certificate()),
                List.of(forged.certificate(), authority.certificate()))) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket = connect(appliance, authority, forged.key(), chain)) {
                            greet(socket);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        // Certificates that the authority made, but that the control database does not admit.
        for (Issued refused : List.of(revoked, unknown, replaced)) {
            try (SSLSocket socket = connect(appliance, authority, refused.key(), List.of(refused.certificate()))) {
                assertThat(Frames.read(socket.getInputStream(), bytes -> {}).message())
                        .isInstanceOfSatisfying(
                                Message.Failure.class,
                                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.REVOKED));
            }
        }
    }
}
