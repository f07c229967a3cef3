package dev.holdfast.protocol.nbd;

import java.time.Duration;

/** How long one thing has been going on. Begun and ended by one thread, read by others. */
final class Stopwatch {
    private static final long IDLE = 0;

    /** In ns; odd, so that it is never {@link #IDLE}. */
    private volatile long since = IDLE;

    void begin() {
        since = System.nanoTime() | 1;
    }

    void end() {
        since = IDLE;
    }

    boolean longerThan(Duration limit) {
        long begun = since;
        return begun != IDLE && System.nanoTime() - begun > limit.toNanos();
    }
}
