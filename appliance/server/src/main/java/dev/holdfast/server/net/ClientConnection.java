package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, from handshake to close, on a thread of its own. Requests run side by side, each on a
 * virtual thread that hands the work to the shared workers; a request's bytes are paid for from the ingest budget before
 * they are read, its answer from the answers budget before it is made, so that a full appliance slows its clients down
 * instead of running out of memory.
 */
final class ClientConnection {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());
    private static final int BUFFER_BYTES = 1 << 16;
    /** How long the answer of the control database counts, so that a flood of small requests does not reach it. */
    private static final long ADMITTED_NANOS = 50_000_000L;

    private final Socket plain;
    private final SSLSocketFactory tls;
    private final Services services;
    private final Limits limits;
    private final AuditLimiter audit;
    private final String source;
    private final Semaphore slots = new Semaphore(Limits.REQUESTS_UNDER_WAY);
    private final Phaser underWay = new Phaser(1);
    private final long accepted = System.nanoTime();
    private volatile boolean greeted;
    private volatile boolean stranger;
    /** When the body of a frame was begun, or 0. */
    private volatile long waitingSince;
    /** When the control database last admitted this peer, or 0. */
    private volatile long admittedAt;

    private volatile @Nullable Outbox outbox;
    private volatile @Nullable Requests requests;

    /** @param tls wraps what was accepted; every deadline is kept by closing the socket below */
    ClientConnection(Socket plain, SSLSocketFactory tls, Services services, Limits limits, AuditLimiter audit) {
        this.plain = plain;
        this.tls = tls;
        this.services = services;
        this.limits = limits;
        this.audit = audit;
        this.source = AddressBlock.of(plain.getInetAddress());
    }

    /** What counts as this peer's address. */
    String source() {
        return source;
    }

    /** @param identified told as soon as it is known who the peer is, or that nobody will know */
    void run(Runnable identified) {
        try (plain) {
            SSLSocket socket;
            Peer peer;
            try {
                plain.setTcpNoDelay(true);
                plain.setSoTimeout((int) limits.deadlines.greeting().toMillis());
                // Who says nothing uses up nothing of what others at its address may do.
                int first = plain.getInputStream().read();
                if (first < 0) {
                    throw new EOFException("closed before it greeted");
                }
                awaitHandshake();
                socket = (SSLSocket) tls.createSocket(plain, new ByteArrayInputStream(new byte[] {(byte) first}), true);
                socket.setUseClientMode(false);
                socket.setWantClientAuth(true);
                socket.setEnabledProtocols(new String[] {"TLSv1.3"});
                socket.startHandshake();
                peer = identify(socket);
            } finally {
                identified.run();
            }
            if (peer.stranger()) {
                stranger = true;
                Admission.Seat seat = limits.strangers.enter(source, this::kill);
                admitted(socket, peer, seat != null, () -> {
                    if (seat != null) {
                        limits.strangers.leave(seat);
                    }
                });
            } else {
                admitted(socket, peer, limits.admitNode(peer.nodeId()), () -> limits.releaseNode(peer.nodeId()));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "connection from " + address() + " ended: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "connection from " + address() + " failed", e);
        }
    }

    /** Peers of one address greet one after the other where they come in a flood. */
    private void awaitHandshake() throws IOException {
        Waits.until(() -> {
            if (plain.isClosed()) {
                throw new IOException("gave way to others before it greeted");
            }
            return limits.handshakes.take(source);
        });
    }

    private String address() {
        return String.valueOf(plain.getRemoteSocketAddress());
    }

    /** The node whose certificate was presented. A certificate that is revoked or replaced is refused in clear words. */
    private Peer identify(SSLSocket socket) throws IOException {
        X509Certificate certificate;
        try {
            certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            return new Peer(0, "", "", address(), source);
        }
        int id = Authority.nodeId(certificate);
        String fingerprint = Authority.fingerprint(certificate);
        Optional<Node> node = services.control().nodes().admitted(id, fingerprint);
        if (node.isEmpty()) {
            audit.refused(
                    AuditLimiter.Source.node(id),
                    "node " + id + " at " + address(),
                    "connect",
                    "",
                    "refused: certificate revoked");
            refuse(socket, ErrorCode.REVOKED, revoked());
        }
        limits.known.add(source);
        if (limits.sightings.take(id)) {
            services.control().nodes().seen(id);
        }
        return new Peer(id, node.orElseThrow().name(), fingerprint, address(), "node " + id);
    }

    private static String revoked() {
        return "this node's certificate has been revoked; enrol again with a new token";
    }

    /** Says why, then ends the connection. */
    private static void refuse(SSLSocket socket, ErrorCode code, String text) throws IOException {
        Frames.write(socket.getOutputStream(), 0, new Message.Failure(code, text));
        throw new RemoteException(code, text);
    }

    private void admitted(SSLSocket socket, Peer peer, boolean admitted, Runnable release) throws IOException {
        if (!admitted) {
            refuse(socket, ErrorCode.BUSY, "too many connections; try again later");
        }
        try (Outbox out = new Outbox(
                new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES),
                () -> abort(socket),
                limits.deadlines.write())) {
            outbox = out;
            try (Requests answering = new Requests(peer, services, limits, audit, out, this::kill)) {
                requests = answering;
                try {
                    serve(socket, peer, answering, out);
                } finally {
                    drain();
                }
            }
        } finally {
            release.run();
        }
    }

    /** Ends the connection from another thread, with a farewell. */
    private static void abort(SSLSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }

    /** Ends the connection without a farewell, which would wait behind a write that is stuck. Does not block. */
    void kill() {
        try {
            plain.setSoLinger(true, 0);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a connection is closed already", e);
        }
        try {
            plain.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }

    /** Whether the peer keeps this connection waiting for longer than it may. */
    boolean stuck() {
        long now = System.nanoTime();
        long since = waitingSince;
        Outbox out = outbox;
        Requests asked = requests;
        return (!greeted && now - accepted > limits.deadlines.greeting().toNanos())
                || (stranger && now - accepted > limits.deadlines.stranger().toNanos())
                || (since != 0 && now - since > limits.deadlines.body().toNanos())
                || (out != null && out.stuck())
                || (asked != null && asked.overdue());
    }

    private void drain() {
        underWay.arriveAndDeregister();
        underWay.awaitAdvance(0);
    }

    private void serve(SSLSocket socket, Peer peer, Requests requests, Outbox out) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
        if (!greet(socket, peer, requests, in, out)) {
            return;
        }
        greeted = true;
        socket.setSoTimeout((int) limits.deadlines.silence().toMillis());
        int[] reserved = new int[1];
        while (true) {
            Frames.Frame frame;
            try {
                reserved[0] = 0;
                frame = Frames.read(in, bytes -> {
                    // A stranger has nothing to say that takes more.
                    if (peer.stranger() && bytes > BUFFER_BYTES) {
                        throw FormatException.corrupt("a frame of " + bytes + " bytes from a stranger");
                    }
                    reserve(peer, bytes);
                    reserved[0] = bytes;
                    waitingSince = System.nanoTime() | 1;
                });
            } catch (FormatException e) {
                release(peer.nodeId(), reserved[0]);
                String text = Failures.brief(String.valueOf(e.getMessage()));
                if (audit.refused(peer.audited(), peer.label(), "protocol", "", "refused: malformed: " + text)) {
                    LOG.log(System.Logger.Level.WARNING, peer.label() + " sent a malformed frame: " + text);
                }
                farewell(socket, out, ErrorCode.MALFORMED, text);
                return;
            } catch (SocketTimeoutException e) {
                release(peer.nodeId(), reserved[0]);
                throw new IOException("silent for too long", e);
            } catch (IOException | RuntimeException | Error e) {
                release(peer.nodeId(), reserved[0]);
                throw e;
            } finally {
                waitingSince = 0;
            }
            if (frame == null) {
                return;
            }
            int bytes = reserved[0];
            slots.acquireUninterruptibly();
            underWay.register();
            boolean started = false;
            try {
                out.awaitRoom();
                Thread.ofVirtual().name("request").start(() -> {
                    try {
                        answer(socket, peer, requests, out, frame);
                    } finally {
                        over(peer, bytes);
                    }
                });
                started = true;
            } finally {
                if (!started) {
                    over(peer, bytes);
                }
            }
        }
    }

    /** A request is answered, or will never be. */
    private void over(Peer peer, int bytes) {
        try {
            release(peer.nodeId(), bytes);
        } finally {
            slots.release();
            underWay.arriveAndDeregister();
        }
    }

    private void reserve(Peer peer, int bytes) throws IOException {
        // Until then the peer's requests wait at its own end.
        Waits.until(() -> !limits.refusals.exhausted(peer.source()));
        Waits.until(() -> bytes >= Limits.SMALL_REQUEST_BYTES || limits.smallRequests.take(peer.source()));
        try {
            limits.ingest.acquire(peer.nodeId(), bytes);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    private void release(int node, int bytes) {
        if (bytes > 0) {
            limits.ingest.release(node, bytes);
        }
    }

    private static void farewell(SSLSocket socket, Outbox out, ErrorCode code, String text) {
        out.send(0, Failures.of(code, text), () -> abort(socket));
    }

    private boolean greet(SSLSocket socket, Peer peer, Requests requests, InputStream in, Outbox out)
            throws IOException {
        Frames.Frame first;
        try {
            first = Frames.read(in, bytes -> {
                if (bytes > BUFFER_BYTES) {
                    throw FormatException.corrupt("a greeting of " + bytes + " bytes");
                }
            });
        } catch (FormatException e) {
            farewell(socket, out, ErrorCode.MALFORMED, String.valueOf(e.getMessage()));
            return false;
        }
        if (first == null) {
            return false;
        }
        if (!(first.message() instanceof Message.Hello hello)) {
            farewell(socket, out, ErrorCode.MALFORMED, "say hello first");
            return false;
        }
        if (hello.minVersion() > Frames.NEWEST_VERSION || hello.maxVersion() < Frames.VERSION) {
            String text = "this appliance speaks protocol versions " + Frames.VERSION + " to " + Frames.NEWEST_VERSION
                    + ", the client "
                    + hello.minVersion() + " to " + hello.maxVersion() + "; upgrade the older of the two";
            farewell(socket, out, ErrorCode.VERSION, text);
            return false;
        }
        int version = Math.min(hello.maxVersion(), Frames.NEWEST_VERSION);
        requests.speak(version);
        var vault = services.store().vault();
        byte[] gearKey = peer.stranger() ? new byte[0] : vault.gearKey();
        out.send(
                0,
                new Message.Welcome(version, Services.SOFTWARE, vault.id(), limits.creditBytes, peer.name(), gearKey),
                () -> {});
        return true;
    }

    private void answer(SSLSocket socket, Peer peer, Requests requests, Outbox out, Frames.Frame frame) {
        int node = peer.nodeId();
        int bytes = Requests.answerBytes(frame.message());
        try {
            limits.answers.acquire(node, bytes);
        } catch (InterruptedException e) {
            return;
        }
        try (Reply reply = new Reply(out, frame.request(), () -> limits.answers.release(node, bytes))) {
            try {
                if (!admits(peer)) {
                    audit.refused(peer.audited(), peer.label(), "request", "", "refused: certificate revoked");
                    reply.last(new Message.Failure(ErrorCode.REVOKED, revoked()), () -> abort(socket));
                    return;
                }
                requests.handle(reply, frame.message());
            } catch (IOException e) {
                Message.Failure failure = Failures.of(e);
                if (Failures.blamesClient(failure.code())) {
                    limits.refusals.take(peer.source());
                }
                boolean own = failure.code() == ErrorCode.INTERNAL || failure.code() == ErrorCode.STORAGE_FAILED;
                if (own && limits.warnings.take(node)) {
                    LOG.log(System.Logger.Level.WARNING, "a request of " + peer.label() + " failed", e);
                }
                reply.last(failure);
            } catch (RuntimeException | Error e) {
                if (limits.warnings.take(node)) {
                    LOG.log(System.Logger.Level.ERROR, "a request of " + peer.label() + " failed", e);
                }
                reply.last(Failures.of(ErrorCode.INTERNAL, "the appliance failed: " + e));
            }
        }
    }

    private boolean admits(Peer peer) throws IOException {
        if (peer.stranger() || admittedLately()) {
            return true;
        }
        // One of many requests asks, the others take its answer.
        synchronized (slots) {
            if (admittedLately()) {
                return true;
            }
            boolean admitted = services.control().nodes().admits(peer.nodeId(), peer.fingerprint());
            admittedAt = admitted ? System.nanoTime() | 1 : 0;
            return admitted;
        }
    }

    private boolean admittedLately() {
        long last = admittedAt;
        return last != 0 && System.nanoTime() - last < ADMITTED_NANOS;
    }
}
