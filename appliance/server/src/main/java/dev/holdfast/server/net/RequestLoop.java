package dev.holdfast.server.net;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests from one connection and answers each on a virtual thread. Memory for a request is reserved before its body is
 * read, memory for its answer before it is made.
 */
final class RequestLoop {
    private static final System.Logger LOG = System.getLogger(RequestLoop.class.getName());
    /** A client without a certificate has nothing to send that takes more. */
    private static final int MAX_STRANGER_BYTES = 1 << 16;

    private final RequestContext context;
    private final Peer peer;
    private final Limits limits;
    private final RequestDispatcher dispatcher;
    private final Admittance admittance;
    /** Ends the connection, with a farewell. */
    private final Runnable disconnect;

    private final Semaphore slots = new Semaphore(Limits.REQUESTS_UNDER_WAY);
    private final Phaser underWay = new Phaser(1);
    /** When the body of a frame was begun, or 0. */
    private volatile long waitingSince;
    /** Memory reserved for the frame that is being read. */
    private int reserved;

    RequestLoop(RequestContext context, RequestDispatcher dispatcher, Runnable disconnect) {
        this.context = context;
        this.peer = context.peer();
        this.limits = context.limits();
        this.dispatcher = dispatcher;
        this.admittance = new Admittance(context.services().control(), peer);
        this.disconnect = disconnect;
    }

    /** Whether the body of a frame takes longer to arrive than it may. */
    boolean stuck() {
        long since = waitingSince;
        return since != 0 && System.nanoTime() - since > limits.deadlines.body().toNanos();
    }

    /** Returns when the client has ended the connection or sent a malformed frame; requests may be under way then. */
    void run(InputStream in) throws IOException {
        for (Frames.Frame frame = next(in); frame != null; frame = next(in)) {
            start(frame, reserved);
        }
    }

    /** Waits for the requests under way. Called once, after {@link #run}. */
    void drain() {
        underWay.arriveAndDeregister();
        underWay.awaitAdvance(0);
    }

    private Frames.@Nullable Frame next(InputStream in) throws IOException {
        reserved = 0;
        try {
            return Frames.readInPlace(in, this::admit);
        } catch (FormatException e) {
            release(reserved);
            refuse(Failures.brief(String.valueOf(e.getMessage())));
            return null;
        } catch (SocketTimeoutException e) {
            release(reserved);
            throw new IOException("silent for too long", e);
        } catch (IOException | RuntimeException | Error e) {
            release(reserved);
            throw e;
        } finally {
            waitingSince = 0;
        }
    }

    /** Reserves memory for a frame; waits for it. */
    private void admit(int bytes) throws IOException {
        if (peer.stranger() && bytes > MAX_STRANGER_BYTES) {
            throw FormatException.corrupt("a frame of " + bytes + " bytes from a client without a certificate");
        }
        // Meanwhile the peer's requests wait on its own side.
        Polling.until(() -> !limits.refusals.exhausted(peer.source()));
        Polling.until(() -> bytes >= Limits.SMALL_REQUEST_BYTES || limits.smallRequests.take(peer.source()));
        try {
            limits.ingest.acquire(peer.account(), bytes);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
        reserved = bytes;
        waitingSince = System.nanoTime() | 1;
    }

    private void release(int bytes) {
        if (bytes > 0) {
            limits.ingest.release(peer.account(), bytes);
        }
    }

    private void refuse(String text) throws IOException {
        if (context.audit().refused(peer.audited(), peer.label(), "protocol", "", "refused: malformed: " + text)) {
            LOG.log(System.Logger.Level.WARNING, peer.label() + " sent a malformed frame: " + text);
        }
        context.out().send(0, Failures.of(ErrorCode.MALFORMED, text), disconnect);
    }

    private void start(Frames.Frame frame, int bytes) throws IOException {
        slots.acquireUninterruptibly();
        underWay.register();
        boolean started = false;
        try {
            context.out().awaitRoom();
            Thread.ofVirtual().name("request").start(() -> {
                try {
                    answer(frame);
                } finally {
                    over(frame, bytes);
                }
            });
            started = true;
        } finally {
            if (!started) {
                over(frame, bytes);
            }
        }
    }

    /** Ends a request, answered or not: nobody uses what came with it any more. */
    private void over(Frames.Frame frame, int bytes) {
        try {
            frame.release();
            release(bytes);
        } finally {
            slots.release();
            underWay.arriveAndDeregister();
        }
    }

    private void answer(Frames.Frame frame) {
        int node = peer.account();
        int bytes = RequestDispatcher.answerBytes(frame.message());
        try {
            limits.answers.acquire(node, bytes);
        } catch (InterruptedException e) {
            return;
        }
        try (Reply reply = new Reply(context.out(), frame.request(), () -> limits.answers.release(node, bytes))) {
            try {
                if (admittance.admits()) {
                    dispatcher.handle(reply, frame.message());
                } else {
                    context.audit()
                            .refused(peer.audited(), peer.label(), "request", "", "refused: certificate revoked");
                    reply.last(new Message.Failure(ErrorCode.REVOKED, Admittance.REVOKED), disconnect);
                }
            } catch (IOException e) {
                reply.last(failure(e));
            } catch (RuntimeException | Error e) {
                if (limits.warnings.take(node)) {
                    LOG.log(System.Logger.Level.ERROR, "a request of " + peer.label() + " failed", e);
                }
                reply.last(Failures.of(
                        ErrorCode.INTERNAL, "the appliance failed, which is an error in it; its log says more"));
            }
        }
    }

    private Message.Failure failure(IOException e) {
        Message.Failure failure = Failures.of(e);
        if (Failures.blamesClient(failure.code())) {
            limits.refusals.take(peer.source());
        }
        boolean own = failure.code() == ErrorCode.INTERNAL || failure.code() == ErrorCode.STORAGE_FAILED;
        if (own && limits.warnings.take(peer.account())) {
            LOG.log(System.Logger.Level.WARNING, "a request of " + peer.label() + " failed", e);
        }
        return failure;
    }
}
