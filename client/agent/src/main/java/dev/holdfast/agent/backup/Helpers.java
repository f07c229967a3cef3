package dev.holdfast.agent.backup;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Threads that help the reader of a large file, and memory for what they read ahead: two blocks for each thread, in all. Safe for
 * use by several threads.
 */
final class Helpers implements AutoCloseable {
    private static final int BLOCKS_PER_THREAD = 2;

    private final ExecutorService threads;
    private final Semaphore blocks;
    private final BlockingQueue<byte[]> idle;

    Helpers(int threads) {
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("content-", 0).daemon().factory());
        this.blocks = new Semaphore(threads * BLOCKS_PER_THREAD);
        this.idle = new ArrayBlockingQueue<>(threads * BLOCKS_PER_THREAD);
    }

    /** Runs a task as soon as a thread is free; does not run it if this is closed. */
    void run(FutureTask<?> task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            // The thread that needs the result runs the task itself.
        }
    }

    /** Returns memory for one block, or null if all blocks are in use. The caller returns it with {@link #giveBack}. */
    byte @Nullable [] tryTake() {
        if (!blocks.tryAcquire()) {
            return null;
        }
        byte[] array = idle.poll();
        return array == null ? new byte[SegmentReader.ARRAY_BYTES] : array;
    }

    void giveBack(byte[] array) {
        idle.add(array);
        blocks.release();
    }

    /** Interrupts the threads and waits for none of them. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
