package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.vault.remote.Uses;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What is closed after its last use. */
class UsesTest {
    @Test
    void whoeverClosesWaitsForTheLastUse() throws Exception {
        Uses uses = new Uses();
        assertThat(uses.begin()).isTrue();
        assertThat(uses.begin()).isTrue();
        uses.close();
        assertThat(uses.begin()).isFalse();
        uses.end();
        assertThat(uses.ended(Duration.ofMillis(10))).isFalse();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CountDownLatch waits = new CountDownLatch(1);
            Future<Boolean> ended = threads.submit(() -> {
                waits.countDown();
                return uses.ended(Duration.ofMinutes(5));
            });
            waits.await();
            uses.end();
            assertThat(ended.get()).isTrue();
        }
        assertThat(uses.ended(Duration.ZERO)).isTrue();
    }
}
