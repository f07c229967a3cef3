package dev.holdfast.protocol.nbd;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Looks again and again whether time limits are over, in a virtual thread, until it is closed. */
final class Watch implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final Duration SHORTEST = Duration.ofMillis(10);
    /** So much longer than its limit a wait may be. */
    private static final int PARTS_OF_LIMIT = 8;

    private final CountDownLatch closed = new CountDownLatch(1);

    /**
     * @param shortestLimit of those that are looked at
     * @param look is called often and must not block
     */
    Watch(String name, Duration shortestLimit, Runnable look) {
        Duration part = shortestLimit.dividedBy(PARTS_OF_LIMIT);
        Duration pause = part.compareTo(SHORTEST) < 0 ? SHORTEST : part.compareTo(LONGEST) > 0 ? LONGEST : part;
        Thread.ofVirtual().name(name).start(() -> {
            try {
                while (!closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                    look.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
