package dev.holdfast.server.net;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Memory, in bytes, that nodes share fairly. Half of it is split into a floor for each node, which no other node can take;
 * the rest is lent by dynamic thresholds (Choudhury and Hahne, 1998): what a node holds above its floor never exceeds what
 * is still free, so one greedy node gets at most half of it, two get a third each. Waiters are served in turn by node and
 * in order within a node. Safe for use by several threads.
 */
final class FairBudget {
    private final long floor;
    private final long lendable;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, Account> accounts = new HashMap<>();
    /** Accounts with waiters, the one whose turn is next first. */
    private final Set<Account> waiting = new LinkedHashSet<>();

    private long free;

    private static final class Account {
        final int node;
        final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
        long held;

        Account(int node) {
            this.node = node;
        }
    }

    private static final class Waiter {
        final long bytes;
        final Condition condition;
        boolean granted;

        Waiter(long bytes, Condition condition) {
            this.bytes = bytes;
            this.condition = condition;
        }
    }

    /** @param nodes how many nodes have a floor */
    FairBudget(long totalBytes, int nodes) {
        this.floor = Math.max(1, totalBytes / 2 / Math.max(1, nodes));
        this.lendable = totalBytes - floor * nodes;
        this.free = lendable;
    }

    /** Takes bytes, or waits for them. A request beyond all that one node can ever hold takes just that. */
    void acquire(int node, long bytes) throws InterruptedException {
        if (bytes == 0) {
            return;
        }
        lock.lockInterruptibly();
        try {
            Account account = accounts.computeIfAbsent(node, Account::new);
            if (account.waiters.isEmpty() && fits(account, cost(bytes))) {
                take(account, cost(bytes));
                return;
            }
            Waiter waiter = new Waiter(cost(bytes), lock.newCondition());
            account.waiters.add(waiter);
            waiting.add(account);
            try {
                while (!waiter.granted) {
                    waiter.condition.await();
                }
            } catch (InterruptedException e) {
                abandon(account, waiter);
                throw e;
            }
        } finally {
            lock.unlock();
        }
    }

    private void abandon(Account account, Waiter waiter) {
        if (waiter.granted) {
            giveBack(account, waiter.bytes);
        } else {
            account.waiters.remove(waiter);
            if (account.waiters.isEmpty()) {
                waiting.remove(account);
            }
        }
        serve();
        forgetIfIdle(account);
    }

    void release(int node, long bytes) {
        if (bytes == 0) {
            return;
        }
        lock.lock();
        try {
            Account account = accounts.get(node);
            if (account == null) {
                throw new IllegalStateException("node " + node + " holds nothing of this budget");
            }
            giveBack(account, cost(bytes));
            serve();
            forgetIfIdle(account);
        } finally {
            lock.unlock();
        }
    }

    /** What all nodes hold together. */
    long heldBytes() {
        lock.lock();
        try {
            return accounts.values().stream().mapToLong(account -> account.held).sum();
        } finally {
            lock.unlock();
        }
    }

    /** What one node holds. */
    long heldBytes(int node) {
        lock.lock();
        try {
            Account account = accounts.get(node);
            return account == null ? 0 : account.held;
        } finally {
            lock.unlock();
        }
    }

    private long cost(long bytes) {
        return Math.min(bytes, floor + lendable);
    }

    private long excess(long held) {
        return Math.max(0, held - floor);
    }

    private boolean fits(Account account, long bytes) {
        long after = excess(account.held + bytes);
        long lent = after - excess(account.held);
        // A node that holds nothing may take one thing larger than its floor, as long as there is room at all.
        return lent == 0 || after <= free - lent || account.held == 0 && lent <= free;
    }

    private void take(Account account, long bytes) {
        free -= excess(account.held + bytes) - excess(account.held);
        account.held += bytes;
    }

    private void giveBack(Account account, long bytes) {
        free += excess(account.held) - excess(account.held - bytes);
        account.held -= bytes;
    }

    /** One grant for each node in turn, until nobody's next request fits. */
    private void serve() {
        boolean granted = true;
        while (granted) {
            granted = false;
            for (Account account : waiting.toArray(Account[]::new)) {
                Waiter next = account.waiters.peek();
                if (next != null && fits(account, next.bytes)) {
                    take(account, next.bytes);
                    account.waiters.remove();
                    next.granted = true;
                    next.condition.signal();
                    waiting.remove(account);
                    if (!account.waiters.isEmpty()) {
                        waiting.add(account);
                    }
                    granted = true;
                }
            }
        }
    }

    private void forgetIfIdle(Account account) {
        if (account.held == 0 && account.waiters.isEmpty()) {
            accounts.remove(account.node, account);
        }
    }
}
