package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.Tls;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.pki.TestChains.FixedKey;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.TestChains.Maker;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that lie, steal, stall and shout: each is refused in clear words, and the others notice nothing. */
class HostileClientTest {
    @TempDir
    Path dir;

    private Product product;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        Path profile = dir.resolve("two-nodes.json");
        try (var in = dev.holdfast.profile.HardwareProfile.class.getResourceAsStream("dev.json")) {
            String json = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            Files.writeString(profile, json.replace("\"nodes\": 8", "\"nodes\": 2"));
        }
        product = new Product(dir.resolve("work"), profile.toString());
        source = dir.resolve("source");
        Files.createDirectories(source);
        for (int i = 0; i < 20; i++) {
            byte[] content = new byte[300_000];
            new Random(i).nextBytes(content);
            Files.write(source.resolve("f" + i), content);
        }
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private static Appliance connect(Product.Client client) throws IOException {
        return new Appliance(Identity.load(client.state), client.state);
    }

    private static void refused(ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static Packed raw(byte[] bytes) {
        return Packed.raw(bytes);
    }

    private static Message put(ChunkKind kind, Digest digest, Packed packed) {
        return new Message.Put(List.of(new Message.Upload(kind, digest, packed)));
    }

    /** A token whose time is over, as if somebody had waited. */
    private String expiredToken() throws Exception {
        DataDirectory directory = DataDirectory.open(product.data);
        Authority.Token token = Authority.newToken(Authority.fingerprint(Authority.loadCertificate(directory.keys())));
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add(token.secret(), Duration.ZERO, null);
        }
        return token.text();
    }

    @Test
    void anotherNodesDataIsOutOfReach() throws Exception {
        Product.Client victim = product.enrol("victim");
        Product.Client thief = product.enrol("thief");
        UUID snapshot = UUID.fromString(
                victim.backup(0, source.toString()).path("snapshot").asText());
        List<Digest> digests = new ArrayList<>();
        PageRef page;
        byte[] stolenPage;
        try (Appliance appliance = connect(victim)) {
            page = appliance.open(snapshot, Purpose.OTHER, "test").ref(0);
            digests.addAll(
                    appliance.open(snapshot, Purpose.OTHER, "test").load(page).chunks());
            stolenPage = appliance.read(page.digest());
        }
        assertThat(digests).isNotEmpty();
        try (Appliance appliance = connect(thief)) {
            Connection connection = appliance.control();
            assertThat(appliance.snapshots()).isEmpty();
            refused(ErrorCode.NOT_FOUND, () -> appliance.open(snapshot, Purpose.OTHER, "steal"));
            refused(ErrorCode.FORBIDDEN, () -> connection.request(new Message.Forget(snapshot), Message.Done.class));
            long order = orderOf(victim);
            refused(
                    ErrorCode.NOT_FOUND,
                    () -> connection.request(new Message.OpenOrdered(order), Message.BackupOpened.class));
            refused(
                    ErrorCode.NOT_FOUND,
                    () -> connection.request(
                            new Message.Ended(order, Message.Outcome.DONE, "{}", ""), Message.Done.class));
            refused(
                    ErrorCode.NOT_FOUND,
                    () -> connection.request(
                            new Message.Progress(order, "mine", 1, 2, List.of("forged")), Message.Done.class));
            refused(
                    ErrorCode.MALFORMED,
                    () -> connection.request(new Message.Order(order, new Job.Cancel()), Message.Done.class));
            refused(
                    ErrorCode.NOT_FOUND,
                    () -> connection.request(new Message.ReadRoot(snapshot, 0, 1), Message.RootPages.class));
            refused(ErrorCode.DAMAGED, () -> appliance.read(digests.getFirst()));
            refused(ErrorCode.DAMAGED, () -> appliance.read(page.digest()));
            assertThat(connection
                            .request(new Message.Plan(digests), Message.Places.class)
                            .places())
                    .containsOnly(-1);
            connection.request(new Message.OpenBackup("theft"), Message.BackupOpened.class);
            assertThat(connection
                            .request(new Message.Query(digests), Message.Known.class)
                            .bitmap())
                    .containsOnly(0);
            refused(
                    ErrorCode.UNKNOWN_CHUNK,
                    () -> connection.request(new Message.RootPart(List.of(page)), Message.Done.class));
            // A page that names the victim's chunks does not become harmless by being called data.
            byte[] forged = pageNaming(digests.getFirst());
            PageRef forgedRef = new PageRef(page.first(), false, HashAlgorithm.NEWEST.digest(forged), forged.length, 1);
            connection.request(put(ChunkKind.DATA, forgedRef.digest(), raw(forged)), Message.Stored.class);
            refused(
                    ErrorCode.UNKNOWN_CHUNK,
                    () -> connection.request(new Message.RootPart(List.of(forgedRef)), Message.Done.class));
            // Whoever has the bytes of a page may store them, as a file; that does not make the page his.
            connection.request(put(ChunkKind.DATA, page.digest(), raw(stolenPage)), Message.Stored.class);
            refused(
                    ErrorCode.UNKNOWN_CHUNK,
                    () -> connection.request(new Message.RootPart(List.of(page)), Message.Done.class));
            refused(
                    ErrorCode.UNKNOWN_CHUNK,
                    () -> connection.request(
                            put(ChunkKind.PAGE, page.digest(), raw(stolenPage)), Message.Stored.class));
        }
        try (Appliance a = connect(victim);
                Appliance b = connect(thief)) {
            long session = a.control()
                    .request(new Message.OpenBackup("mine"), Message.BackupOpened.class)
                    .session();
            refused(
                    ErrorCode.NOT_FOUND,
                    () -> b.control().request(new Message.JoinBackup(session), Message.Done.class));
        }
        victim.mustRestore(source, dir.resolve("back"));
        assertThat(product.run("appliance", "audit", "--data", product.data.toString())
                        .mustBe(0)
                        .out())
                .containsPattern("node thief +read +" + snapshot + " +refused: not found");
    }

    private static byte[] pageNaming(Digest chunk) {
        Attributes.Timestamp time = new Attributes.Timestamp(1, 0);
        Attributes attributes = new Attributes(0644, 0, 0, time, time, 1, 0, 1, 100, List.of());
        Content content = new Content(List.of(new Extent(0, chunk, 100, 0, 100)), false, false, 100);
        PageWriter writer = new PageWriter();
        writer.add(new Node.RegularFile(new byte[] {'x'}, attributes, content));
        byte[][] page = new byte[1][];
        writer.take((first, continuation, bytes, records) -> page[0] = bytes);
        return page[0];
    }

    @Test
    void liesAreRefusedAndHurtNobody() throws Exception {
        Product.Client client = product.enrol("liar");
        byte[] data = new byte[1000];
        Digest digest = HashAlgorithm.NEWEST.digest(data);
        try (Appliance appliance = connect(client)) {
            Connection connection = appliance.control();
            refused(
                    ErrorCode.MALFORMED,
                    () -> connection.request(put(ChunkKind.DATA, digest, raw(data)), Message.Stored.class));
            connection.request(new Message.OpenBackup("lies"), Message.BackupOpened.class);
            refused(
                    ErrorCode.DIGEST_MISMATCH,
                    () -> connection.request(
                            put(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(new byte[1]), raw(data)),
                            Message.Stored.class));
            refused(
                    ErrorCode.MALFORMED,
                    () -> connection.request(new Message.Commit(new byte[] {1, 2, 3}), Message.Committed.class));
            refused(ErrorCode.MALFORMED, () -> connection.request(new Message.Done(), Message.Done.class));
            refused(
                    ErrorCode.MALFORMED,
                    () -> connection.request(new Message.Get(false, List.of(digest, digest)), Message.Chunks.class));
            // The connection is as good as before.
            connection.request(put(ChunkKind.DATA, digest, raw(data)), Message.Stored.class);
        }
        assertThat(client.run("snapshots", "--json").json()).isEmpty();
        client.backup(0, source.toString());
    }

    @Test
    void whoSendsChunksThatNobodyCouldReadIsSuspended() throws Exception {
        Product.Client liar = product.enrol("liar");
        Product.Client honest = product.enrol("honest");
        String data = product.data.toString();
        byte[] known =
                "public words, known to everybody. ".repeat(3000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Digest digest = HashAlgorithm.NEWEST.digest(known);
        byte[] frame = Packed.compress(known, 1).payload();
        ByteBuffer padded = ByteBuffer.allocate(frame.length + 8 + 1_100_000).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        padded.put(frame).putInt(0x184D2A50).putInt(1_100_000);
        List<Message> lies = List.of(
                put(ChunkKind.DATA, digest, new Packed(Codec.ZSTD, known.length, padded.array())),
                put(ChunkKind.DATA, digest, new Packed(Codec.ZSTD, 1000, frame)),
                put(ChunkKind.PAGE, digest, raw(known)),
                put(ChunkKind.REPORT, digest, raw(known)),
                put(ChunkKind.ROOT, digest, raw(known)));
        Files.write(source.resolve("known"), known);
        for (Message lie : lies) {
            try (Appliance appliance = connect(liar);
                    Appliance second = connect(liar)) {
                Connection connection = appliance.control();
                long session = connection
                        .request(new Message.OpenBackup("lies"), Message.BackupOpened.class)
                        .session();
                second.control().request(new Message.JoinBackup(session), Message.Done.class);
                refused(ErrorCode.MALFORMED, () -> connection.request(lie, Message.Stored.class));
                // From that moment on, on every connection.
                refused(
                        ErrorCode.FORBIDDEN,
                        () -> connection.request(put(ChunkKind.DATA, digest, raw(known)), Message.Stored.class));
                refused(
                        ErrorCode.FORBIDDEN,
                        () -> second.control().request(put(ChunkKind.DATA, digest, raw(known)), Message.Stored.class));
                // What it has stays its own.
                assertThat(appliance.snapshots()).isEmpty();
            }
            assertThat(liar.run("backup", source.toString()).mustBe(5).err())
                    .contains("suspended")
                    .contains("node resume");
            assertThat(product.run("appliance", "node", "list", "--data", data)
                            .mustBe(0)
                            .out())
                    .containsPattern("liar +suspended")
                    .containsPattern("honest +active");
            honest.backup(0, source.toString());
            product.run("appliance", "node", "resume", "liar", "--data", data).mustBe(0);
            product.run("appliance", "node", "resume", "liar", "--data", data).mustBe(6);
        }
        // The end of the suspension closed its events.
        assertThat(product.run("appliance", "events", "--data", data).out()).doesNotContain("node-suspended");
        assertThat(product.run("appliance", "events", "--all", "--data", data).out())
                .contains("node-suspended");
        honest.mustRestore(source, dir.resolve("back"));
        liar.backup(0, source.toString());
        product.run("appliance", "scrub", "--all", "--data", data).mustBe(0);
    }

    /** A task that waits for somebody's service. */
    private long orderOf(Product.Client client) throws Exception {
        String data = product.data.toString();
        product.run("appliance", "plan", "set", "p", "--path", "/x", "--data", data)
                .mustBe(0);
        String node = new com.fasterxml.jackson.databind.ObjectMapper()
                .readTree(client.state.resolve("identity.json").toFile())
                .path("node")
                .asText();
        return product.run("appliance", "plan", "run", "p", node, "--no-wait", "--json", "--data", data)
                .mustBe(0)
                .json()
                .get(0)
                .path("id")
                .asLong();
    }

    @Test
    void strangersMayOnlyEnrolAndTokensWorkOnce() throws Exception {
        JsonNode token = product.createToken();
        String pin = token.path("caFingerprint").asText();
        try (Connection stranger = new Connection(Endpoint.parse(product.url()), Tls.pinned(pin))) {
            assertThat(stranger.welcome().gearKey()).isEmpty();
            for (Message message : List.of(
                    new Message.ListSnapshots(),
                    new Message.OpenBackup("x"),
                    new Message.Get(false, List.of(HashAlgorithm.NEWEST.digest(new byte[1]))),
                    new Message.Forget(new UUID(1, 1)))) {
                refused(ErrorCode.UNAUTHENTICATED, () -> stranger.request(message, Message.Done.class));
            }
        }
        assertThatThrownBy(() -> new Connection(Endpoint.parse(product.url()), Tls.pinned("0".repeat(64))))
                .hasMessageContaining("not the pinned");
        Product.Client client = product.new Client(dir.resolve("s1"));
        String secret = token.path("token").asText();
        String wrongPin = secret.substring(0, secret.lastIndexOf('.') + 1) + "0".repeat(32);
        client.run("enroll", product.url(), "--token", wrongPin).mustBe(5);
        client.run("enroll", product.url(), "--token", secret, "--ca-fingerprint", "ab".repeat(32))
                .mustBe(2);
        client.run("enroll", product.url(), "--token", "nonsense").mustBe(2);
        client.run("enroll", product.url(), "--token", secret, "--ca-fingerprint", pin)
                .mustBe(0);
        Product.Client replay = product.new Client(dir.resolve("s2"));
        assertThat(replay.run("enroll", product.url(), "--token", secret)
                        .mustBe(5)
                        .err())
                .contains("used already");
        String expired = expiredToken();
        assertThat(replay.run("enroll", product.url(), "--token", expired)
                        .mustBe(5)
                        .err())
                .contains("expired");
        String guessed = secret.replaceFirst("\\.[0-9a-f]+\\.", "." + "0".repeat(32) + ".");
        assertThat(replay.run("enroll", product.url(), "--token", guessed)
                        .mustBe(5)
                        .err())
                .contains("not known");
        product.enrol("second");
        // The profile has room for two nodes.
        Product.Client third = product.new Client(dir.resolve("s3"));
        String more = product.token();
        assertThat(third.run("enroll", product.url(), "--token", more).mustBe(5).err())
                .contains("its 2 nodes");
        product.run("appliance", "node", "revoke", "--data", product.data.toString(), "second")
                .mustBe(0);
        third.run("enroll", product.url(), "--token", more).mustBe(0);
    }

    /** A node may sign whatever it likes with its key: nobody takes it for an authority. */
    @Test
    void enrolledNodeInTheMiddleLearnsNoToken() throws Exception {
        Product.Client node = product.enrol("attacker");
        X509Certificate certificate = certificate(node.state.resolve("node.crt"));
        X509Certificate authority = certificate(node.state.resolve("ca.crt"));
        String pem = Files.readString(node.state.resolve("node.key")).replaceAll("-----[A-Z ]+-----", "");
        PrivateKey key = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem)));
        Issued forged = new Maker("CN=Holdfast appliance")
                .peer(KeyPurposeId.id_kp_serverAuth)
                .by(new Issued(certificate, key));
        AtomicInteger handshakes = new AtomicInteger();
        AtomicLong learnt = new AtomicLong();
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(
                new KeyManager[] {new FixedKey(forged.key(), List.of(forged.certificate(), certificate, authority))},
                null,
                null);
        JsonNode token = product.createToken();
        String secret = token.path("token").asText();
        Product.Client victim = product.new Client(dir.resolve("victim"));
        try (ServerSocket attacker =
                tls.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread thread = Thread.ofVirtual().start(() -> {
                while (!attacker.isClosed()) {
                    try (Socket client = attacker.accept()) {
                        handshakes.incrementAndGet();
                        learnt.addAndGet(Math.max(0, client.getInputStream().read(new byte[4096])));
                    } catch (IOException e) {
                        // The victim hung up.
                    }
                }
            });
            String url = "https://127.0.0.1:" + attacker.getLocalPort();
            assertThat(victim.run("enroll", url, "--token", secret).mustBe(5).err())
                    .contains("is not an authority");
            String full = token.path("caFingerprint").asText();
            victim.run("enroll", url, "--token", secret, "--ca-fingerprint", full)
                    .mustBe(5);
            node.run("relocate", url).mustBe(5);
            attacker.close();
            thread.join();
        }
        assertThat(handshakes.get()).isEqualTo(3);
        assertThat(learnt.get()).isZero();
        victim.run("enroll", product.url(), "--token", secret).mustBe(0);
        assertThat(certificate(victim.state.resolve("ca.crt"))).isEqualTo(authority);
        victim.backup(0, source.toString());
    }

    private static X509Certificate certificate(Path file) throws Exception {
        try (var in = Files.newInputStream(file)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    @Test
    void revocationTakesEffectAtOnce() throws Exception {
        Product.Client client = product.enrol("gone");
        client.backup(0, source.toString());
        try (Appliance live = connect(client)) {
            assertThat(live.snapshots()).hasSize(1);
            product.run("appliance", "node", "revoke", "--data", product.data.toString(), "gone")
                    .mustBe(0);
            refused(ErrorCode.REVOKED, live::snapshots);
        }
        assertThat(client.run("backup", source.toString()).mustBe(5).err()).contains("revoked");
        client.run("snapshots").mustBe(5);
        // A new certificate for the same node brings its snapshots back, and the old one stays dead.
        String token = product.createToken("--node", "gone").path("token").asText();
        Product.Client again = product.new Client(dir.resolve("again"));
        again.run("enroll", product.url(), "--token", token).mustBe(0);
        assertThat(again.run("snapshots", "--json").json()).hasSize(1);
        client.run("snapshots").mustBe(5);
    }

    private SSLSocket tls(Product.Client client) throws Exception {
        return (SSLSocket) Identity.load(client.state)
                .tls(client.state)
                .getSocketFactory()
                .createSocket("127.0.0.1", product.port());
    }

    private long threads() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(product.pid()), "task"))) {
            return tasks.count();
        }
    }

    private long descriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc", Long.toString(product.pid()), "fd"))) {
            return fds.count();
        }
    }

    @Test
    void garbageAndHalfOpenConnectionsLeakNothing() throws Exception {
        Product.Client client = product.enrol("noise");
        client.backup(0, source.toString());
        long threads = threads();
        long descriptors = descriptors();
        Random random = new Random(5);
        List<Socket> open = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Socket socket;
            if (i % 3 == 0) {
                socket = new Socket("127.0.0.1", product.port());
                byte[] noise = new byte[random.nextInt(3000)];
                random.nextBytes(noise);
                try {
                    socket.getOutputStream().write(noise);
                } catch (IOException e) {
                    assertThat(e).isNotNull();
                }
            } else {
                socket = tls(client);
                byte[] hello = Frames.encode(0, new Message.Hello(1, Frames.NEWEST_VERSION, "test"))
                        .toByteArray();
                OutputStream out = socket.getOutputStream();
                switch (i % 5) {
                    case 0 -> out.write(hello, 0, random.nextInt(hello.length));
                    case 1 ->
                        out.write(
                                ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE).array());
                    case 2 -> out.write(Frames.encode(0, new Message.Ping()).toByteArray());
                    case 3 ->
                        out.write(Frames.encode(0, new Message.Hello(9, 12, "future"))
                                .toByteArray());
                    default -> {
                        out.write(hello);
                        byte[] noise = new byte[100];
                        random.nextBytes(noise);
                        noise[0] = 0;
                        noise[1] = 0;
                        out.write(noise);
                    }
                }
            }
            if (i % 2 == 0) {
                socket.close();
            } else {
                open.add(socket);
            }
        }
        client.mustRestore(source, dir.resolve("back"));
        for (Socket socket : open) {
            socket.close();
        }
        // The JVM and the pools add and drop some of their own; a leak would keep one for each of the sixty.
        int own = 20;
        long deadline = System.nanoTime() + 30_000_000_000L;
        while ((threads() > threads + own || descriptors() > descriptors + own) && System.nanoTime() < deadline) {
            Thread.sleep(100);
        }
        assertThat(threads()).isLessThanOrEqualTo(threads + own);
        assertThat(descriptors()).isLessThanOrEqualTo(descriptors + own);
    }

    @Test
    void versionsAreNegotiated() throws Exception {
        Product.Client client = product.enrol("future");
        int next = Frames.NEWEST_VERSION + 1;
        try (SSLSocket socket = tls(client)) {
            Frames.write(socket.getOutputStream(), 0, new Message.Hello(next, next + 2, "future"));
            Frames.Frame answer = Frames.read(socket.getInputStream(), n -> {});
            assertThat(answer.message()).isInstanceOfSatisfying(Message.Failure.class, failure -> {
                assertThat(failure.code()).isEqualTo(ErrorCode.VERSION);
                assertThat(failure.text()).contains(next + " to " + (next + 2));
            });
        }
        try (SSLSocket socket = tls(client)) {
            Frames.write(socket.getOutputStream(), 0, new Message.Hello(Frames.VERSION, next + 2, "newer"));
            Frames.Frame answer = Frames.read(socket.getInputStream(), n -> {});
            assertThat(answer.message()).isInstanceOf(Message.Welcome.class);
        }
    }

    @Test
    void twoNodesBackUpTheSameDataAtOnceAndItIsStoredOnce() throws Exception {
        Product.Client a = product.enrol("a");
        Product.Client b = product.enrol("b");
        CompletableFuture<JsonNode> first = CompletableFuture.supplyAsync(() -> backup(a));
        CompletableFuture<JsonNode> second = CompletableFuture.supplyAsync(() -> backup(b));
        assertThat(first.join().path("files").asLong()).isEqualTo(20);
        assertThat(second.join().path("files").asLong()).isEqualTo(20);
        long used;
        long deadline = System.nanoTime() + 20_000_000_000L;
        do {
            used = product.run("appliance", "status", "--data", product.data.toString(), "--json")
                    .mustBe(0)
                    .json()
                    .path("usedBytes")
                    .asLong();
        } while (used == 0 && System.nanoTime() < deadline);
        // 6 MB that do not compress, once; and two manifests.
        assertThat(used).isBetween(6_000_000L, 6_300_000L);
        a.mustRestore(source, dir.resolve("ra"));
        b.mustRestore(source, dir.resolve("rb"));
        assertThat(a.run("snapshots", "--json").json()).hasSize(1);
        assertThat(b.run("snapshots", "--json").json()).hasSize(1);
    }

    private JsonNode backup(Product.Client client) {
        try {
            return client.backup(0, source.toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
