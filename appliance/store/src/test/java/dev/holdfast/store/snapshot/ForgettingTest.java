package dev.holdfast.store.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.fault.ForwardingDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forgetting a snapshot beside those who enter files that the index does not know. */
class ForgettingTest {
    /** Long enough for what is not kept from running. */
    private static final long LET_RUN_MILLIS = 500;

    @TempDir
    Path dir;

    @Test
    void aSnapshotIsNotEnteredAgainWhileItIsForgotten() throws Exception {
        InterruptedDisk disk = new InterruptedDisk();
        try (Store store = new StoreFixture(dir).open(disk)) {
            StoredSnapshot snapshot = StoreFixture.backup(store, 1, List.of(StoreFixture.random(1, 1000)));
            FutureTask<Manifests.All> looking =
                    disk.beforeDeletingManifest(() -> store.manifests().complete());

            store.manifests().forget(snapshot);

            assertThat(looking.get(60, TimeUnit.SECONDS).unreadable()).isEmpty();
            assertThat(store.manifests().list()).isEmpty();
            assertThat(store.manifests().damaged()).isEmpty();
        }
    }

    /** Lets something else run between the steps of forgetting: after the summary has gone, before the file goes. */
    private static final class InterruptedDisk extends ForwardingDisk {
        private volatile Runnable before = () -> {};

        <T> FutureTask<T> beforeDeletingManifest(Callable<T> work) {
            FutureTask<T> task = new FutureTask<>(work);
            before = () -> {
                Thread.ofPlatform().start(task);
                try {
                    task.get(LET_RUN_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    // It waits for the file to go.
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            };
            return task;
        }

        @Override
        public void delete(Path file) throws IOException {
            if (file.toString().endsWith(ManifestFiles.SUFFIX)) {
                before.run();
            }
            super.delete(file);
        }
    }
}
