package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.FaultyDirectory;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was restored is stored while more is restored, and an error that the kernel tells only once is not forgotten. */
class EarlySyncTest {
    private static final long STEP_BYTES = 1000;

    @TempDir
    Path dir;

    private final AtomicInteger syncs = new AtomicInteger();
    private final CountDownLatch synced = new CountDownLatch(1);
    private final RestoreStats stats = new RestoreStats();

    private interface Body {
        void run(EarlySync sync) throws Exception;
    }

    private void with(FaultyDirectory.Action atSync, Body body) throws Exception {
        FaultyDirectory.Faults faults = new FaultyDirectory.Faults().atSync(() -> {
            syncs.incrementAndGet();
            synced.countDown();
            atSync.run();
        });
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(4)) {
            DirectoryNode target = pool.root(new FaultyDirectory(
                    Platform.current().open(dir.toString().getBytes(StandardCharsets.UTF_8)), faults));
            try (EarlySync sync = new EarlySync(target, stats, STEP_BYTES)) {
                sync.start();
                body.run(sync);
            }
        }
    }

    @Test
    void syncsOnceForEachStep() throws Exception {
        with(() -> {}, sync -> {
            stats.bytes.add(STEP_BYTES);
            assertThat(synced.await(60, TimeUnit.SECONDS)).isTrue();
            sync.end();
            sync.requireStored();
        });
        assertThat(syncs).hasValue(1);
    }

    @Test
    void doesNothingForLess() throws Exception {
        with(() -> {}, sync -> {
            stats.bytes.add(STEP_BYTES - 1);
            sync.end();
        });
        assertThat(syncs).hasValue(0);
    }

    @Test
    void keepsTheErrorAndTriesNoMore() throws Exception {
        with(
                () -> {
                    throw new IOException("lost");
                },
                sync -> {
                    stats.bytes.add(STEP_BYTES);
                    assertThat(synced.await(60, TimeUnit.SECONDS)).isTrue();
                    stats.bytes.add(STEP_BYTES);
                    assertThatThrownBy(sync::end).hasMessage("lost");
                    assertThatThrownBy(sync::requireStored).hasMessage("lost");
                });
        assertThat(syncs).hasValue(1);
    }
}
