package dev.holdfast.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {
    @TempDir
    Path dir;

    @Test
    void aMachineThatDoesNotAnswerHidesNoLackOfSpace() throws Exception {
        Path scratch = Files.createDirectory(dir.resolve("scratch"));
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Watch watch = new Watch(
                scratch,
                () -> {
                    asked.countDown();
                    try {
                        answered.await();
                    } catch (InterruptedException e) {
                        throw new InterruptedIOException("interrupted");
                    }
                },
                Duration.ofMillis(1));
        watch.start(ended::countDown);
        try {
            assertThat(asked.await(1, TimeUnit.MINUTES)).isTrue();
            // As good as full.
            Files.delete(scratch);
            assertThat(ended.await(1, TimeUnit.MINUTES)).isTrue();
            assertThatThrownBy(watch::throwIfFailed).hasMessageContaining("scratch");
        } finally {
            answered.countDown();
            watch.end();
        }
    }
}
