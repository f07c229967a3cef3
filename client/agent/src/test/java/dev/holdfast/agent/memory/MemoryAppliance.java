package dev.holdfast.agent.memory;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TestChains;
import dev.holdfast.protocol.pki.TestChains.FixedKey;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.TestChains.Maker;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * An appliance in this process, as docs/protocol.md describes it, whose store is memory: mutual TLS over a real socket, enrolment,
 * dedup by owner, snapshots, reads and orders. Tests can cut its connections at a chosen request, and damage or freeze chunks.
 */
public final class MemoryAppliance implements AutoCloseable {
    static final UUID VAULT = UUID.fromString(TestChains.VAULT);
    static final byte[] GEAR_KEY = HashAlgorithm.NEWEST
            .digest("a key for tests".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .toBytes();

    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final long PATIENCE_SECONDS = 60;

    private final Issued authority = TestChains.authority();
    private final SSLServerSocket listener;
    private final Thread accepting;
    private final MemoryStore store = new MemoryStore();
    private final Map<Integer, String> nodes = new ConcurrentHashMap<>();
    private final Set<Integer> revoked = ConcurrentHashMap.newKeySet();
    private final List<MemorySession> sessions = new CopyOnWriteArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Class<?>, AtomicLong> received = new ConcurrentHashMap<>();
    private final Map<Long, Task> tasks = new LinkedHashMap<>();
    private volatile byte[] offered = {};
    private volatile int version = Frames.NEWEST_VERSION;
    /** Told of each request before it is answered. */
    private volatile Consumer<Message> listening = message -> {};

    /** An order, and what became of it. */
    public static final class Task {
        private final int node;
        private final Message.Order order;
        private final List<Message.Progress> progress = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Message.Ended> ended = new CompletableFuture<>();

        private Task(int node, Message.Order order) {
            this.node = node;
            this.order = order;
        }

        public long number() {
            return order.task();
        }

        /** Waits for the end of the task. */
        public Message.Ended await() throws Exception {
            return ended.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        public boolean isEnded() {
            return ended.isDone();
        }

        /** All lines of its log so far. */
        public List<String> log() {
            return progress.stream().flatMap(each -> each.log().stream()).toList();
        }

        /** How far it said it was, each time that it did. */
        public List<Message.Progress> progress() {
            return List.copyOf(progress);
        }

        /** What it said it was doing, each time that it did. */
        public List<String> steps() {
            return progress.stream().map(Message.Progress::step).toList();
        }
    }

    public MemoryAppliance() throws Exception {
        Issued certificate = TestChains.peer(authority, Usage.APPLIANCE);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(
                new KeyManager[] {
                    new FixedKey(certificate.key(), List.of(certificate.certificate(), authority.certificate()))
                },
                new TrustManager[] {TrustPath.to(authority.certificate()).trustManager(Usage.NODE)},
                null);
        listener = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        listener.setWantClientAuth(true);
        accepting = Thread.ofPlatform().daemon().name("memory-appliance-accept").start(this::accept);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                SSLSocket socket = (SSLSocket) listener.accept();
                Thread.ofPlatform().daemon().name("memory-appliance").start(() -> serve(socket));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private void serve(SSLSocket socket) {
        try (socket) {
            socket.startHandshake();
            try (MemorySession session = new MemorySession(this, store, socket, node(socket))) {
                sessions.add(session);
                try {
                    session.serve();
                } finally {
                    sessions.remove(session);
                }
            }
        } catch (IOException | GeneralSecurityException e) {
            // The client hung up, or the test cut the connection.
        }
    }

    private static int node(SSLSocket socket) throws GeneralSecurityException {
        try {
            return Certificates.nodeId((X509Certificate) socket.getSession().getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            return 0;
        }
    }

    // ---- for tests

    public Endpoint endpoint() {
        return new Endpoint("127.0.0.1", listener.getLocalPort());
    }

    /** A token as appliances print it; here it works more than once. */
    public String token() throws GeneralSecurityException {
        return "hf1." + SECRET + "."
                + Certificates.fingerprint(authority.certificate()).substring(0, 32);
    }

    /** Enrols a node by the client's own code. */
    public Identity enrol(String name, Path state) throws Exception {
        return Enrolment.enroll(endpoint(), token(), null, name, state);
    }

    /** A connection of a node that enrolled. */
    public static Appliance connect(Path state) throws IOException {
        return new Appliance(Identity.load(state), state);
    }

    public void rename(int node, String name) {
        nodes.put(node, name);
    }

    public void revoke(int node) {
        revoked.add(node);
    }

    /** From now on connections agree on this version of the protocol. */
    public void speak(int newest) {
        version = newest;
    }

    int version() {
        return version;
    }

    /** How many requests of a type came so far. */
    public long count(Class<? extends Message> type) {
        return received.computeIfAbsent(type, key -> new AtomicLong()).get();
    }

    /** From now on told of each request on its connection's thread, before it is answered. */
    public void listen(Consumer<Message> listener) {
        listening = listener;
    }

    /** Cuts all connections once, instead of answering a request of this type after so many others of it. */
    public void cutAfter(int others, Class<? extends Message> type) {
        AtomicLong left = new AtomicLong(others);
        listen(message -> {
            if (type.isInstance(message) && left.getAndDecrement() == 0) {
                cut();
            }
        });
    }

    /** Cuts all connections. */
    public void cut() {
        for (MemorySession each : sessions) {
            try {
                each.close();
            } catch (IOException e) {
                // It is gone already.
            }
        }
    }

    public int chunks() {
        return store.size();
    }

    /** The plaintext of what a snapshot's files consist of. */
    public Map<Digest, byte[]> content(UUID snapshot) throws IOException {
        return store.contentOf(snapshot);
    }

    /** From now on the chunk cannot be read. Stored again, it is whole. */
    public void damage(Digest chunk) {
        store.damage(chunk);
    }

    /** From now on the chunk must be thawed before it can be read. */
    public void freeze(Digest chunk) {
        store.freeze(chunk);
    }

    public void thawAll() {
        store.thawAll();
    }

    /** Gives an order to a node; its service has it now, or when it comes. */
    public Task order(int node, Job job) {
        Task task = new Task(node, new Message.Order(numbers.incrementAndGet(), job));
        List<MemorySession> now;
        synchronized (tasks) {
            tasks.put(task.number(), task);
            now = attending(node);
        }
        for (MemorySession each : now) {
            try {
                each.order(task.order);
            } catch (IOException e) {
                // The service is gone; it gets the order when it comes back.
            }
        }
        return task;
    }

    /** Pauses, resumes or cancels a task. */
    public void control(Task task, Job job) throws IOException {
        for (MemorySession each : attending(task.node)) {
            each.order(new Message.Order(task.number(), job));
        }
    }

    /** Gives an order a second time, as an appliance does that is not sure of the first. */
    public void repeat(Task task) throws IOException {
        control(task, task.order.job());
    }

    // ---- for sessions

    private final Set<MemorySession> services = ConcurrentHashMap.newKeySet();

    private List<MemorySession> attending(int node) {
        return services.stream()
                .filter(each -> each.node() == node && sessions.contains(each))
                .toList();
    }

    void attend(MemorySession service) throws IOException {
        List<Task> open = new ArrayList<>();
        synchronized (tasks) {
            services.add(service);
            for (Task task : tasks.values()) {
                if (task.node == service.node() && !task.ended.isDone()) {
                    open.add(task);
                }
            }
        }
        for (Task task : open) {
            service.order(task.order);
        }
    }

    void received(MemorySession session, Message message) throws IOException {
        received.computeIfAbsent(message.getClass(), key -> new AtomicLong()).incrementAndGet();
        if (revoked.contains(session.node())) {
            throw new RemoteException(ErrorCode.REVOKED, "this node is revoked");
        }
        listening.accept(message);
    }

    String nodeName(int node) {
        return nodes.getOrDefault(node, "");
    }

    long newSession() {
        return numbers.incrementAndGet();
    }

    Message.Enrolled enroll(Message.Enroll enroll) throws IOException {
        if (!enroll.token().contains(SECRET)) {
            throw new RemoteException(ErrorCode.TOKEN_REFUSED, "the token is unknown, used or expired");
        }
        try {
            int node = Math.toIntExact(numbers.incrementAndGet());
            nodes.put(node, enroll.node());
            return issue(node, enroll.request());
        } catch (Exception e) {
            throw new RemoteException(ErrorCode.MALFORMED, "no certificate request: " + e);
        }
    }

    private Message.Enrolled issue(int node, byte[] request) throws Exception {
        PublicKey key = new JcaPKCS10CertificationRequest(request).getPublicKey();
        Issued issued = new Maker("CN=node-" + node, new KeyPair(key, null))
                .peer(TestChains.purpose(Usage.NODE))
                .by(authority);
        return new Message.Enrolled(
                node,
                List.of(
                        issued.certificate().getEncoded(),
                        authority.certificate().getEncoded()));
    }

    Message.Enrolled renew(int node, Message.Renew renew) throws IOException {
        try {
            return issue(node, renew.request());
        } catch (Exception e) {
            throw new RemoteException(ErrorCode.MALFORMED, "no certificate request: " + e);
        }
    }

    private Task task(int node, long number) throws RemoteException {
        synchronized (tasks) {
            Task task = tasks.get(number);
            if (task == null || task.node != node) {
                throw new RemoteException(ErrorCode.NOT_FOUND, "no task " + number + " of this node");
            }
            return task;
        }
    }

    void requireOrdered(int node, long number) throws RemoteException {
        task(node, number);
    }

    /** From now on nodes can fetch this package. */
    public void offer(byte[] content) {
        offered = content.clone();
    }

    Message.PackagePart packagePart(Message.FetchPackage fetch) {
        int from = Math.toIntExact(fetch.offset());
        return new Message.PackagePart(
                Arrays.copyOfRange(offered, from, Math.min(offered.length, from + fetch.length())));
    }

    void progress(int node, Message.Progress progress) throws RemoteException {
        task(node, progress.task()).progress.add(progress);
    }

    void ended(int node, Message.Ended ended) throws RemoteException {
        task(node, ended.task()).ended.complete(ended);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        // A listener that is closed while a thread waits in accept takes connections until that thread leaves it.
        try {
            accepting.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cut();
    }
}
