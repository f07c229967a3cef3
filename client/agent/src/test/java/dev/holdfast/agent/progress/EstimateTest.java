package dev.holdfast.agent.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class EstimateTest {
    @Test
    void countReplacesTheGuessForGood() throws Exception {
        try (Estimate estimate = new Estimate()) {
            assertThat(estimate.expected()).isZero();
            estimate.guess(100);
            assertThat(estimate.expected()).isEqualTo(100);
            estimate.count(() -> 70);
            estimate.awaitCount();
            assertThat(estimate.expected()).isEqualTo(70);
            estimate.guess(100);
            assertThat(estimate.expected()).isEqualTo(70);
        }
    }

    @Test
    void countThatFailsChangesNothing() throws Exception {
        try (Estimate estimate = new Estimate()) {
            estimate.guess(100);
            estimate.count(() -> {
                throw new IOException("unreadable");
            });
            estimate.awaitCount();
            assertThat(estimate.expected()).isEqualTo(100);
        }
    }

    @Test
    void endOfTheOperationEndsTheCount() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Estimate estimate = new Estimate();
        estimate.count(() -> {
            try {
                never.await();
                return 70;
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        });
        estimate.close();
        estimate.awaitCount();
        assertThat(estimate.expected()).isZero();
    }

    @Test
    void operationThatGoesOnIsNeverComplete() {
        assertThat(Progress.towards("s", 3, 10, null)).isEqualTo(new Progress("s", 3, 10));
        assertThat(Progress.towards("s", 10, 10, null)).isEqualTo(new Progress("s", 9, 10));
    }

    @Test
    void totalIsUnknownBeforeAnEstimateAndBeyondIt() {
        assertThat(Progress.towards("s", 3, 0, null)).isEqualTo(new Progress("s", 3, 0));
        assertThat(Progress.towards("s", 11, 10, null)).isEqualTo(new Progress("s", 11, 0));
    }
}
