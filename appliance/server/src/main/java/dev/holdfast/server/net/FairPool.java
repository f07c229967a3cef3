package dev.holdfast.server.net;

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
 * from a vault) never occupies all of them. How much can wait is bounded by the requests under way. Safe for use by several
 * threads.
 */
final class FairPool implements AutoCloseable {
    private final int perNode;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    /** In the order of their turns. */
    private final Map<Integer, Lane> lanes = new LinkedHashMap<>();

    private final List<Thread> threads = new ArrayList<>();
    private boolean stopping;

    private static final class Lane {
        final ArrayDeque<FutureTask<?>> waiting = new ArrayDeque<>();
        int running;
    }

    private record Taken(int node, FutureTask<?> task) {}

    /** @param perNode how many threads one node can use; there is one more */
    FairPool(String name, int perNode) {
        this.perNode = perNode;
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
            next.task.run();
            done(next.node);
        }
    }

    private @Nullable Taken take() {
        lock.lock();
        try {
            while (true) {
                Taken next = next();
                if (next != null || stopping && lanes.isEmpty()) {
                    return next;
                }
                work.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
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

    private void done(int node) {
        lock.lock();
        try {
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
