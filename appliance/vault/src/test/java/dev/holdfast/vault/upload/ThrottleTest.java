package dev.holdfast.vault.upload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThrottleTest {
    private static final long OUTER_SECONDS = 60;

    /** From 18 hours for what is due next, and from a halt, to no limit (as a stop does) and to a fast line. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 30})
    void changedRateCountsForWhoeverWaitsAlready(long fast) throws Exception {
        for (long slow : new long[] {1, -1}) {
            AtomicLong rate = new AtomicLong(slow);
            Throttle throttle = new Throttle(rate::get);
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> waiting = threads.submit(() -> {
                    throttle.take(1 << 16);
                    throttle.take(1 << 16);
                    return null;
                });
                Thread.sleep(50);
                assertThat(waiting.isDone()).isFalse();
                rate.set(fast);
                waiting.get(OUTER_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void bytesPassAtTheRate() throws Exception {
        Throttle throttle = new Throttle(() -> 100_000);
        long begun = System.nanoTime();
        for (int i = 0; i < 6; i++) {
            throttle.take(10_000);
        }
        // The first goes at once, and the last is not waited for.
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(490));
    }
}
