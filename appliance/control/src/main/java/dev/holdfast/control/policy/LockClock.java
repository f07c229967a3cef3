package dev.holdfast.control.policy;

import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * The clock that locks go by. It counts what a steady clock measures while the appliance runs, so that setting the wall
 * clock shortens no lock, neither forwards nor back; over a time in which the appliance was off it can only believe the wall
 * clock, and never goes back. Safe for use by several threads.
 */
public final class LockClock {
    private final LongSupplier wall;
    private final LongSupplier steadyNanos;
    private final Memory memory;
    private final long began;
    private final long steadyBegan;

    /** Where it remembers how late it was, and what the wall clock showed then. */
    public interface Memory {
        /** {@code {clock, wall}} in ms, or empty. */
        long[] read() throws IOException;

        void write(long clock, long wall) throws IOException;
    }

    public LockClock(LongSupplier wall, LongSupplier steadyNanos, Memory memory) throws IOException {
        this.wall = wall;
        this.steadyNanos = steadyNanos;
        this.memory = memory;
        this.steadyBegan = steadyNanos.getAsLong();
        long[] last = memory.read();
        long now = wall.getAsLong();
        this.began = last.length == 0 ? now : last[0] + Math.max(0, now - last[1]);
        remember();
    }

    /** ms since 1970, or later where the wall clock was set back. */
    public long now() {
        return began + (steadyNanos.getAsLong() - steadyBegan) / 1_000_000;
    }

    /** To be called every minute or so: what was not remembered is believed from the wall clock. */
    public void remember() throws IOException {
        memory.write(now(), wall.getAsLong());
    }
}
