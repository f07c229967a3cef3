package dev.holdfast.agent.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TestChains;
import dev.holdfast.protocol.pki.TestChains.Chain;
import dev.holdfast.protocol.pki.TestChains.FixedKey;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.TestChains.Maker;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The client against servers that are not its appliance: over real sockets, with the client's own connection code. */
class ApplianceTrustTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path dir;

    /** What a server makes of a request to enrol. */
    private interface Answer {
        Message to(Message.Enroll enroll) throws Exception;
    }

    /** A TLS server that shows one chain, greets as appliances do, and counts what it is told. */
    private static final class Server implements AutoCloseable {
        private final SSLServerSocket socket;
        private final AtomicLong applicationBytes = new AtomicLong();
        private final AtomicInteger connections = new AtomicInteger();
        private final Thread thread;
        private volatile byte[] greeting = greeting(Frames.VERSION, HashAlgorithm.SHA_256);

        Server(List<X509Certificate> chain, java.security.PrivateKey key, Answer answer) throws Exception {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {new FixedKey(key, chain)}, null, null);
            socket = (SSLServerSocket)
                    context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
            thread = Thread.ofVirtual().start(() -> {
                while (!socket.isClosed()) {
                    try (SSLSocket client = (SSLSocket) socket.accept()) {
                        connections.incrementAndGet();
                        client.setSoTimeout(20_000);
                        serve(client, answer);
                    } catch (Exception e) {
                        // The client hung up, or the test is over.
                    }
                }
            });
        }

        private void serve(SSLSocket client, Answer answer) throws Exception {
            InputStream in = client.getInputStream();
            int first = in.read();
            if (first < 0) {
                return;
            }
            applicationBytes.incrementAndGet();
            InputStream rest = new java.io.SequenceInputStream(new ByteArrayInputStream(new byte[] {(byte) first}), in);
            Frames.read(rest, bytes -> {});
            client.getOutputStream().write(greeting);
            for (Frames.Frame frame = Frames.read(rest, bytes -> {});
                    frame != null;
                    frame = Frames.read(rest, bytes -> {})) {
                if (frame.message() instanceof Message.Enroll enroll) {
                    Frames.write(client.getOutputStream(), frame.request(), answer.to(enroll));
                }
            }
        }

        Endpoint endpoint() {
            return new Endpoint("127.0.0.1", socket.getLocalPort());
        }

        @Override
        public void close() throws Exception {
            socket.close();
            thread.join();
        }
    }

    private static byte[] greeting(int version, HashAlgorithm hash) {
        return Frames.encode(
                        0, new Message.Welcome(version, "test", UUID.randomUUID(), 1 << 20, "n", new byte[0], hash))
                .toByteArray();
    }

    /** It is not tried again, as a lost connection would be. */
    @Test
    void applianceWithAHashThatThisClientDoesNotKnowIsNewer() throws Exception {
        Issued authority = TestChains.authority();
        Issued appliance = TestChains.peer(authority, Usage.APPLIANCE);
        try (Server server =
                new Server(List.of(appliance.certificate(), authority.certificate()), appliance.key(), NONE)) {
            SSLContext tls = Tls.pinned(Certificates.fingerprint(authority.certificate()));
            server.greeting = greeting(Frames.HASHES, HashAlgorithm.BLAKE3);
            try (Connection connection = new Connection(server.endpoint(), tls)) {
                assertThat(connection.welcome().hash()).isEqualTo(HashAlgorithm.BLAKE3);
            }
            byte[] newer = greeting(Frames.HASHES, HashAlgorithm.BLAKE3);
            newer[newer.length - 1] = 77;
            server.greeting = newer;
            assertThatThrownBy(() -> new Connection(server.endpoint(), tls))
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VERSION))
                    .hasMessageContaining(
                            "newer than this client: hash algorithm 77 is unknown to this release; upgrade");
        }
    }

    private static final Answer NONE = enroll -> new Message.Failure(ErrorCode.INTERNAL, "not asked for here");

    static Stream<Chain> chains() throws Exception {
        return TestChains.all(Usage.APPLIANCE).stream();
    }

    @ParameterizedTest
    @MethodSource("chains")
    void chainDecidesWhetherTheClientSpeaks(Chain chain) throws Exception {
        Issued authority = chain.authority();
        Issued node = TestChains.peer(authority, Usage.NODE);
        SSLContext enrolled = Tls.mutual(
                node.key(),
                List.of(node.certificate(), authority.certificate()),
                authority.certificate(),
                InstantSource.system());
        String pin = Certificates.fingerprint(authority.certificate());
        boolean shown = chain.certificates().getLast().equals(authority.certificate());
        try (Server server = new Server(chain.certificates(), chain.key(), NONE)) {
            for (SSLContext tls : List.of(enrolled, Tls.pinned(pin), Tls.pinned(pin.substring(0, 32)))) {
                if (chain.good() && (shown || tls == enrolled)) {
                    try (Connection connection = new Connection(server.endpoint(), tls)) {
                        assertThat(connection.welcome().software()).isEqualTo("test");
                    }
                    continue;
                }
                long before = server.applicationBytes.get();
                assertThatThrownBy(() -> new Connection(server.endpoint(), tls))
                        .isInstanceOfSatisfying(
                                RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
                assertThat(server.applicationBytes.get()).isEqualTo(before);
            }
            assertThat(server.connections.get()).isEqualTo(3);
        }
    }

    @Test
    void serverWithoutCertificateIsRefused() throws Exception {
        Issued authority = TestChains.authority();
        try (Server server = new Server(List.of(), authority.key(), NONE)) {
            assertThatThrownBy(() -> new Connection(
                            server.endpoint(), Tls.pinned(Certificates.fingerprint(authority.certificate()))))
                    .isInstanceOf(IOException.class);
            assertThat(server.applicationBytes.get()).isZero();
        }
    }

    private String token(Issued authority) throws Exception {
        return "hf1." + SECRET + "."
                + Certificates.fingerprint(authority.certificate()).substring(0, 32);
    }

    /** The attack: any node between a client and the appliance answers with a certificate that its own key signed. */
    @Test
    void enrolledNodeInTheMiddleLearnsNoToken() throws Exception {
        Issued authority = TestChains.authority();
        Issued node = TestChains.peer(authority, Usage.NODE);
        Issued forged = new Maker("CN=Holdfast appliance")
                .peer(KeyPurposeId.id_kp_serverAuth)
                .by(node);
        List<X509Certificate> chain = List.of(forged.certificate(), node.certificate(), authority.certificate());
        String full = Certificates.fingerprint(authority.certificate());
        Path state = dir.resolve("state");
        try (Server attacker = new Server(chain, forged.key(), NONE)) {
            for (String pin : new String[] {null, full}) {
                assertThatThrownBy(() -> Enrolment.enroll(attacker.endpoint(), token(authority), pin, "victim", state))
                        .isInstanceOf(RemoteException.class)
                        .hasMessageContaining("is not an authority");
            }
            assertThat(attacker.connections.get()).isEqualTo(2);
            assertThat(attacker.applicationBytes.get()).isZero();
        }
        assertThat(state).doesNotExist();
    }

    private static X509Certificate issue(Issued authority, String subject, PublicKey key, Usage usage)
            throws Exception {
        return new Maker(subject, new KeyPair(key, null))
                .peer(TestChains.purpose(usage))
                .by(authority)
                .certificate();
    }

    private static PublicKey key(Message.Enroll enroll) throws Exception {
        return new JcaPKCS10CertificationRequest(enroll.request()).getPublicKey();
    }

    private static Message enrolled(int id, X509Certificate... chain) throws Exception {
        List<byte[]> encoded = new java.util.ArrayList<>();
        for (X509Certificate each : chain) {
            encoded.add(each.getEncoded());
        }
        return new Message.Enrolled(id, encoded);
    }

    @Test
    void answerToEnrolmentMustFitThePinnedAuthority() throws Exception {
        Issued authority = TestChains.authority();
        X509Certificate ca = authority.certificate();
        Issued other = TestChains.authority();
        Issued server = TestChains.peer(authority, Usage.APPLIANCE);
        List<X509Certificate> chain = List.of(server.certificate(), ca);
        List<Answer> bad = List.of(
                enroll -> enrolled(7),
                enroll -> enrolled(7, ca),
                // The authority to store, of the answerer's choice.
                enroll -> enrolled(7, issue(authority, "CN=node-7", key(enroll), Usage.NODE), other.certificate()),
                enroll -> enrolled(7, issue(other, "CN=node-7", key(enroll), Usage.NODE), other.certificate()),
                enroll -> enrolled(7, issue(other, "CN=node-7", key(enroll), Usage.NODE), ca),
                enroll -> enrolled(7, TestChains.peer(authority, Usage.NODE).certificate(), ca),
                enroll -> enrolled(8, issue(authority, "CN=node-7", key(enroll), Usage.NODE), ca),
                enroll -> enrolled(7, issue(authority, "CN=mail", key(enroll), Usage.NODE), ca),
                enroll -> enrolled(7, issue(authority, "CN=Holdfast appliance", key(enroll), Usage.APPLIANCE), ca),
                enroll -> new Message.Enrolled(7, List.of(new byte[] {1, 2, 3})));
        for (int i = 0; i < bad.size(); i++) {
            Path state = dir.resolve("bad-" + i);
            try (Server hostile = new Server(chain, server.key(), bad.get(i))) {
                assertThatThrownBy(() -> Enrolment.enroll(hostile.endpoint(), token(authority), null, "n", state))
                        .as("answer " + i)
                        .isInstanceOf(RemoteException.class)
                        .hasMessageContaining("Nothing was stored");
            }
            assertThat(state).doesNotExist();
        }
        Answer good = enroll -> enrolled(7, issue(authority, "CN=node-7", key(enroll), Usage.NODE));
        for (Answer answer : List.of(good, (Answer)
                enroll -> enrolled(7, issue(authority, "CN=node-7", key(enroll), Usage.NODE), ca))) {
            Path state = Files.createTempDirectory(dir, "good");
            try (Server appliance = new Server(chain, server.key(), answer)) {
                Identity identity = Enrolment.enroll(appliance.endpoint(), token(authority), null, "n", state);
                assertThat(identity.nodeId()).isEqualTo(7);
                try (Appliance connected = new Appliance(identity, state)) {
                    assertThat(connected.control().welcome().node()).isEqualTo("n");
                }
            }
            try (InputStream in = Files.newInputStream(state.resolve("ca.crt"))) {
                assertThat(java.security.cert.CertificateFactory.getInstance("X.509")
                                .generateCertificate(in))
                        .isEqualTo(ca);
            }
        }
    }
}
