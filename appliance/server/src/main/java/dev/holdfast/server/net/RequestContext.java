package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.protocol.wire.Frames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * What the handlers of one connection share: the peer, the services, and the shared threads and memory that its requests use.
 * Requests run on virtual threads; work for the processor, the disk or the control database runs on the platform threads of a
 * {@link FairPool} while they wait. Safe for use by several threads.
 */
final class RequestContext {
    private static final System.Logger LOG = System.getLogger(RequestContext.class.getName());

    private final Peer peer;
    private final Services services;
    private final Limits limits;
    private final AuditLimiter audit;
    private final ResponseWriter out;
    private volatile int version = Frames.VERSION;
    private volatile String software = "";

    RequestContext(Peer peer, Services services, Limits limits, AuditLimiter audit, ResponseWriter out) {
        this.peer = peer;
        this.services = services;
        this.limits = limits;
        this.audit = audit;
        this.out = out;
    }

    Peer peer() {
        return peer;
    }

    Services services() {
        return services;
    }

    Limits limits() {
        return limits;
    }

    AuditLimiter audit() {
        return audit;
    }

    ResponseWriter out() {
        return out;
    }

    /** The version of the protocol that both sides know. */
    int version() {
        return version;
    }

    /** What the client says that it is, such as {@code holdfast/1.0}. */
    String software() {
        return software;
    }

    /** Called once, before the first request. */
    void agreeOn(int newestOfBoth, String clientSoftware) {
        version = newestOfBoth;
        software = clientSoftware;
    }

    /** Work that ends in the control database. */
    interface Recording {
        void run() throws IOException;
    }

    /** Runs work on a thread of the pool when this node's turn comes, and waits for it. */
    <T> T run(FairPool pool, Callable<T> work) throws IOException {
        return await(submit(pool, work));
    }

    <T> Future<T> submit(FairPool pool, Callable<T> work) {
        return pool.submit(peer.account(), work);
    }

    /** Writes to the control database when this node's turn comes. */
    void record(Recording recording) throws IOException {
        record(limits.control, recording);
    }

    void record(FairPool pool, Recording recording) throws IOException {
        Future<Boolean> done;
        try {
            done = submit(pool, () -> {
                recording.run();
                return true;
            });
        } catch (RejectedExecutionException e) {
            // The appliance stops; no other node waits for this thread.
            recording.run();
            return;
        }
        await(done);
    }

    /** Writes a refusal to the audit log. */
    void recordRefusal(String action, String object, String result) throws IOException {
        record(() -> audit.refused(peer.audited(), peer.label(), action, object, result));
    }

    /** Reserves memory for chunks or a part of a list; waits for it. */
    void reserveRestore(long bytes) throws IOException {
        try {
            limits.restore.acquire(peer.account(), bytes);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    void releaseRestore(long bytes) {
        limits.restore.release(peer.account(), bytes);
    }

    static <T> T await(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default -> throw new IOException(e);
            }
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Waits until all of this work has ended, however it did: its memory is released after that. */
    static void settle(List<? extends Future<?>> work) {
        boolean interrupted = false;
        for (Future<?> each : work) {
            while (!each.isDone()) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    LOG.log(System.Logger.Level.DEBUG, "work beside another that failed has failed as well", e);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
