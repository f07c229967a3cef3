package dev.holdfast.control.fair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private static FairQueue queue(int permits, int perKey, int waiting, int waitingPerKey) {
        return new FairQueue(
                Phrase.plain("things"), new FairQueue.Limits(permits, perKey, waiting, waitingPerKey, LONG));
    }

    /** Takes a permit on a thread of its own, notes who had it, and gives it back before it is done. */
    private static CompletableFuture<Void> later(FairQueue queue, String key, boolean preferred, List<String> order)
            throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                try (FairQueue.Turn _ = queue.take(key, 1, preferred)) {
                    order.add(key);
                }
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        while (!done.isDone()
                && thread.getState() != Thread.State.TIMED_WAITING
                && thread.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
        return done;
    }

    @Test
    void keysTakeTurnsWhateverOneAsksFor() throws Exception {
        FairQueue queue = queue(1, 1, 100, 50);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> all = new ArrayList<>();
        FairQueue.Turn held = queue.take("holder");
        for (int i = 0; i < 20; i++) {
            all.add(later(queue, "mallory", false, order));
        }
        all.add(later(queue, "ann", false, order));
        all.add(later(queue, "ben", false, order));
        held.close();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        assertThat(order.subList(0, 3)).containsExactly("mallory", "ann", "ben");
        assertThat(order).hasSize(22);
        assertThat(queue.inUse()).isZero();
    }

    @Test
    void preferredKeysGoFirstAndDoNotStarveOthers() throws Exception {
        FairQueue queue = queue(1, 1, 100, 50);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> all = new ArrayList<>();
        FairQueue.Turn held = queue.take("holder");
        all.add(later(queue, "stranger", false, order));
        for (int i = 0; i < 20; i++) {
            all.add(later(queue, "known", true, order));
        }
        held.close();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        assertThat(order.getFirst()).isEqualTo("known");
        assertThat(order.indexOf("stranger")).isLessThan(15);
    }

    @Test
    void whoFillsThePlacesToWaitLosesThem() throws Exception {
        FairQueue queue = queue(1, 1, 10, 10);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        FairQueue.Turn held = queue.take("holder");
        List<CompletableFuture<Void>> flood = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            flood.add(later(queue, "mallory", false, order));
        }
        CompletableFuture<Void> honest = later(queue, "ann", false, order);
        assertThatThrownBy(() -> flood.getLast().join()).hasCauseInstanceOf(BusyException.class);
        assertThat(later(queue, "mallory", false, order))
                .as("has as many as may wait")
                .isCompletedExceptionally();
        held.close();
        honest.join();
        CompletableFuture.allOf(flood.subList(0, 9).toArray(CompletableFuture[]::new))
                .join();
        assertThat(order.indexOf("ann")).isLessThanOrEqualTo(1);
    }

    @Test
    void oneKeyNeverHoldsMoreThanItsShare() throws Exception {
        FairQueue queue = queue(10, 4, 10, 10);
        FairQueue.Turn four = queue.take("ann", 4, false);
        assertThatThrownBy(() -> queue.take("ann", 5, false)).isInstanceOf(BusyException.class);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> fifth = later(queue, "ann", false, order);
        assertThat(fifth).isNotDone();
        try (FairQueue.Turn _ = queue.take("ben", 4, false)) {
            assertThat(queue.inUse()).isEqualTo(8);
        }
        four.shrink(3);
        fifth.join();
        four.close();
        four.close();
        assertThat(queue.inUse()).isZero();
    }

    /** The turn may come in the moment in which the wait is interrupted: it is taken or given on, and never lost. */
    @Test
    void whoIsInterruptedWhileTheTurnComesLosesNoPermit() throws Exception {
        FairQueue queue = queue(1, 1, 10, 10);
        for (int i = 0; i < 500; i++) {
            FairQueue.Turn held = queue.take("ann");
            FutureTask<Void> turn = new FutureTask<>(() -> {
                try (FairQueue.Turn _ = queue.take("ben")) {
                    Thread.onSpinWait();
                } catch (InterruptedIOException e) {
                    // The interrupt came before the turn.
                }
                return null;
            });
            Thread waits = Thread.ofPlatform().start(turn);
            while (waits.getState() != Thread.State.TIMED_WAITING && !turn.isDone()) {
                Thread.onSpinWait();
            }
            waits.interrupt();
            held.close();
            turn.get(60, TimeUnit.SECONDS);
            assertThat(queue.inUse()).as("round " + i).isZero();
        }
    }

    @Test
    void patienceEnds() throws Exception {
        FairQueue queue =
                new FairQueue(Phrase.plain("things"), new FairQueue.Limits(1, 1, 10, 10, Duration.ofMillis(20)));
        try (FairQueue.Turn _ = queue.take("ann")) {
            assertThatThrownBy(() -> queue.take("ben"))
                    .isInstanceOf(BusyException.class)
                    .hasMessageContaining("too many things");
        }
        queue.take("ben").close();
        assertThat(queue.inUse()).isZero();
    }

    @Test
    void workThatFailsGivesItsThreadBack() throws Exception {
        try (Workers workers = new Workers(Phrase.plain("things"), new FairQueue.Limits(1, 1, 10, 10, LONG))) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> workers.run("ann", () -> {
                            throw new BusyException(Phrase.plain("told"));
                        }))
                        .isInstanceOf(BusyException.class)
                        .hasMessage("told");
            }
            CountDownLatch run = new CountDownLatch(1);
            assertThat(workers.run("ann", () -> {
                        run.countDown();
                        return Thread.currentThread().isVirtual();
                    }))
                    .isFalse();
            assertThat(run.getCount()).isZero();
        }
    }

    @Test
    void whoHoldsSomethingElseWaitsForOthersAndNotForItself() throws Exception {
        FairQueue queue = queue(10, 6, 10, 10);
        FairQueue.Turn own = queue.takeBeside("ann", 6);
        assertThatThrownBy(() -> queue.takeBeside("ann", 1)).isInstanceOf(BusyException.class);
        FairQueue.Turn others = queue.take("ben", 4, false);
        own.shrink(3);
        CompletableFuture<Void> waits = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                queue.takeBeside("cid", 4).close();
                waits.complete(null);
            } catch (Throwable e) {
                waits.completeExceptionally(e);
            }
        });
        others.close();
        waits.join();
        own.close();
        assertThat(queue.inUse()).isZero();
    }

    @Test
    void aSeatThatIsNotUsedGoesToTheNext() throws Exception {
        try (Workers workers =
                new Workers(Phrase.plain("things"), new FairQueue.Limits(1, 1, 10, 10, Duration.ofMillis(50)))) {
            try (Workers.Seat _ = workers.take("ann")) {
                assertThatThrownBy(() -> workers.take("ben")).isInstanceOf(BusyException.class);
            }
            try (Workers.Seat seat = workers.take("ben")) {
                assertThat(seat.run(() -> 7)).isEqualTo(7);
                // Its thread is free again while the answer is on its way.
                assertThat(workers.run("ann", () -> 8)).isEqualTo(8);
            }
        }
    }

    @Test
    void addressesOfOneNetworkAreOneCaller() {
        assertThat(AddressBlock.of("2001:db8::1")).isEqualTo(AddressBlock.of("[2001:db8:0:0:ffff::2]"));
        assertThat(AddressBlock.of("2001:db8::1")).isNotEqualTo(AddressBlock.of("2001:db8:0:1::1"));
        assertThat(AddressBlock.of("::ffff:192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(AddressBlock.of("192.0.2.1")).isNotEqualTo(AddressBlock.of("192.0.2.2"));
        assertThat(AddressBlock.of("no address")).isEqualTo("no address");
    }
}
