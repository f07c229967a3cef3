package dev.holdfast.agent.backup;

import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.Packed;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Memory for chunks under way: bounded by a budget that takers wait for, and used again rather than left to the
 * collector, which would otherwise copy every chunk once or twice on its way. Safe for use by several threads.
 */
final class ChunkBuffers {
    /** Permits count this many bytes. */
    private static final int UNIT_BYTES = 1024;

    /** Arrays are of so many bytes times 4 to 7, times a power of two: at most a fifth of an array is not used. */
    private static final int SMALLEST_STEP_BYTES = 1 << 14;

    private static final int STEPS = 4;
    /** An idle array of one of so many larger classes is better than a new one. */
    private static final int LARGER_CLASSES = 3;

    private static final int LARGEST_CLASS = sizeClass(Packed.MAX_RAW_BYTES);

    private final Semaphore budget;
    private final int limit;
    private final int keepBytes;
    private final List<Deque<byte[]>> free = new ArrayList<>();
    private int freeBytes;
    private volatile @Nullable IOException failure;

    /** An array, at least as long as was asked for, and the share of the budget that it holds. */
    record Lease(byte[] array, boolean pooled, int permits) {}

    ChunkBuffers(long budgetBytes) {
        // Arrays kept for the next taker are memory too.
        this.keepBytes = (int) (budgetBytes / 3);
        this.limit = (int) ((budgetBytes - keepBytes) / UNIT_BYTES);
        this.budget = new Semaphore(limit);
        for (int size = 0; size <= LARGEST_CLASS; size++) {
            free.add(new ArrayDeque<>());
        }
    }

    private static int permits(int bytes) {
        return (bytes + UNIT_BYTES - 1) / UNIT_BYTES + 1;
    }

    /** The smallest class whose arrays have room for that many bytes. */
    private static int sizeClass(int bytes) {
        int least = Math.max(bytes, STEPS * SMALLEST_STEP_BYTES);
        // Of the bytes before the last, the highest bit and the two behind it.
        int doubling = 31 - Integer.numberOfLeadingZeros((least - 1) / (STEPS * SMALLEST_STEP_BYTES) | 1);
        int step = SMALLEST_STEP_BYTES << doubling;
        return doubling * STEPS + (least + step - 1) / step - STEPS;
    }

    private static int arrayBytes(int sizeClass) {
        return (STEPS + sizeClass % STEPS) * SMALLEST_STEP_BYTES << sizeClass / STEPS;
    }

    /** Waits until memory is free. Whoever takes gives back, or hands on. */
    Lease take(int bytes) throws IOException {
        int size = sizeClass(bytes);
        byte[] idle = idle(size);
        int length = idle == null ? arrayBytes(size) : idle.length;
        int permits = acquire(length);
        return new Lease(idle == null ? new byte[length] : idle, true, permits);
    }

    /** An array that the budget does not count yet, for {@link #exchange}. */
    byte[] array(int bytes) {
        int size = sizeClass(bytes);
        byte[] idle = idle(size);
        return idle == null ? new byte[arrayBytes(size)] : idle;
    }

    private byte @Nullable [] idle(int size) {
        synchronized (free) {
            for (int larger = size; larger <= Math.min(LARGEST_CLASS, size + LARGER_CLASSES); larger++) {
                byte[] array = free.get(larger).poll();
                if (array != null) {
                    freeBytes -= array.length;
                    return array;
                }
            }
            return null;
        }
    }

    /** Counts an array of the caller's against the budget. */
    Lease adopt(byte[] array) throws IOException {
        return new Lease(array, false, acquire(array.length));
    }

    private int acquire(int bytes) throws IOException {
        int permits = Math.min(permits(bytes), limit);
        try {
            budget.acquire(permits);
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
        IOException failed = failure;
        if (failed != null) {
            budget.release(permits);
            throw failed;
        }
        return permits;
    }

    void giveBack(Lease lease) {
        keep(lease);
        budget.release(lease.permits);
    }

    /** Gives an array back for one of {@link #array}, which holds the same share of the budget or less. */
    Lease exchange(Lease lease, byte[] array) {
        keep(lease);
        int held = Math.min(lease.permits, permits(array.length));
        budget.release(lease.permits - held);
        return new Lease(array, true, held);
    }

    private void keep(Lease lease) {
        if (lease.pooled) {
            assert Spares.poison(lease.array);
            synchronized (free) {
                if (freeBytes + lease.array.length <= keepBytes) {
                    free.get(sizeClass(lease.array.length)).push(lease.array);
                    freeBytes += lease.array.length;
                }
            }
        }
    }

    /** From now on nobody gets any. */
    void fail(IOException cause) {
        if (failure == null) {
            failure = cause;
        }
    }
}
