package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.plan.UpgradeTurns;
import dev.holdfast.control.policy.LockClock;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.profile.DataSize;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A real listener on a real store, in this process, and nodes that send any message of the protocol. */
final class TestAppliance implements AutoCloseable {
    static final int NODES = 10;
    /** After which another holder of a node's identity counts as gone. */
    static final Duration SILENCE = Duration.ofSeconds(2);

    final ControlDb control;
    final Store store;
    final Listener listener;
    final BackupSessions sessions = new BackupSessions();
    final Dispatcher dispatcher;
    final FolderQuestions folders;
    final Suspensions suspensions;
    /** Of the control database. */
    final Path controlFile;

    private final VaultKeys vault;
    private final Authority authority;

    TestAppliance(Path dir, Deadlines deadlines) throws IOException {
        this(dir, deadlines, System::nanoTime);
    }

    /** @param nanos the time by which rates are limited */
    TestAppliance(Path dir, Deadlines deadlines, LongSupplier nanos) throws IOException {
        this(dir, deadlines, nanos, Setup.STANDARD);
    }

    /**
     * What differs from other appliances.
     *
     * @param capacityBytes 0 for that of the hardware profile
     * @param readOnly whether it was recovered to read only
     * @param hash that names chunks
     */
    record Setup(long capacityBytes, boolean readOnly, HashAlgorithm hash) {
        static final Setup STANDARD = new Setup(0, false, HashAlgorithm.NEWEST);
        /** As releases before protocol version 4 made it, so that their clients are understood. */
        static final Setup OLD = new Setup(0, false, HashAlgorithm.SHA_256);
    }

    TestAppliance(Path dir, Deadlines deadlines, LongSupplier nanos, Setup setup) throws IOException {
        DataDirectory directory = DataDirectory.init(dir, "dev", List.of(), null, setup.hash, made -> {})
                .directory();
        Credential credential = directory.unattendedKey();
        if (credential == null) {
            throw new IOException("no key file");
        }
        vault = directory.keyring().unlock(credential);
        authority = Authority.load(directory.keys(), vault);
        controlFile = directory.controlDb();
        control = new ControlDb(controlFile);
        ClientPackages packages = new ClientPackages(dir);
        dispatcher = new Dispatcher(
                control,
                NODES,
                (task, node, result) -> {},
                new UpgradeTurns(control, packages, InstantSource.system()));
        folders = new FolderQuestions(dispatcher);
        LockClock clock = new LockClock(System::currentTimeMillis, System::nanoTime, new LockClock.Memory() {
            @Override
            public long[] read() {
                return new long[0];
            }

            @Override
            public void write(long at, long wall) {}
        });
        HardwareProfile dev = HardwareProfile.load("dev");
        HardwareProfile profile = new HardwareProfile(
                dev.name(),
                dev.description(),
                NODES,
                setup.capacityBytes == 0 ? dev.capacity() : new DataSize(setup.capacityBytes),
                dev.throughputPerHour(),
                dev.reservePercent(),
                dev.maxVolumes(),
                dev.memory(),
                dev.workers(),
                new HardwareProfile.Connections(160, 16),
                dev.compressionLevel());
        store = new Store(
                new StoreConfig(dir, directory.volumes(), profile),
                vault,
                new LocalDisk(),
                new IndexRecovery.Progress() {
                    @Override
                    public void step(String what, long done, long total) {}

                    @Override
                    public void warning(String what) {}
                });
        suspensions = new Suspensions(control);
        Services services = new Services(
                profile,
                store,
                control,
                authority,
                sessions,
                snapshot -> {},
                new RetentionService(control, store.manifests(), clock, snapshot -> {}),
                dispatcher,
                folders,
                setup.readOnly ? Services.Mode.RECOVERED : Services.Mode.FULL,
                suspensions,
                new CloneDetector(control, SILENCE),
                packages,
                new Services.Traffic());
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        listener = new Listener(address, services, authority.serverContext(address, List.of()), deadlines, nanos);
    }

    /** Descriptors of this process. */
    static long descriptors() {
        return java.util.Objects.requireNonNull(new java.io.File("/proc/self/fd").list()).length;
    }

    Socket dial() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), listener.port());
    }

    /** A peer without a certificate. */
    Connection stranger() throws Exception {
        return stranger(dial());
    }

    /** @param version of the protocol, the newest that this client knows */
    Connection stranger(int version) throws Exception {
        return new Connection(tls(null), dial(), version);
    }

    Connection stranger(Socket plain) throws Exception {
        return new Connection(tls(null), plain);
    }

    static KeyPair keyPair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    static byte[] certificateRequest(KeyPair pair) throws Exception {
        return new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
                .getEncoded();
    }

    /** Waits until the service of this node holds a connection, or none. */
    void await(int node, boolean present) throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (dispatcher.present(node) != present && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertThat(dispatcher.present(node)).isEqualTo(present);
    }

    TestNode enrol(String name) throws Exception {
        KeyPair pair = keyPair();
        byte[] request = certificateRequest(pair);
        control.tokens().add("token-" + name, Duration.ofHours(1), null);
        X509Certificate[] issued = new X509Certificate[1];
        int id = control.nodes()
                .enroll("token-" + name, name, "test", NODES, made -> {
                    issued[0] = authority.issue(made, request);
                    return Authority.fingerprint(issued[0]);
                })
                .id();
        return node(id, name, pair, issued[0]);
    }

    /** A machine that enrols over a connection. */
    TestNode enrolBy(String secret, String name) throws Exception {
        KeyPair pair = keyPair();
        Message.Enroll enroll = new Message.Enroll("hf1." + secret + ".00", name, "linux", certificateRequest(pair));
        try (Connection stranger = stranger()) {
            Message.Enrolled answer = stranger.ask(enroll, Message.Enrolled.class);
            return node(
                    answer.nodeId(),
                    name,
                    pair,
                    Certificates.parse(answer.chain().getFirst()));
        }
    }

    private TestNode node(int id, String name, KeyPair pair, X509Certificate issued) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry(
                "node", pair.getPrivate(), new char[0], new X509Certificate[] {issued, authority.certificate()});
        return new TestNode(id, name, tls(keys));
    }

    /** A node that has a further certificate by this connection, and uses that. */
    TestNode renew(TestNode node, Connection connection) throws Exception {
        KeyPair pair = keyPair();
        Message.Enrolled answer = connection.ask(new Message.Renew(certificateRequest(pair)), Message.Enrolled.class);
        return node(node.id, node.name, pair, Certificates.parse(answer.chain().getFirst()));
    }

    private static SSLContext tls(KeyStore keys) throws Exception {
        KeyManager[] managers = null;
        if (keys != null) {
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(keys, new char[0]);
            managers = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(managers, new TrustManager[] {new TrustAll()}, null);
        return context;
    }

    /** The test knows whom it speaks to. */
    private static final class TrustAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** One TLS connection, behind its greeting. */
    static final class Connection implements AutoCloseable {
        final SSLSocket socket;
        final Message.Welcome welcome;
        private final InputStream in;
        private int next = 1;

        Connection(SSLContext tls, Socket plain) throws IOException {
            this(tls, plain, Frames.NEWEST_VERSION);
        }

        /** @param version of the protocol, the newest that this client knows */
        Connection(SSLContext tls, Socket plain, int version) throws IOException {
            socket = overTls(tls, plain);
            in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            send(0, new Message.Hello(1, version, "test"));
            welcome = (Message.Welcome) read(0);
        }

        /** As this appliance names chunks. */
        Digest digest(byte[] chunk) {
            return welcome.hash().digest(chunk);
        }

        private static SSLSocket overTls(SSLContext tls, Socket plain) throws IOException {
            plain.setSoTimeout(60_000);
            plain.setTcpNoDelay(true);
            return (SSLSocket) tls.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        }

        void send(int request, Message message) throws IOException {
            Frames.write(socket.getOutputStream(), request, message);
        }

        /** The next answer, which must be to this request. */
        Message read(int request) throws IOException {
            Frames.Frame frame = Frames.read(in, bytes -> {});
            if (frame == null) {
                throw new EOFException("closed");
            }
            if (frame.message() instanceof Message.Failure(var code, String text)) {
                throw new RemoteException(code, text);
            }
            if (frame.request() != request) {
                throw new IOException("an answer to request " + frame.request());
            }
            return frame.message();
        }

        <T extends Message> T ask(Message message, Class<T> type) throws IOException {
            int request = next++;
            send(request, message);
            return type.cast(read(request));
        }

        List<Message.SnapshotInfo> list() throws IOException {
            int request = next++;
            send(request, new Message.ListSnapshots());
            List<Message.SnapshotInfo> all = new ArrayList<>();
            while (true) {
                Message.Snapshots part = (Message.Snapshots) read(request);
                all.addAll(part.snapshots());
                if (part.last()) {
                    return all;
                }
            }
        }

        List<Message.Answer> get(List<Digest> digests) throws IOException {
            int request = next++;
            send(request, new Message.Get(false, digests));
            List<Message.Answer> all = new ArrayList<>();
            while (true) {
                Message.Chunks part = (Message.Chunks) read(request);
                all.addAll(part.answers());
                if (part.last()) {
                    return all;
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** What a backup stored. */
    record Backup(UUID snapshot, List<Digest> chunks) {}

    /** A node. */
    final class TestNode {
        final int id;
        final String name;
        private final SSLContext tls;

        TestNode(int id, String name, SSLContext tls) {
            this.id = id;
            this.name = name;
            this.tls = tls;
        }

        Connection connect() throws IOException {
            return connect(dial());
        }

        Connection connect(Socket plain) throws IOException {
            return new Connection(tls, plain);
        }

        /** @param version of the protocol, the newest that this client knows */
        Connection connect(int version) throws IOException {
            return new Connection(tls, dial(), version);
        }

        /** A connection that has not sent its greeting. */
        Socket handshake() throws IOException {
            return Connection.overTls(tls, dial());
        }

        /** A backup of one chunk for each seed, as an honest client does it. */
        Backup backup(int bytes, int... seeds) throws IOException {
            try (Connection connection = connect()) {
                return backup(connection, 0, bytes, seeds);
            }
        }

        /** @param padding of the summary, in bytes */
        Backup backup(Connection connection, int padding, int bytes, int... seeds) throws IOException {
            return backup(connection, padding, false, bytes, seeds);
        }

        /**
         * @param padding of the summary, in bytes
         * @param incremental sends no chunk that the appliance says it has
         */
        Backup backup(Connection connection, int padding, boolean incremental, int bytes, int... seeds)
                throws IOException {
            return backup(connection, new Message.OpenBackup("backup of " + name), padding, incremental, bytes, seeds);
        }

        /** @param open begins the backup */
        Backup backup(
                Connection connection,
                Message.BackupRequest open,
                int padding,
                boolean incremental,
                int bytes,
                int... seeds)
                throws IOException {
            connection.ask(open, Message.BackupOpened.class);
            List<byte[]> files = IntStream.of(seeds)
                    .mapToObj(seed -> StoreFixture.random(seed, bytes))
                    .toList();
            List<Digest> digests = files.stream().map(connection::digest).toList();
            byte[] known = new byte[(digests.size() + 7) / 8];
            if (!digests.isEmpty()) {
                byte[] told = connection
                        .ask(new Message.Query(digests), Message.Known.class)
                        .bitmap();
                known = incremental ? told : known;
            }
            List<Message.Upload> uploads = new ArrayList<>();
            int size = 0;
            for (int i = 0; i < files.size(); i++) {
                if ((known[i / 8] >> (i % 8) & 1) == 0) {
                    uploads.add(new Message.Upload(ChunkKind.DATA, digests.get(i), Packed.compress(files.get(i), 1)));
                    size += bytes;
                }
                if (size >= Frames.DATA_BYTES || i == files.size() - 1 && !uploads.isEmpty()) {
                    connection.ask(new Message.Put(uploads), Message.Stored.class);
                    uploads = new ArrayList<>();
                    size = 0;
                }
            }
            PageWriter writer = new PageWriter();
            for (int i = 0; i < files.size(); i++) {
                Attributes.Timestamp time = new Attributes.Timestamp(1, 2);
                Attributes attributes = new Attributes(0644, 0, 0, time, time, i, 0, 1, bytes, List.of());
                Extent extent = new Extent(0, digests.get(i), bytes, 0, bytes);
                byte[] file = String.format("f%05d", i).getBytes(StandardCharsets.US_ASCII);
                writer.add(new Node.RegularFile(file, attributes, new Content(List.of(extent), false, false, bytes)));
            }
            List<PageRef> pages = new ArrayList<>();
            List<byte[]> contents = new ArrayList<>();
            writer.take((first, continuation, content, records) -> {
                pages.add(new PageRef(first, continuation, connection.digest(content), content.length, records));
                contents.add(content);
            });
            for (byte[] page : contents) {
                connection.ask(
                        new Message.Put(
                                List.of(new Message.Upload(ChunkKind.PAGE, connection.digest(page), Packed.raw(page)))),
                        Message.Stored.class);
            }
            connection.ask(new Message.RootPart(pages), Message.Done.class);
            UUID snapshot = connection
                    .ask(new Message.Commit(summary(padding).encode()), Message.Committed.class)
                    .snapshot();
            return new Backup(snapshot, digests);
        }

        /** Reads a backup back and checks every byte, as an honest client does it. */
        void restore(Backup backup) throws IOException {
            try (Connection connection = connect()) {
                restore(connection, backup);
            }
        }

        void restore(Connection connection, Backup backup) throws IOException {
            restore(connection, backup, Purpose.RESTORE);
        }

        void restore(Connection connection, Backup backup, Purpose purpose) throws IOException {
            Message.ReadOpened opened =
                    connection.ask(Message.OpenRead.of(backup.snapshot, purpose, "/"), Message.ReadOpened.class);
            for (int from = 0; from < opened.pages(); ) {
                List<PageRef> pages = connection
                        .ask(new Message.ReadRoot(backup.snapshot, from, 512), Message.RootPages.class)
                        .pages();
                check(connection, pages.stream().map(PageRef::digest).toList());
                from += pages.size();
            }
            long[] places = connection
                    .ask(new Message.Plan(backup.chunks), Message.Places.class)
                    .places();
            List<Digest> order = IntStream.range(0, places.length)
                    .boxed()
                    .sorted(Comparator.comparingLong(i -> places[i]))
                    .map(backup.chunks::get)
                    .toList();
            for (int from = 0; from < order.size(); from += 64) {
                check(connection, order.subList(from, Math.min(order.size(), from + 64)));
            }
        }

        private static void check(Connection connection, List<Digest> digests) throws IOException {
            List<Message.Answer> answers = connection.get(digests);
            boolean[] seen = new boolean[digests.size()];
            for (Message.Answer answer : answers) {
                Packed packed = answer.packed();
                if (packed == null || !connection.digest(packed.unpack()).equals(digests.get(answer.index()))) {
                    throw new IOException("chunk " + answer.index() + " is wrong: " + answer.damage());
                }
                seen[answer.index()] = true;
            }
            for (boolean each : seen) {
                if (!each) {
                    throw new IOException("a chunk was not answered");
                }
            }
        }
    }

    /** @param padding text in it, in bytes, to within 4 KiB */
    static SnapshotSummary summary(int padding) throws IOException {
        List<String> excludes = new ArrayList<>();
        for (int left = padding; left > 0; left -= 4000) {
            char[] text = new char[Math.min(left, 4000)];
            Arrays.fill(text, 'x');
            excludes.add(new String(text));
        }
        var counts = new SnapshotSummary.Counts(1, 0, 0, 0, 0, 0, 0, 0, 0);
        return new SnapshotSummary("host", "test", 1, 2, List.of(TreePath.parse("/src")), excludes, counts, List.of());
    }

    @Override
    public void close() throws IOException {
        listener.close();
        store.close();
        control.close();
        vault.close();
    }
}
