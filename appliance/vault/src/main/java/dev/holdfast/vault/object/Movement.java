package dev.holdfast.vault.object;

import java.util.concurrent.atomic.AtomicLong;

/** What moves between this machine and a store, in both directions. Safe for use by several threads. */
public final class Movement {
    private final AtomicLong bytes = new AtomicLong();
    private volatile long last = System.nanoTime();

    public void moved(long count) {
        bytes.addAndGet(count);
        last = System.nanoTime();
    }

    /** Bytes so far. */
    public long bytes() {
        return bytes.get();
    }

    /** Seconds since the last byte moved. */
    public long quietSeconds() {
        return (System.nanoTime() - last) / 1_000_000_000L;
    }

    /** Starts to count quiet time: before this there was nothing to move. */
    public void begin() {
        last = System.nanoTime();
    }
}
