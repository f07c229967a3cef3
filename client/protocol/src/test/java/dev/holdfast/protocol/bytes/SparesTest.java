package dev.holdfast.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SparesTest {
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final Spares<AtomicBoolean> spares = new Spares<>(
            () -> {
                made.incrementAndGet();
                return new AtomicBoolean();
            },
            spare -> closed.incrementAndGet());

    @Test
    void threadsThatComeAndGoUseTheSameObject() throws InterruptedException {
        for (int i = 0; i < 50; i++) {
            Thread.startVirtualThread(() -> spares.use(spare -> true)).join();
        }
        assertThat(made).hasValue(1);
        assertThat(closed).hasValue(0);
    }

    @Test
    void noMoreThanAFewStayOpen() throws InterruptedException {
        int threads = Spares.KEPT + 5;
        CountDownLatch all = new CountDownLatch(threads);
        AtomicInteger shared = new AtomicInteger();
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            running.add(Thread.startVirtualThread(() -> spares.use(spare -> {
                if (!spare.compareAndSet(false, true)) {
                    shared.incrementAndGet();
                }
                all.countDown();
                try {
                    all.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return true;
            })));
        }
        for (Thread each : running) {
            each.join();
        }
        assertThat(shared).as("objects that two threads used at the same time").hasValue(0);
        assertThat(made).hasValue(threads);
        assertThat(closed).hasValue(5);
    }

    @Test
    void anObjectWhoseUseFailedIsClosed() {
        assertThatThrownBy(() -> spares.use(spare -> {
                    throw new IOException("on purpose");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("on purpose");
        assertThat(closed).hasValue(1);
        spares.use(spare -> true);
        assertThat(made).hasValue(2);
        assertThat(closed).hasValue(1);
    }
}
