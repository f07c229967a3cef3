package dev.holdfast.control.fair;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Platform threads of low priority for work that users ask for, apart from the threads that serve nodes, and dealt by a {@link
 * FairQueue}. Work is never interrupted, since that would close files that others read: it bounds itself. Safe for use by
 * several threads.
 */
public final class Workers implements AutoCloseable {
    private final FairQueue queue;
    private final ExecutorService threads;

    /** @param limits one permit is a thread */
    public Workers(Phrase what, FairQueue.Limits limits) {
        queue = new FairQueue(what, limits);
        threads = Executors.newFixedThreadPool(
                limits.permits(),
                Thread.ofPlatform()
                        .daemon()
                        .priority(Thread.MIN_PRIORITY)
                        .name("api-" + what.english().replace(' ', '-') + "-", 0)
                        .factory());
    }

    /** A thread that is kept for one piece of work. Closed without having run any, it goes to the next who waits. */
    public final class Seat implements AutoCloseable {
        private final FairQueue.Turn turn;
        private boolean used;

        private Seat(FairQueue.Turn turn) {
            this.turn = turn;
        }

        /** Waits for the work, once, and frees the thread when it ends; what the work throws is thrown here. */
        public <T> T run(Callable<T> work) throws IOException {
            Future<T> result = threads.submit(() -> {
                try (turn) {
                    return work.call();
                }
            });
            used = true;
            try {
                return result.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException io -> throw io;
                    case RuntimeException runtime -> throw runtime;
                    case Error error -> throw error;
                    case null, default -> throw new IOException("failed: " + e.getMessage(), e);
                }
            }
        }

        @Override
        public void close() {
            if (!used) {
                turn.close();
            }
        }
    }

    /** Waits for a thread, as {@link FairQueue#take(String)} does. */
    public Seat take(String key) throws IOException {
        return new Seat(queue.take(key));
    }

    /** Waits for a thread and for the work; what the work throws is thrown here. */
    public <T> T run(String key, Callable<T> work) throws IOException {
        try (Seat seat = take(key)) {
            return seat.run(work);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
