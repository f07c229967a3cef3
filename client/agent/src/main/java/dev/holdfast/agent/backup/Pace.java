package dev.holdfast.agent.backup;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/**
 * How fast bytes may pass, and whether at all: a rate, kept over a fifth of a second, and a gate that can be shut.
 * Safe for use by several threads.
 */
public final class Pace {
    /** What may pass at once after a rest. */
    private static final long BURST_NANOS = 200_000_000;

    private final long bytesPerSecond;
    private boolean shut;
    /** When what has passed is paid for. */
    private long paidAt = System.nanoTime();

    /** @param bytesPerSecond 0 for no limit */
    public Pace(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    public static Pace unlimited() {
        return new Pace(0);
    }

    public synchronized void shut(boolean now) {
        shut = now;
        notifyAll();
    }

    /** Waits until the gate is open and the bytes before these are paid for. */
    public synchronized void pass(long bytes) throws InterruptedIOException {
        try {
            while (shut) {
                wait();
            }
            if (bytesPerSecond <= 0) {
                return;
            }
            long now = System.nanoTime();
            paidAt = Math.max(paidAt, now - BURST_NANOS) + (long) (bytes * 1e9 / bytesPerSecond);
            for (long left = paidAt - now; left > 0; left = paidAt - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            while (shut) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
