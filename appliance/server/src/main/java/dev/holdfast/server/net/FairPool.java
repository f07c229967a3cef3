package dev.holdfast.server.net;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads that nodes share fairly: the next piece of work is that of the node that has the fewest running, nodes
 * with equally many in turn. One thread more than a single node may use, so that work which takes long (a container read
 * from a vault) never occupies all of them. How much can wait is bounded by the requests under way. A pool may be limited to
 * so much processor time: work that waits for a disk runs on all threads then, and work that keeps processors busy leaves
 * the rest of them to other pools. Safe for use by several threads.
 */
final class FairPool implements AutoCloseable {
    /** Processor time that is left unused is kept for so long. */
    private static final double SAVED_SECONDS = 0.1;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final int perNode;
    /** Processors that may be kept busy on average; 0 for any number. */
    private final double processors;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    /** In the order of their turns. */
    private final Map<Integer, Lane> lanes = new LinkedHashMap<>();

    private final List<Thread> threads = new ArrayList<>();
    private boolean stopping;
    /** Processor time that may be spent at {@link #refilledAt}, in nanoseconds; below 0 where too much was spent. */
    private double allowance;

    private long refilledAt = System.nanoTime();

    private static final class Lane {
        final ArrayDeque<FutureTask<?>> waiting = new ArrayDeque<>();
        int running;
    }

    private record Taken(int node, FutureTask<?> task) {}

    /** @param perNode how many threads one node can use; there is one more */
    FairPool(String name, int perNode) {
        this(name, perNode, 0);
    }

    /**
     * As {@link #FairPool(String, int)}, with a limit on processor time.
     *
     * @param processors how many the work keeps busy at most, on average
     */
    FairPool(String name, int perNode, double processors) {
        this.perNode = perNode;
        this.processors = processors;
        for (int i = 0; i <= perNode; i++) {
            threads.add(Thread.ofPlatform().name(name + "-" + i).start(this::run));
        }
    }

    <T> Future<T> submit(int node, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        lock.lock();
        try {
            if (stopping) {
                throw new RejectedExecutionException("the appliance is stopping");
            }
            lanes.computeIfAbsent(node, key -> new Lane()).waiting.add(task);
            this.work.signal();
        } finally {
            lock.unlock();
        }
        return task;
    }

    private void run() {
        for (Taken next = take(); next != null; next = take()) {
            long before = processors > 0 ? THREADS.getCurrentThreadCpuTime() : 0;
            next.task.run();
            done(next.node, processors > 0 ? THREADS.getCurrentThreadCpuTime() - before : 0);
        }
    }

    private @Nullable Taken take() {
        lock.lock();
        try {
            while (true) {
                long pause = stopping ? 0 : overspent();
                Taken next = pause > 0 ? null : next();
                if (next != null || stopping && lanes.isEmpty()) {
                    return next;
                }
                if (pause > 0) {
                    work.awaitNanos(pause);
                } else {
                    work.awaitUninterruptibly();
                }
            }
        } catch (InterruptedException e) {
            // Only at the end, when nothing waits for this work.
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** How long it takes, in nanoseconds, until the processor time that was spent too much is made up for. */
    private long overspent() {
        if (processors == 0) {
            return 0;
        }
        long now = System.nanoTime();
        allowance = Math.min(SAVED_SECONDS * 1e9 * processors, allowance + (now - refilledAt) * processors);
        refilledAt = now;
        return allowance >= 0 ? 0 : (long) Math.ceil(-allowance / processors);
    }

    private @Nullable Taken next() {
        int fewest = perNode;
        int node = 0;
        Lane best = null;
        for (Map.Entry<Integer, Lane> each : lanes.entrySet()) {
            Lane lane = each.getValue();
            if (lane.running < fewest && !lane.waiting.isEmpty()) {
                fewest = lane.running;
                node = each.getKey();
                best = lane;
            }
        }
        if (best == null) {
            return null;
        }
        best.running++;
        lanes.remove(node);
        lanes.put(node, best);
        return new Taken(node, best.waiting.remove());
    }

    private void done(int node, long spent) {
        lock.lock();
        try {
            allowance -= spent;
            Lane lane = lanes.get(node);
            if (lane != null && --lane.running == 0 && lane.waiting.isEmpty()) {
                lanes.remove(node);
            }
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Work that waits or runs. */
    int size() {
        lock.lock();
        try {
            return lanes.values().stream()
                    .mapToInt(lane -> lane.running + lane.waiting.size())
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more work. */
    void shutdown() {
        lock.lock();
        try {
            stopping = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Lets what was submitted end until a moment of {@link System#nanoTime()}, then interrupts it. */
    void awaitEnd(long deadline) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join(java.time.Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        }
        threads.forEach(Thread::interrupt);
    }

    @Override
    public void close() {
        shutdown();
    }
}
