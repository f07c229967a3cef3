package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The transmission phase of a server: one thread reads requests, and each is carried out in a virtual thread of its own. At most
 * {@link NbdServerSettings#requests} are at work or wait for their replies to be read; the next one then stays in the socket.
 */
final class Transmission {
    private final Handshake.Agreed agreed;
    private final NbdExport export;
    private final Line line;
    private final int requests;
    private final Semaphore slots;
    private final ReplyQueue queue;
    private final Replies replies;
    private final ReadCommand reads;
    private final WriteCommand writes;
    private final SmallCommands others;
    private final FailureLog log;
    private final Stopwatch receiving;
    private volatile boolean stopping;

    /** @param receiving goes on while a request has come in part */
    Transmission(Handshake.Agreed agreed, Line line, NbdServerSettings settings, Pieces pieces, Stopwatch receiving) {
        this.agreed = agreed;
        this.export = agreed.export();
        this.line = line;
        this.requests = settings.requests();
        this.slots = new Semaphore(requests, true);
        this.receiving = receiving;
        this.queue = new ReplyQueue(line.transport(), line);
        this.replies = new Replies(queue, agreed.structured(), slots);
        this.log = new FailureLog(agreed.name());
        int half = settings.bytesInFlight() / 2;
        this.reads = new ReadCommand(export, agreed.structured(), replies, queue, pieces.share(half), slots::release);
        this.writes = new WriteCommand(export, replies, pieces.share(half), line.in(), receiving, log);
        this.others = new SmallCommands(export, replies);
    }

    /** Whether the client has not read what was written for too long. */
    boolean stalled(Duration limit) {
        return queue.stalled(limit);
    }

    /** Serves until the client ends, or the connection does. When this ends, no request is at work any more. */
    void run() throws IOException {
        try {
            while (line.in().more()) {
                receiving.begin();
                boolean goesOn = next();
                receiving.end();
                if (!goesOn) {
                    return;
                }
            }
        } catch (Throwable e) {
            // Replies that wait to be read would keep their requests.
            line.close();
            throw e;
        } finally {
            receiving.end();
            slots.acquireUninterruptibly(requests);
            slots.release(requests);
        }
    }

    /** Lets requests end that are at work, and refuses new ones. */
    void stop() {
        stopping = true;
        slots.acquireUninterruptibly(requests);
        slots.release(requests);
    }

    private boolean next() throws IOException {
        Intake in = line.in();
        int magic = in.i32();
        if (magic != Numbers.REQUEST_MAGIC) {
            throw new ProtocolViolation("a request begins with 0x" + Integer.toHexString(magic));
        }
        Request request = new Request(in.u16(), in.u16(), in.u64(), in.u64(), in.u32());
        if (request.type() == Numbers.CMD_DISC) {
            return false;
        }
        boolean write = request.type() == Numbers.CMD_WRITE;
        if (write && request.length() > NbdBlockSizes.DEFAULT_PAYLOAD) {
            throw new ProtocolViolation("a write has " + request.length() + " bytes");
        }
        receiving.end();
        slots.acquireUninterruptibly();
        receiving.begin();
        Request.Refusal refusal = refusal(request);
        if (refusal != null) {
            boolean skipped = false;
            try {
                in.skip(write ? request.length() : 0);
                skipped = true;
            } finally {
                if (!skipped) {
                    slots.release();
                }
            }
            replies.error(request, refusal.error(), refusal.message());
        } else if (write) {
            writes.receive(request);
        } else {
            Thread.ofVirtual().name("nbd-request").start(() -> carryOut(request));
        }
        return true;
    }

    private Request.@Nullable Refusal refusal(Request request) {
        return stopping
                ? new Request.Refusal(NbdError.SHUTDOWN, "the server is ending")
                : request.refusal(export, agreed);
    }

    private void carryOut(Request request) {
        try {
            if (request.type() == Numbers.CMD_READ) {
                reads.run(request);
            } else {
                others.run(request);
            }
        } catch (Throwable e) {
            Failure told = log.failed(request, e);
            replies.error(request, told.error(), told.message());
        }
    }
}
