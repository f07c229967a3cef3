package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.fair.RateLimiter;
import dev.holdfast.store.restore.ChunkReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How memory, threads, seats and rates are shared. */
class FairnessTest {
    private static CompletableFuture<Void> acquire(FairBudget budget, int node, long bytes) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                budget.acquire(node, bytes);
                done.complete(null);
            } catch (InterruptedException e) {
                done.completeExceptionally(e);
            }
        });
        // The next one comes behind it.
        while (!done.isDone() && thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        return done;
    }

    @Test
    void greedyNodeNeverTakesTheFloorOfOthersNorAllOfTheRest() throws Exception {
        FairBudget budget = new FairBudget(8000, 4);
        List<CompletableFuture<Void>> greedy = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            greedy.add(acquire(budget, 1, 100));
        }
        // Its floor of 1000, and half of the 4000 above all floors.
        greedy.get(29).get(10, TimeUnit.SECONDS);
        assertThat(budget.heldBytes(1)).isEqualTo(3000);
        for (int node = 2; node <= 4; node++) {
            acquire(budget, node, 1000).get(10, TimeUnit.SECONDS);
        }
        acquire(budget, 2, 1000).get(10, TimeUnit.SECONDS);
        assertThat(budget.heldBytes(1)).isEqualTo(3000);
        for (int i = 0; i < 100; i++) {
            greedy.get(i).get(10, TimeUnit.SECONDS);
            budget.release(1, 100);
        }
        budget.release(2, 2000);
        budget.release(3, 1000);
        budget.release(4, 1000);
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void requestBeyondTheBudgetTakesAllThatOneNodeCanHold() throws Exception {
        FairBudget budget = new FairBudget(8000, 4);
        acquire(budget, 1, 1 << 20).get(10, TimeUnit.SECONDS);
        assertThat(budget.heldBytes()).isEqualTo(5000);
        budget.release(1, 1 << 20);
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void interruptedWaiterTakesNothingWithIt() throws Exception {
        FairBudget budget = new FairBudget(100, 1);
        budget.acquire(1, 100);
        FutureTask<Boolean> interrupted = new FutureTask<>(() -> {
            try {
                budget.acquire(1, 50);
                return false;
            } catch (InterruptedException e) {
                return true;
            }
        });
        Thread.ofVirtual().start(interrupted).interrupt();
        assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
        budget.release(1, 100);
        assertThat(budget.heldBytes()).isZero();
        budget.acquire(1, 100);
        assertThat(budget.heldBytes()).isEqualTo(100);
    }

    @Test
    void randomUseNeverExceedsTheBudgetAndEveryWaiterIsServed() throws Exception {
        long total = 10_000;
        FairBudget budget = new FairBudget(total, 5);
        List<Callable<Integer>> users = new ArrayList<>();
        AtomicInteger exceeded = new AtomicInteger();
        for (int i = 0; i < 40; i++) {
            int node = i % 5;
            Random random = new Random(i);
            users.add(() -> {
                int rounds = 0;
                for (; rounds < 200; rounds++) {
                    int bytes = 1 + random.nextInt(1500);
                    budget.acquire(node, bytes);
                    if (budget.heldBytes() > total) {
                        exceeded.incrementAndGet();
                    }
                    Thread.yield();
                    budget.release(node, bytes);
                }
                return rounds;
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> rounds : threads.invokeAll(users)) {
                assertThat(rounds.get()).isEqualTo(200);
            }
        }
        assertThat(exceeded).hasValue(0);
        assertThat(budget.heldBytes()).isZero();
    }

    @Test
    void oneNodesLongWorkLeavesAThreadToOthers() throws Exception {
        FairPool pool = new FairPool("test", 2);
        CountDownLatch gate = new CountDownLatch(1);
        List<Future<Boolean>> slow = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            slow.add(pool.submit(1, () -> gate.await(30, TimeUnit.SECONDS)));
        }
        assertThat(pool.submit(2, () -> "served").get(10, TimeUnit.SECONDS)).isEqualTo("served");
        gate.countDown();
        for (Future<Boolean> each : slow) {
            assertThat(each.get()).isTrue();
        }
        pool.shutdown();
        pool.awaitEnd(System.nanoTime() + 10_000_000_000L);
        assertThat(pool.size()).isZero();
    }

    @Test
    void nodesTakeTurnsHoweverMuchOneHasQueued() throws Exception {
        FairPool pool = new FairPool("test", 1);
        CountDownLatch gate = new CountDownLatch(1);
        pool.submit(8, () -> gate.await(30, TimeUnit.SECONDS));
        pool.submit(9, () -> gate.await(30, TimeUnit.SECONDS));
        List<Integer> order = new ArrayList<>();
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(pool.submit(1, () -> note(order, 1)));
        }
        all.add(pool.submit(2, () -> note(order, 2)));
        gate.countDown();
        for (Future<Boolean> each : all) {
            each.get(10, TimeUnit.SECONDS);
        }
        synchronized (order) {
            assertThat(order.indexOf(2)).isLessThanOrEqualTo(2);
        }
        pool.close();
    }

    @Test
    void busyWorkTakesItsShareOfProcessorTimeAndWaitingWorkIsFree() throws Exception {
        FairPool pool = new FairPool("test", 2, 0.25);
        long began = System.nanoTime();
        List<Future<Long>> busy = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            busy.add(pool.submit(i % 3, FairnessTest::burn));
        }
        long spent = 0;
        for (Future<Long> each : busy) {
            spent += each.get(60, TimeUnit.SECONDS);
        }
        long took = System.nanoTime() - began;
        // What is saved beforehand, and the last pieces, come on top of it.
        assertThat((double) spent / took).isLessThan(0.45);
        CountDownLatch together = new CountDownLatch(3);
        List<Future<Boolean>> waiting = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            waiting.add(pool.submit(node, () -> {
                together.countDown();
                return together.await(30, TimeUnit.SECONDS);
            }));
        }
        for (Future<Boolean> each : waiting) {
            assertThat(each.get()).isTrue();
        }
        pool.close();
    }

    /** @return the processor time it took */
    private static long burn() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long from = threads.getCurrentThreadCpuTime();
        long spent = 0;
        while (spent < 20_000_000L) {
            spent = threads.getCurrentThreadCpuTime() - from;
        }
        return spent;
    }

    private static boolean note(List<Integer> order, int node) {
        synchronized (order) {
            return order.add(node);
        }
    }

    @Test
    void fullHouseEvictsTheOldestStrangerAndNeverAKnownAddressForAnUnknown() {
        AtomicLong now = new AtomicLong();
        Admission.KnownAddresses known = new Admission.KnownAddresses(now::get);
        known.add("office");
        Admission admission = new Admission(4, 3, known);
        List<String> gone = new ArrayList<>();
        assertThat(admission.enter("office", () -> gone.add("office-1"))).isNotNull();
        for (String each : List.of("a", "b", "c")) {
            assertThat(admission.enter(each, () -> gone.add(each))).isNotNull();
        }
        assertThat(admission.enter("d", () -> gone.add("d"))).isNotNull();
        assertThat(gone).containsExactly("a");
        assertThat(admission.enter("office", () -> gone.add("office-2"))).isNotNull();
        assertThat(admission.enter("office", () -> gone.add("office-3"))).isNotNull();
        assertThat(gone).containsExactly("a", "b", "c");
        // Too many from one address: its own oldest goes.
        assertThat(admission.enter("office", () -> gone.add("office-4"))).isNotNull();
        assertThat(gone).containsExactly("a", "b", "c", "office-1");
        known.add("other");
        assertThat(admission.enter("other", () -> gone.add("other-1"))).isNotNull();
        assertThat(gone).endsWith("d");
        assertThat(admission.enter("e", () -> gone.add("e"))).isNull();
        assertThat(admission.enter("other", () -> gone.add("other-2"))).isNotNull();
        assertThat(gone).endsWith("office-2");
        assertThat(admission.taken()).isEqualTo(4);
    }

    @Test
    void allowanceRefillsAndForgetsTheLongestIdle() {
        AtomicLong now = new AtomicLong();
        RateLimiter<Integer> allowance = new RateLimiter<>(3, 1, now::get);
        for (int i = 0; i < 3; i++) {
            assertThat(allowance.take(1)).isTrue();
        }
        assertThat(allowance.take(1)).isFalse();
        now.addAndGet(1_000_000_000L);
        assertThat(allowance.take(1)).isTrue();
        assertThat(allowance.take(1)).isFalse();
        assertThat(allowance.exhausted(1)).isTrue();
        assertThat(allowance.exhausted(2)).isFalse();
        assertThat(allowance.take(2)).isTrue();
        now.addAndGet(1_000_000_000L);
        assertThat(allowance.exhausted(1)).isFalse();
    }

    @Test
    void ranksTellTheOrderAlone() {
        assertThat(ReadHandler.ranks(
                        100,
                        List.of(
                                new ChunkReader.Place(1L << 40, Long.MAX_VALUE),
                                new ChunkReader.Place(7, Long.MAX_VALUE),
                                ChunkReader.Place.NONE,
                                new ChunkReader.Place(5_000_000, Long.MAX_VALUE),
                                new ChunkReader.Place(7, 3))))
                .containsExactly(103, 101, -1, 102, 100);
    }
}
