package dev.holdfast.server.vault;

import java.time.Duration;

/** A time that passes again and again. Used by one thread. */
final class Interval {
    private final long nanos;
    private long began;

    private Interval(Duration length, long began) {
        this.nanos = length.toNanos();
        this.began = began;
    }

    /** One that has passed already. */
    static Interval passed(Duration length) {
        return new Interval(length, System.nanoTime() - length.toNanos());
    }

    /** One that begins now. */
    static Interval begun(Duration length) {
        return new Interval(length, System.nanoTime());
    }

    boolean passed() {
        return System.nanoTime() - began >= nanos;
    }

    void restart() {
        began = System.nanoTime();
    }
}
