package dev.holdfast.vault.remote;

import java.time.Duration;

/** Counts the uses of something that is closed after the last one. Safe for use by several threads. */
public final class Uses {
    private int now;
    private boolean over;

    /** Begins a use, whose end must be told; returns false, and begins none, after {@link #close}. */
    public synchronized boolean begin() {
        if (over) {
            return false;
        }
        now++;
        return true;
    }

    /** A use that {@link #begin} began is over. */
    public synchronized void end() {
        now--;
        notifyAll();
    }

    /** From now on no use begins. */
    public synchronized void close() {
        over = true;
    }

    /** Waits until all uses are over; returns false where some are not after this time. */
    public synchronized boolean ended(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (now > 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            // Rounded up, since 0 would wait for ever.
            wait(left / 1_000_000 + 1);
        }
        return true;
    }
}
