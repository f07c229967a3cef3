package dev.holdfast.store.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The disk is full, or fails, at each write, fsync, rename and deletion of the store in turn: what was committed stays
 * whole, the error says what happened, and the same running store works again when the cause is gone.
 */
class DiskErrorTest {
    @TempDir
    Path dir;

    private static List<byte[]> files(int seed) {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            files.add(StoreFixture.random(seed * 100L + i, 3000 + 100 * i));
        }
        return files;
    }

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Input/output error"})
    void everyFailingOperationIsSurvived(String error) throws IOException {
        StoreFixture counted = new StoreFixture(dir.resolve("counted"));
        FailingDisk counting = new FailingDisk(-1, error);
        try (Store store = counted.open(counting)) {
            StoreFixture.backup(store, 1, files(0));
            StoredSnapshot second = StoreFixture.backup(store, 1, files(1));
            store.manifests().forget(second);
            collect(store);
        }
        int operations = counting.operations();
        assertThat(operations).isGreaterThan(20);
        for (int failing = 0; failing < operations; failing++) {
            StoreFixture fixture = new StoreFixture(dir.resolve("store" + failing));
            survive(fixture, new FailingDisk(failing, error), error);
        }
    }

    private static void collect(Store store) throws IOException {
        store.archiving().sealOpen();
        store.collector().collect(new GarbageCollector.Rules(100, 0), (what, done, total) -> {}, () -> false);
    }

    private static void forgetOneAndCollect(Store store, List<Integer> committed, String error) throws IOException {
        List<StoredSnapshot> snapshots = store.manifests().list(1);
        if (snapshots.size() < 2) {
            return;
        }
        Throwable failed = catchThrowable(() -> {
            store.manifests().forget(snapshots.getLast());
            collect(store);
        });
        // Forgotten or not: nobody was promised that it stays.
        committed.removeLast();
        if (failed != null) {
            assertThat(failed).isInstanceOf(IOException.class).hasMessageContaining(error);
        }
    }

    private static void survive(StoreFixture fixture, FailingDisk disk, String error) throws IOException {
        List<Integer> committed = new ArrayList<>();
        try (Store store = fixture.open(disk)) {
            for (int i = 0; i < 2; i++) {
                int number = i;
                Throwable failed = catchThrowable(() -> StoreFixture.backup(store, 1, files(number)));
                if (failed == null) {
                    committed.add(number);
                } else {
                    assertThat(failed).isInstanceOf(IOException.class).hasMessageContaining(error);
                }
            }
            for (int number : committed) {
                StoreReads.assertReadable(store, 1, files(number));
            }
            forgetOneAndCollect(store, committed, error);
            for (int number : committed) {
                StoreReads.assertReadable(store, 1, files(number));
            }
            disk.repair();
            collect(store);
            // The same store, without a restart.
            StoreFixture.backup(store, 1, files(7));
            committed.add(7);
            for (int number : committed) {
                StoreReads.assertReadable(store, 1, files(number));
            }
        }
        try (Store store = fixture.open()) {
            for (int number : committed) {
                StoreReads.assertReadable(store, 1, files(number));
            }
            assertThat(store.manifests().list(1)).hasSizeGreaterThanOrEqualTo(committed.size());
            assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                    .isEmpty();
        }
    }
}
