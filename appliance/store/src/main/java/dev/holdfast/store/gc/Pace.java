package dev.holdfast.store.gc;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Slows background work down: while others are at work it rests three times as long as it works. Used by one thread. */
public final class Pace {
    private static final int REST = 3;
    private static final long LONGEST_REST_NANOS = 2_000_000_000L;

    private final BooleanSupplier othersAtWork;
    private final BooleanSupplier stopping;

    public Pace(BooleanSupplier othersAtWork, BooleanSupplier stopping) {
        this.othersAtWork = othersAtWork;
        this.stopping = stopping;
    }

    /** A small piece of work. */
    public interface Piece {
        void run() throws IOException;
    }

    /** @throws CancellationException where it is time to stop */
    public void work(Piece piece) throws IOException {
        if (stopping.getAsBoolean()) {
            throw new CancellationException("stopped");
        }
        long began = System.nanoTime();
        piece.run();
        if (othersAtWork.getAsBoolean()) {
            long rest = Math.min(LONGEST_REST_NANOS, REST * (System.nanoTime() - began));
            try {
                Thread.sleep(rest / 1_000_000, (int) (rest % 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }
}
