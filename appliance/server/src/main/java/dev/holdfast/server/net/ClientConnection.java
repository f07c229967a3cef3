package dev.holdfast.server.net;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, from handshake to close, on a thread of its own. Requests run side by side, each on a
 * virtual thread that hands the work to the shared workers; a request's bytes are paid for from the ingest budget before
 * they are read, so that a full appliance slows its clients down instead of running out of memory.
 */
final class ClientConnection implements Runnable {
    private static final System.Logger LOG = System.getLogger(ClientConnection.class.getName());
    private static final int BUFFER_BYTES = 1 << 16;

    private final SSLSocket socket;
    private final Services services;
    private final Limits limits;
    private final Semaphore slots = new Semaphore(Limits.REQUESTS_UNDER_WAY);
    private final Phaser underWay = new Phaser(1);
    private final long accepted = System.nanoTime();
    private volatile boolean greeted;
    /** When the body of a frame was begun, or 0. */
    private volatile long waitingSince;

    private volatile @Nullable Outbox outbox;

    ClientConnection(SSLSocket socket, Services services, Limits limits) {
        this.socket = socket;
        this.services = services;
        this.limits = limits;
    }

    @Override
    public void run() {
        try (socket) {
            Peer peer;
            try {
                socket.setSoTimeout(Limits.HANDSHAKE_MILLIS);
                socket.setTcpNoDelay(true);
                socket.startHandshake();
                peer = identify();
            } finally {
                limits.releaseUnidentified();
            }
            if (peer.stranger()) {
                admitted(peer, limits.admitStranger(), limits::releaseStranger);
            } else {
                admitted(peer, limits.admitNode(peer.nodeId()), () -> limits.releaseNode(peer.nodeId()));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "connection from " + address() + " ended: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "connection from " + address() + " failed", e);
        }
    }

    private String address() {
        return String.valueOf(socket.getRemoteSocketAddress());
    }

    /** The node whose certificate was presented. A certificate that is revoked or replaced is refused in clear words. */
    private Peer identify() throws IOException {
        String address = address();
        X509Certificate certificate;
        try {
            certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (SSLPeerUnverifiedException e) {
            return new Peer(0, "", "", address);
        }
        int id = Authority.nodeId(certificate);
        String fingerprint = Authority.fingerprint(certificate);
        Optional<ControlDb.Node> node = services.control().node(id);
        if (node.isEmpty() || !services.control().admits(id, fingerprint)) {
            services.control().audit("node " + id + " at " + address, "connect", "", "refused: certificate revoked");
            refuse(ErrorCode.REVOKED, revoked());
        }
        services.control().seen(id);
        return new Peer(id, node.orElseThrow().name(), fingerprint, address);
    }

    private static String revoked() {
        return "this node's certificate has been revoked; enrol again with a new token";
    }

    /** Says why, then ends the connection. */
    private void refuse(ErrorCode code, String text) throws IOException {
        Frames.write(socket.getOutputStream(), 0, new Message.Failure(code, text));
        throw new RemoteException(code, text);
    }

    private void admitted(Peer peer, boolean admitted, Runnable release) throws IOException {
        if (!admitted) {
            refuse(ErrorCode.BUSY, "too many connections; try again later");
        }
        try (Outbox out = new Outbox(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES), this::abort)) {
            outbox = out;
            try (Requests requests = new Requests(peer, services, limits, out)) {
                try {
                    serve(peer, requests, out);
                } finally {
                    drain();
                }
            }
        } finally {
            release.run();
        }
    }

    /** Ends the connection from another thread. */
    void abort() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }

    /** As {@link #abort}, but without a farewell, which would wait behind a write that is stuck. */
    void kill() {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a connection is closed already", e);
        }
        abort();
    }

    /** Whether the peer keeps this connection waiting for longer than it may. */
    boolean stuck() {
        long now = System.nanoTime();
        long since = waitingSince;
        Outbox out = outbox;
        return (!greeted && now - accepted > Limits.GREETING_NANOS)
                || (since != 0 && now - since > Limits.BODY_NANOS)
                || (out != null && out.stuck());
    }

    private void drain() {
        underWay.arriveAndDeregister();
        underWay.awaitAdvance(0);
    }

    private void serve(Peer peer, Requests requests, Outbox out) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
        if (!greet(peer, in, out)) {
            return;
        }
        greeted = true;
        socket.setSoTimeout(Limits.SILENCE_MILLIS);
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
                    reserve(peer.nodeId(), bytes);
                    reserved[0] = bytes;
                    waitingSince = System.nanoTime() | 1;
                });
            } catch (FormatException e) {
                release(peer.nodeId(), reserved[0]);
                LOG.log(System.Logger.Level.WARNING, peer.label() + " sent a malformed frame: " + e.getMessage());
                services.control().audit(peer.label(), "protocol", "", "refused: " + e.getMessage());
                out.send(0, new Message.Failure(ErrorCode.MALFORMED, String.valueOf(e.getMessage())), this::abort);
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
            out.awaitRoom();
            underWay.register();
            Thread.ofVirtual().name("request").start(() -> {
                try {
                    answer(peer, requests, out, frame);
                } finally {
                    release(peer.nodeId(), bytes);
                    slots.release();
                    underWay.arriveAndDeregister();
                }
            });
        }
    }

    private void reserve(int node, int bytes) throws IOException {
        try {
            limits.reserveIngest(node, bytes);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    private void release(int node, int bytes) {
        if (bytes > 0) {
            limits.releaseIngest(node, bytes);
        }
    }

    private boolean greet(Peer peer, InputStream in, Outbox out) throws IOException {
        Frames.Frame first;
        try {
            first = Frames.read(in, bytes -> {
                if (bytes > BUFFER_BYTES) {
                    throw FormatException.corrupt("a greeting of " + bytes + " bytes");
                }
            });
        } catch (FormatException e) {
            out.send(0, new Message.Failure(ErrorCode.MALFORMED, String.valueOf(e.getMessage())), this::abort);
            return false;
        }
        if (first == null) {
            return false;
        }
        if (!(first.message() instanceof Message.Hello hello)) {
            out.send(0, new Message.Failure(ErrorCode.MALFORMED, "say hello first"), this::abort);
            return false;
        }
        if (hello.minVersion() > Frames.VERSION || hello.maxVersion() < Frames.VERSION) {
            String text = "this appliance speaks protocol version " + Frames.VERSION + ", the client "
                    + hello.minVersion() + " to " + hello.maxVersion() + "; upgrade the older of the two";
            out.send(0, new Message.Failure(ErrorCode.VERSION, text), this::abort);
            return false;
        }
        var vault = services.store().vault();
        byte[] gearKey = peer.stranger() ? new byte[0] : vault.gearKey();
        out.send(
                0,
                new Message.Welcome(
                        Frames.VERSION, Services.SOFTWARE, vault.id(), limits.creditBytes, peer.name(), gearKey));
        return true;
    }

    private void answer(Peer peer, Requests requests, Outbox out, Frames.Frame frame) {
        try {
            if (!peer.stranger() && !services.control().admits(peer.nodeId(), peer.fingerprint())) {
                services.control().audit(peer.label(), "request", "", "refused: certificate revoked");
                out.send(frame.request(), new Message.Failure(ErrorCode.REVOKED, revoked()), this::abort);
                return;
            }
            requests.handle(frame.request(), frame.message());
        } catch (IOException e) {
            Message.Failure failure = Failures.of(e);
            if (failure.code() == ErrorCode.INTERNAL || failure.code() == ErrorCode.STORAGE_FAILED) {
                LOG.log(System.Logger.Level.WARNING, "a request of " + peer.label() + " failed", e);
            }
            out.send(frame.request(), failure);
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a request of " + peer.label() + " failed", e);
            out.send(frame.request(), new Message.Failure(ErrorCode.INTERNAL, "the appliance failed: " + e));
        }
    }
}
