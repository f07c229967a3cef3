package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Receives the data of writes in pieces, each of which a virtual thread writes while the next one is received. One thread
 * receives.
 */
final class WriteCommand {
    private final NbdExport export;
    private final Replies replies;
    private final Pieces.Share share;
    private final Intake in;
    private final Stopwatch receiving;
    private final FailureLog log;

    /** @param receiving is begun again for each piece, and stopped while the server itself is slow */
    WriteCommand(
            NbdExport export, Replies replies, Pieces.Share share, Intake in, Stopwatch receiving, FailureLog log) {
        this.export = export;
        this.replies = replies;
        this.share = share;
        this.in = in;
        this.receiving = receiving;
        this.log = log;
    }

    /** Receives the data of a write that {@link Request#refusal} allows, and sees to its reply. */
    void receive(Request request) throws IOException {
        Parts parts = new Parts(request);
        boolean received = false;
        try {
            long at = request.offset();
            while (at < request.end()) {
                at += receive(parts, at, Pieces.partAt(at, request.end() - at));
            }
            received = true;
        } finally {
            parts.received(received);
        }
    }

    private int receive(Parts parts, long offset, int length) throws IOException {
        receiving.end();
        Pieces.Piece piece = share.take();
        receiving.begin();
        boolean full = false;
        try {
            in.fill(piece.data(length));
            full = true;
        } finally {
            if (!full) {
                share.giveBack(piece);
            }
        }
        parts.begin();
        Thread.ofVirtual().name("nbd-write").start(() -> parts.write(piece, offset, length));
        return length;
    }

    /** The parts of one write, of which the last one to end sees to the reply. */
    private final class Parts {
        private final Request request;
        /** Parts that have not ended; the reader counts as one. */
        private final AtomicInteger open = new AtomicInteger(1);

        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Parts(Request request) {
            this.request = request;
        }

        void begin() {
            open.incrementAndGet();
        }

        void write(Pieces.Piece piece, long offset, int length) {
            try {
                if (failure.get() == null) {
                    export.write(offset, piece.data(length));
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            } finally {
                share.giveBack(piece);
                end();
            }
        }

        /** @param all whether all data has come; if not, the connection is ending, and the reply is dropped */
        void received(boolean all) {
            if (!all) {
                failure.compareAndSet(null, new NbdException(NbdError.INVALID, "the data of the write did not come"));
            }
            end();
        }

        private void end() {
            if (open.decrementAndGet() > 0) {
                return;
            }
            try {
                if (failure.get() == null && request.has(Numbers.FUA)) {
                    export.flush();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
            Throwable failed = failure.get();
            if (failed == null) {
                replies.done(request);
            } else {
                Failure told = log.failed(request, failed);
                replies.error(request, told.error(), told.message());
            }
        }
    }
}
