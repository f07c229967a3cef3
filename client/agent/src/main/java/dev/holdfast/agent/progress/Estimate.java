package dev.holdfast.agent.progress;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes an operation has to do in all, as far as that is known: a guess at first, and what a count beside the
 * operation found once that is over. Safe for use by several threads.
 */
public final class Estimate implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Estimate.class.getName());

    private volatile long expected;
    private volatile boolean counted;
    private volatile @Nullable Thread counter;

    /** Finds out how much there is to do. */
    public interface Count {
        /** Returns bytes. An interrupt ends it with an exception. */
        long bytes() throws IOException;
    }

    /** Bytes in all, 0 where that is unknown. */
    public long expected() {
        return expected;
    }

    /** Guesses, until it is counted. */
    public synchronized void guess(long bytes) {
        if (!counted) {
            expected = bytes;
        }
    }

    private synchronized void found(long bytes) {
        counted = true;
        expected = bytes;
    }

    /** Counts on a thread of its own. A count that fails changes nothing: the operation itself reports what is wrong. */
    public void count(Count count) {
        counter = Thread.ofPlatform().daemon().name("estimate").start(() -> {
            try {
                found(count.bytes());
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, "how much there is to do is not known", e);
            }
        });
    }

    /** Waits for the end of the count; for tests. */
    void awaitCount() throws InterruptedException {
        Thread counting = counter;
        if (counting != null) {
            counting.join();
        }
    }

    /** Ends a count that nobody needs any more. */
    @Override
    public void close() {
        Thread counting = counter;
        if (counting != null) {
            counting.interrupt();
        }
    }
}
