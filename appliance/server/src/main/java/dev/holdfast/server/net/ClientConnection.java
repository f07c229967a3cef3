package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RecordStream;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
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

    private final Socket plain;
    private final SSLSocketFactory tls;
    private final Services services;
    private final Limits limits;
    private final AuditLimiter audit;
    private final String source;
    private final long accepted = System.nanoTime();
    private volatile boolean greeted;
    private volatile boolean stranger;

    private volatile @Nullable ResponseWriter responses;
    private volatile @Nullable RequestDispatcher requests;
    private volatile @Nullable RequestLoop loop;

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

    /** @param identified called as soon as the peer is identified, or cannot be */
    void run(Runnable identified) {
        try (plain) {
            SSLSocket socket;
            Peer peer;
            try {
                socket = handshake();
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
                admitted(socket, peer, limits.admitNode(peer.account()), () -> limits.releaseNode(peer.account()));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "connection from " + address() + " ended: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "connection from " + address() + " failed", e);
        }
    }

    private SSLSocket handshake() throws IOException {
        plain.setTcpNoDelay(true);
        plain.setSoTimeout((int) limits.deadlines.greeting().toMillis());
        // A peer that sends nothing takes nothing of what others at its address may do.
        int first = plain.getInputStream().read();
        if (first < 0) {
            throw new EOFException("closed before it greeted");
        }
        awaitHandshake();
        // Many records at once: TLS itself reads the head of each, and then the rest, by a system call of its own.
        InputStream received = new BufferedInputStream(
                new SequenceInputStream(new ByteArrayInputStream(new byte[] {(byte) first}), plain.getInputStream()),
                BUFFER_BYTES);
        SSLSocket socket = (SSLSocket) tls.createSocket(plain, received, true);
        socket.setUseClientMode(false);
        socket.setWantClientAuth(true);
        socket.setEnabledProtocols(new String[] {"TLSv1.3"});
        socket.startHandshake();
        return socket;
    }

    /** Limits the rate of handshakes of an address. */
    private void awaitHandshake() throws IOException {
        Polling.until(() -> {
            if (plain.isClosed()) {
                throw new IOException("gave way to others before it greeted");
            }
            return limits.handshakes.take(source);
        });
    }

    private String address() {
        return String.valueOf(plain.getRemoteSocketAddress());
    }

    /** The node whose certificate was presented. A certificate that is revoked or replaced is refused with the reason. */
    private Peer identify(SSLSocket socket) throws IOException {
        X509Certificate certificate;
        try {
            certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            return new Peer(0, "", "", false, false, address(), source);
        }
        int id = Authority.nodeId(certificate);
        String fingerprint = Authority.fingerprint(certificate);
        Optional<Node> node = services.control().nodes().admitted(id, fingerprint);
        boolean beside = node.isEmpty();
        if (beside) {
            node = services.control().certificates().nodeOf(id, fingerprint);
        }
        boolean restoring = node.isEmpty();
        String name = node.map(Node::name).orElse("");
        if (restoring) {
            List<Node> restored = services.control().restoreAccess().nodes(fingerprint);
            node = restored.stream().findFirst();
            name = EnrolmentHandler.named(restored);
        }
        if (node.isEmpty()) {
            audit.refused(
                    AuditLimiter.Source.node(id),
                    "node " + id + " at " + address(),
                    "connect",
                    "",
                    "refused: certificate revoked");
            refuse(socket, ErrorCode.REVOKED, Admittance.REVOKED);
        }
        limits.known.add(source);
        Node found = node.orElseThrow();
        String account = (restoring ? "restore of node " : "node ") + found.id();
        return new Peer(found.id(), name, fingerprint, beside, restoring, address(), account);
    }

    /** Sends the reason, then ends the connection. */
    private static void refuse(SSLSocket socket, ErrorCode code, String text) throws IOException {
        Frames.write(socket.getOutputStream(), 0, new Message.Failure(code, text));
        throw new RemoteException(code, text);
    }

    private void admitted(SSLSocket socket, Peer peer, boolean admitted, Runnable release) throws IOException {
        if (!admitted) {
            refuse(socket, ErrorCode.BUSY, "too many connections; try again later");
        }
        try (ResponseWriter out = new ResponseWriter(
                new RecordStream(socket.getOutputStream()), () -> disconnect(socket), limits.deadlines.write())) {
            responses = out;
            RequestContext context = new RequestContext(peer, services, limits, audit, out);
            try (RequestDispatcher dispatcher = new RequestDispatcher(context, this::kill)) {
                requests = dispatcher;
                serve(socket, context, dispatcher);
            }
        } finally {
            release.run();
        }
    }

    private void serve(SSLSocket socket, RequestContext context, RequestDispatcher dispatcher) throws IOException {
        InputStream in = socket.getInputStream();
        if (!Greeting.exchange(in, context, () -> disconnect(socket))) {
            return;
        }
        greeted = true;
        socket.setSoTimeout((int) limits.deadlines.silence().toMillis());
        RequestLoop running = new RequestLoop(context, dispatcher, () -> disconnect(socket));
        loop = running;
        try {
            running.run(in);
        } finally {
            running.drain();
        }
    }

    /** Ends the connection from another thread, with a farewell. */
    private static void disconnect(SSLSocket socket) {
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
        long age = System.nanoTime() - accepted;
        ResponseWriter out = responses;
        RequestDispatcher asked = requests;
        RequestLoop running = loop;
        return (!greeted && age > limits.deadlines.greeting().toNanos())
                || (stranger && age > limits.deadlines.stranger().toNanos())
                || (running != null && running.stuck())
                || (out != null && out.stuck())
                || (asked != null && asked.overdue());
    }
}
