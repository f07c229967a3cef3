package dev.holdfast.control.fair;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Permits for something scarce (threads, bytes, password hashes), shared fairly by key: a user or an {@link AddressBlock}. Keys
 * take turns, whatever one of them asks for; those who wait are bounded for each key and in all. When all places to wait are
 * taken, the key with the most of them loses its newest. Safe for use by several threads.
 */
public final class FairQueue {
    /** So many turns of preferred keys are followed by one of the others, if any waits. */
    private static final int PREFERRED_IN_A_ROW = 7;

    private final Phrase what;
    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();

    // All below is guarded by the lock.

    private final Map<String, Integer> held = new HashMap<>();

    private final Map<String, Deque<Waiter>> preferred = new LinkedHashMap<>();

    private final Map<String, Deque<Waiter>> others = new LinkedHashMap<>();

    private int inUse;

    private int waiting;

    private int preferredInARow;

    /**
     * How much, and how many may wait for it.
     *
     * @param permits in all
     * @param permitsPerKey that one key holds at most
     * @param waiting calls that wait, in all
     * @param waitingPerKey of one key
     * @param patience how long a call waits at most
     */
    public record Limits(int permits, int permitsPerKey, int waiting, int waitingPerKey, Duration patience) {
        public Limits {
            if (permitsPerKey < 1 || permits < permitsPerKey) {
                throw new IllegalArgumentException("permits of " + permits + ", " + permitsPerKey + " for a key");
            }
        }
    }

    private static final class Waiter {
        private final int weight;
        private final Condition turn;
        private boolean granted;
        private boolean evicted;

        private Waiter(int weight, Condition turn) {
            this.weight = weight;
            this.turn = turn;
        }
    }

    /** Permits that are held until they are given back. */
    public final class Turn implements AutoCloseable {
        private final String key;
        private int weight;

        private Turn(String key, int weight) {
            this.key = key;
            this.weight = weight;
        }

        /** Gives back what was reserved and is not needed. */
        public void shrink(int left) {
            lock.lock();
            try {
                if (left < weight) {
                    giveBack(key, weight - left);
                    weight = left;
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            shrink(0);
        }
    }

    /** @param what is waited for, for messages: "searches" */
    public FairQueue(Phrase what, Limits limits) {
        this.what = what;
        this.limits = limits;
    }

    /** One permit, as {@link #take(String, int, boolean)} gives it. */
    public Turn take(String key) throws BusyException, InterruptedIOException {
        return take(key, 1, false);
    }

    /**
     * Waits for permits.
     *
     * @param weight how many, at most what a key may hold; nothing is waited for where it is 0
     * @param isPreferred whether it goes before those that are not
     * @throws BusyException where too many wait, or it takes too long
     */
    public Turn take(String key, int weight, boolean isPreferred) throws BusyException, InterruptedIOException {
        return take(key, weight, isPreferred, true);
    }

    /**
     * As {@link #take(String, int, boolean)}, for who holds permits of another queue meanwhile: where the key's own share is used up
     * it is refused at once, so that others do not wait for what one key holds twice.
     */
    public Turn takeBeside(String key, int weight) throws BusyException, InterruptedIOException {
        return take(key, weight, false, false);
    }

    private Turn take(String key, int weight, boolean isPreferred, boolean waitsForOwn)
            throws BusyException, InterruptedIOException {
        if (weight > limits.permitsPerKey) {
            throw new BusyException(Phrase.of("busy.too-much").with("what", what));
        }
        if (weight == 0) {
            return new Turn(key, 0);
        }
        lock.lock();
        try {
            Map<String, Deque<Waiter>> line = isPreferred ? preferred : others;
            if (!line.containsKey(key) && fits(key, weight) && waiting == 0) {
                hold(key, weight);
                return new Turn(key, weight);
            }
            if (!waitsForOwn && held.getOrDefault(key, 0) + weight > limits.permitsPerKey) {
                throw busy();
            }
            makeRoom(key, isPreferred);
            Waiter waiter = new Waiter(weight, lock.newCondition());
            line.computeIfAbsent(key, each -> new ArrayDeque<>()).add(waiter);
            waiting++;
            // Others may wait for what this one does not need.
            grant();
            await(key, waiter);
            if (waiter.granted) {
                return new Turn(key, weight);
            }
            if (!waiter.evicted) {
                leave(line, key, waiter);
            }
            throw busy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + what);
        } finally {
            lock.unlock();
        }
    }

    private void await(String key, Waiter waiter) throws InterruptedException {
        long left = limits.patience.toNanos();
        try {
            while (!waiter.granted && !waiter.evicted && left > 0) {
                left = waiter.turn.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            if (waiter.granted) {
                // Given while the interrupted thread waited for the lock.
                giveBack(key, waiter.weight);
            } else {
                waiter.evicted = true;
                removeEverywhere(waiter);
            }
            throw e;
        }
    }

    private BusyException busy() {
        return new BusyException(Phrase.of("busy.too-many").with("what", what));
    }

    private boolean fits(String key, int weight) {
        return inUse + weight <= limits.permits && held.getOrDefault(key, 0) + weight <= limits.permitsPerKey;
    }

    private void hold(String key, int weight) {
        inUse += weight;
        held.merge(key, weight, Integer::sum);
    }

    private void giveBack(String key, int weight) {
        inUse -= weight;
        held.merge(key, -weight, Integer::sum);
        held.remove(key, 0);
        grant();
    }

    /** Gives what is free to those whose turn it is. */
    private void grant() {
        boolean granted = true;
        while (granted && waiting > 0) {
            boolean othersFirst = preferredInARow >= PREFERRED_IN_A_ROW;
            granted = grantOne(!othersFirst) || grantOne(othersFirst);
        }
    }

    private boolean grantOne(boolean isPreferred) {
        Map<String, Deque<Waiter>> line = isPreferred ? preferred : others;
        for (Map.Entry<String, Deque<Waiter>> each : line.entrySet()) {
            String key = each.getKey();
            Deque<Waiter> queue = each.getValue();
            Waiter first = queue.getFirst();
            if (fits(key, first.weight)) {
                preferredInARow = isPreferred ? preferredInARow + 1 : 0;
                give(line, key, queue);
                return true;
            }
            if (held.getOrDefault(key, 0) + first.weight <= limits.permitsPerKey) {
                // It waits for permits that others hold: what comes behind must not take them for ever.
                return false;
            }
        }
        return false;
    }

    private void give(Map<String, Deque<Waiter>> line, String key, Deque<Waiter> queue) {
        Waiter first = queue.removeFirst();
        waiting--;
        line.remove(key);
        if (!queue.isEmpty()) {
            // Behind all other keys.
            line.put(key, queue);
        }
        hold(key, first.weight);
        first.granted = true;
        first.turn.signal();
    }

    private void makeRoom(String key, boolean isPreferred) throws BusyException {
        Deque<Waiter> own = (isPreferred ? preferred : others).get(key);
        int ownCount = own == null ? 0 : own.size();
        if (ownCount >= limits.waitingPerKey) {
            throw busy();
        }
        if (waiting < limits.waiting) {
            return;
        }
        boolean fromOthers = !others.isEmpty();
        Map<String, Deque<Waiter>> from = fromOthers ? others : preferred;
        Map.Entry<String, Deque<Waiter>> most = null;
        for (Map.Entry<String, Deque<Waiter>> each : from.entrySet()) {
            if (most == null || each.getValue().size() > most.getValue().size()) {
                most = each;
            }
        }
        boolean better =
                most != null && (isPreferred && fromOthers || most.getValue().size() > ownCount + 1);
        if (most == null || !better) {
            throw busy();
        }
        Waiter victim = most.getValue().getLast();
        leave(from, most.getKey(), victim);
        victim.evicted = true;
        victim.turn.signal();
    }

    private void leave(Map<String, Deque<Waiter>> line, String key, Waiter waiter) {
        @Nullable Deque<Waiter> queue = line.get(key);
        if (queue != null && queue.remove(waiter)) {
            waiting--;
            if (queue.isEmpty()) {
                line.remove(key);
            }
            grant();
        }
    }

    private void removeEverywhere(Waiter waiter) {
        for (Map<String, Deque<Waiter>> line : List.of(preferred, others)) {
            for (String key : new ArrayList<>(line.keySet())) {
                leave(line, key, waiter);
            }
        }
    }

    /** Permits that are held at this moment. */
    public int inUse() {
        lock.lock();
        try {
            return inUse;
        } finally {
            lock.unlock();
        }
    }
}
