package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A request of a client that waits for its reply. The thread that reads replies gives it their parts and completes it; any thread
 * may wait for it.
 */
abstract sealed class Pending {
    private final Request request;
    private final Stopwatch age = new Stopwatch();
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile @Nullable IOException failure;
    /** The first error of a structured reply, whose end has not come yet. */
    private @Nullable NbdException error;

    private Pending(Request request) {
        this.request = request;
        age.begin();
    }

    final Request request() {
        return request;
    }

    final Stopwatch age() {
        return age;
    }

    final void note(NbdException told) {
        if (error == null) {
            error = told;
        }
    }

    /** Ends it well, unless an error was noted. */
    final void complete() throws ProtocolViolation {
        if (error == null) {
            mustBeComplete();
        }
        end(error);
    }

    /** Ends it. */
    final void end(@Nullable IOException why) {
        failure = why;
        done.countDown();
    }

    final boolean ended() {
        return done.getCount() == 0;
    }

    /** Waits without heed of interrupts. */
    final void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    final void await() throws InterruptedException {
        done.await();
    }

    final @Nullable IOException failure() {
        return failure;
    }

    /** Fails where a reply that says success has left something out. */
    abstract void mustBeComplete() throws ProtocolViolation;

    /** Takes data of a read from the connection. */
    void data(Intake in, long offset, int length, Runnable progress) throws IOException {
        throw new ProtocolViolation("it sent data for a request that reads none");
    }

    /** Zeros of a read. */
    void hole(long offset, int length) throws IOException {
        throw new ProtocolViolation("it sent a hole for a request that reads none");
    }

    /** What a context says. */
    void status(String context, List<NbdExtent> extents) throws IOException {
        throw new ProtocolViolation("it sent a status for a request that asks for none");
    }

    /** A request without data in its reply. */
    static final class Plain extends Pending {
        Plain(Request request) {
            super(request);
        }

        @Override
        void mustBeComplete() {}
    }

    /** A read into a buffer, which belongs to it until it ends. */
    static final class Read extends Pending {
        /** Between two signs of progress. */
        private static final int STEP = 256 << 10;

        private final ByteBuffer target;
        private final Coverage coverage;

        Read(Request request, ByteBuffer target) {
            super(request);
            this.target = target;
            this.coverage = new Coverage(request.offset(), request.length());
        }

        private ByteBuffer part(long offset, int length) throws ProtocolViolation {
            coverage.add(offset, length);
            return target.slice((int) (offset - request().offset()), length);
        }

        @Override
        void data(Intake in, long offset, int length, Runnable progress) throws IOException {
            ByteBuffer part = part(offset, length);
            for (int at = 0; at < length; at += STEP) {
                in.fill(part.slice(at, Math.min(STEP, length - at)));
                progress.run();
            }
        }

        @Override
        void hole(long offset, int length) throws IOException {
            ByteBuffer part = part(offset, length);
            while (part.remaining() >= Long.BYTES) {
                part.putLong(0);
            }
            while (part.hasRemaining()) {
                part.put((byte) 0);
            }
        }

        @Override
        void mustBeComplete() throws ProtocolViolation {
            if (!coverage.complete()) {
                throw new ProtocolViolation("a reply to a read leaves out some of its "
                        + request().length() + " bytes at offset " + request().offset());
            }
        }
    }

    /** A request for what contexts say. */
    static final class Status extends Pending {
        private final int contexts;
        private final Map<String, List<NbdExtent>> extents = new HashMap<>();

        /** @param contexts number of those that were selected */
        Status(Request request, int contexts) {
            super(request);
            this.contexts = contexts;
        }

        @Override
        void status(String context, List<NbdExtent> said) throws IOException {
            if (extents.putIfAbsent(context, new ArrayList<>(said)) != null) {
                throw new ProtocolViolation("it sent what context " + context + " says twice");
            }
        }

        @Override
        void mustBeComplete() throws ProtocolViolation {
            if (extents.size() != contexts) {
                throw new ProtocolViolation("it said what " + extents.size() + " of " + contexts + " contexts say");
            }
        }

        /** By context; after it has ended well. */
        Map<String, List<NbdExtent>> extents() {
            return extents;
        }
    }
}
