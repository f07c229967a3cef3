package dev.holdfast.store.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.archive.DirectoryArchive;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.drain.LostVolume;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk fails from each write, fsync, rename and deletion of a drain on, and from each of a lost volume's replacement: after
 * a restart everything is whole, and the same command completes.
 */
class DrainErrorTest {
    private static final String ERROR = "Input/output error";

    @TempDir
    Path dir;

    private static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 3000), StoreFixture.random(seed + 100L, 4000));
    }

    private static void setFirst(StoreFixture fixture, Store store, Volume.State state) throws IOException {
        store.changeVolumes(new VolumeList(List.of(
                new Volume(0, fixture.data.resolve("volume0"), state),
                new Volume(1, fixture.data.resolve("volume1"), Volume.State.ACTIVE))));
    }

    /** A store whose first volume holds something. */
    private StoreFixture filled(String name) throws IOException {
        StoreFixture fixture = new StoreFixture(dir.resolve(name));
        try (Store store = fixture.open()) {
            store.changeVolumes(
                    new VolumeList(List.of(new Volume(0, fixture.data.resolve("volume0"), Volume.State.ACTIVE))));
            StoreFixture.backup(store, 1, files(1));
            store.archiving().sealOpen();
        }
        return fixture;
    }

    private static void drain(StoreFixture fixture, Store store) throws IOException {
        setFirst(fixture, store, Volume.State.DRAINING);
        assertThat(store.drain()
                        .run(0, null, (what, done, total) -> {}, () -> false)
                        .empty())
                .isTrue();
    }

    private static void assertWhole(Store store) throws IOException {
        StoreReads.assertReadable(store, 1, files(1));
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    private static long containers(StoreFixture fixture, String volume) throws IOException {
        try (Stream<Path> files = Files.walk(fixture.data.resolve(volume))) {
            return files.filter(each -> each.toString().contains(".hfc")).count();
        }
    }

    private interface Work {
        void run(StoreFixture fixture, Store store) throws IOException;
    }

    /** Returns how many operations the work takes after the store was opened. */
    private int count(StoreFixture fixture, ContainerArchive archive, Work work) throws IOException {
        FailingDisk counting = new FailingDisk(-1, ERROR);
        try (Store store = fixture.open(counting, archive)) {
            int before = counting.operations();
            work.run(fixture, store);
            return counting.operations() - before;
        }
    }

    @Test
    void drainCompletesAfterEachFailingOperation() throws IOException {
        StoreFixture first = filled("original");
        int operations = count(first.crashCopy(dir.resolve("counted")), ContainerArchive.NONE, DrainErrorTest::drain);
        assertThat(operations).isGreaterThan(10);
        for (int failing = 0; failing < operations; failing++) {
            StoreFixture fixture = first.crashCopy(dir.resolve("store" + failing));
            FailingDisk disk = new FailingDisk(failing, ERROR);
            try (Store store = fixture.open(disk)) {
                Throwable failed = catchThrowable(() -> drain(fixture, store));
                // When the last one fails, to sync a deletion, all is done.
                assertThat(failed == null).as("operation " + failing).isEqualTo(failing == operations - 1);
                StoreReads.assertReadable(store, 1, files(1));
            }
            try (Store store = fixture.open()) {
                assertWhole(store);
                drain(fixture, store);
                assertWhole(store);
                assertThat(containers(fixture, "volume0")).isZero();
                assertThat(containers(fixture, "volume1")).isEqualTo(2);
            }
        }
    }

    private static void replaceLost(StoreFixture fixture, Store store) throws IOException {
        setFirst(fixture, store, Volume.State.LOST);
        LostVolume.Outcome outcome = store.lostVolume().fetch(0, (what, done, total) -> {}, () -> false);
        assertThat(outcome.lost()).isEmpty();
    }

    @Test
    void replacementOfALostVolumeCompletesAfterEachFailingOperation() throws IOException {
        StoreFixture first = filled("original");
        DirectoryArchive archive = new DirectoryArchive(dir.resolve("archive"));
        try (Store store = first.open()) {
            archive.store(store.archiving());
        }
        int operations = count(first.crashCopy(dir.resolve("counted")), archive, DrainErrorTest::replaceLost);
        assertThat(operations).isGreaterThan(5);
        for (int failing = 0; failing < operations; failing++) {
            StoreFixture fixture = first.crashCopy(dir.resolve("lost" + failing));
            try (Store store = fixture.open(failingLater(failing), archive)) {
                assertThat(catchThrowable(() -> replaceLost(fixture, store)))
                        .as("operation " + failing)
                        .isNotNull();
            }
            try (Store store = fixture.open(new FailingDisk(-1, ERROR), archive)) {
                replaceLost(fixture, store);
                StoreReads.assertReadable(store, 1, files(1));
                assertThat(containers(fixture, "volume1")).isEqualTo(2);
            }
        }
    }

    private static Disk failingLater(int operation) {
        return new FailingDisk(operation, ERROR);
    }
}
