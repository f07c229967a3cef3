package dev.holdfast.store.drain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.archive.DirectoryArchive;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers move to another volume, and nobody who reads or writes notices. */
class DrainTest {
    @TempDir
    private Path dir;

    private StoreFixture fixture;
    private Store store;

    @BeforeEach
    void open() throws IOException {
        fixture = new StoreFixture(dir.resolve("store"));
        store = fixture.open();
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private void reopen(ContainerArchive archive) throws IOException {
        store.close();
        store = fixture.open(new LocalDisk(), archive);
    }

    private static List<byte[]> files(int seed) {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            files.add(StoreFixture.random(seed * 100L + i, 30_000));
        }
        return files;
    }

    private Volume volume(int number, Volume.State state) {
        return new Volume(number, fixture.data.resolve("volume" + number), state);
    }

    /** Sets the states of both volumes. */
    private void states(Volume.State first, Volume.State second) throws IOException {
        store.changeVolumes(new VolumeList(List.of(volume(0, first), volume(1, second))));
    }

    /** Fills the volume with this number, and no other. */
    private void fill(int number, int seed) throws IOException {
        states(
                number == 0 ? Volume.State.ACTIVE : Volume.State.DRAINING,
                number == 1 ? Volume.State.ACTIVE : Volume.State.DRAINING);
        store.archiving().sealOpen();
        StoreFixture.backup(store, 1, files(seed));
        store.archiving().sealOpen();
    }

    private Drain.Outcome drain(int number) throws IOException {
        return store.drain().run(number, null, (what, done, total) -> {}, () -> false);
    }

    private List<Path> containers(int number) throws IOException {
        try (Stream<Path> files = Files.walk(volume(number, Volume.State.ACTIVE).root())) {
            return files.filter(each -> each.toString().contains(".hfc")).toList();
        }
    }

    private void assertWhole(int... seeds) throws IOException {
        for (int seed : seeds) {
            StoreReads.assertReadable(store, 1, files(seed));
        }
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    @Test
    void everythingMovesAndStaysReadable() throws IOException {
        fill(0, 1);
        fill(1, 2);
        StoreReads.assertReadable(store, 1, files(1));
        long used = store.usedBytes();
        states(Volume.State.DRAINING, Volume.State.ACTIVE);
        assertThat(store.drain().isEmpty(0)).isFalse();
        Drain.Plan plan = store.drain().plan(0, null);
        assertThat(plan.containers()).isEqualTo(2);
        assertThat(plan.missingBytes()).isZero();
        Drain.Outcome outcome = drain(0);
        assertThat(outcome.empty()).isTrue();
        assertThat(outcome.containers()).isEqualTo(plan.containers());
        assertThat(outcome.bytes()).isEqualTo(plan.bytes());
        assertThat(containers(0)).isEmpty();
        assertThat(store.usedBytes()).isEqualTo(used);
        assertWhole(1, 2);
        store.changeVolumes(new VolumeList(List.of(volume(1, Volume.State.ACTIVE))));
        StoreFixture.backup(store, 1, files(3));
        assertThat(containers(0)).isEmpty();
        assertWhole(1, 2, 3);
        reopen(ContainerArchive.NONE);
        assertThat(fixture.warnings).isEmpty();
        assertThat(store.usedBytes()).isGreaterThan(used);
        assertWhole(1, 2, 3);
    }

    @Test
    void drainThatIsStoppedResumes() throws IOException {
        fill(0, 1);
        states(Volume.State.DRAINING, Volume.State.ACTIVE);
        int[] asked = {0};
        assertThatThrownBy(() -> store.drain().run(0, null, (what, done, total) -> {}, () -> asked[0]++ == 1))
                .isInstanceOf(CancellationException.class);
        assertThat(containers(0)).hasSize(1);
        assertWhole(1);
        assertThat(drain(0).containers()).isEqualTo(1);
        assertThat(containers(0)).isEmpty();
        assertWhole(1);
    }

    @Test
    void drainWithoutRoomSaysWhatIsMissing() throws IOException {
        fill(0, 1);
        states(Volume.State.DRAINING, Volume.State.DRAINING);
        Drain.Plan plan = store.drain().plan(0, null);
        assertThat(plan.missingBytes()).isEqualTo(plan.bytes()).isPositive();
        assertThatThrownBy(() -> drain(0))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining(ByteText.of(plan.bytes()) + " are missing");
        assertThat(containers(0)).hasSize(2);
        assertWhole(1);
    }

    @Test
    void backupsAndRestoresGoOnWhileVolumesAreDrained() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        AtomicBoolean done = new AtomicBoolean();
        List<FutureTask<List<Integer>>> loads = new ArrayList<>();
        for (int node = 1; node <= 2; node++) {
            int first = node * 1000;
            long own = random.nextLong();
            FutureTask<List<Integer>> load = new FutureTask<>(() -> backUp(first, new Random(own), done));
            loads.add(load);
            Thread.ofPlatform().start(load);
        }
        for (int round = 0; round < 2; round++) {
            int drained = round % 2;
            states(
                    drained == 0 ? Volume.State.DRAINING : Volume.State.ACTIVE,
                    drained == 1 ? Volume.State.DRAINING : Volume.State.ACTIVE);
            assertThat(drain(drained).warnings()).isEmpty();
            assertThat(store.drain().isEmpty(drained)).isTrue();
            states(Volume.State.ACTIVE, Volume.State.ACTIVE);
        }
        done.set(true);
        List<Integer> seeds = new ArrayList<>();
        for (FutureTask<List<Integer>> load : loads) {
            seeds.addAll(load.get());
        }
        int[] all = seeds.stream().mapToInt(Integer::intValue).toArray();
        assertWhole(all);
        reopen(ContainerArchive.NONE);
        assertWhole(all);
    }

    /** Backs up and reads back until it is told to end; returns the seeds of what it stored. */
    private List<Integer> backUp(int first, Random random, AtomicBoolean done) throws IOException {
        List<Integer> stored = new ArrayList<>();
        do {
            int seed = first + stored.size();
            StoreFixture.backup(store, 1, files(seed));
            stored.add(seed);
            StoreReads.assertReadable(store, 1, files(stored.get(random.nextInt(stored.size()))));
            if (random.nextInt(3) == 0) {
                store.archiving().sealOpen();
            }
        } while (!done.get());
        return stored;
    }

    @Test
    void condemnedContainerThatMovedIsDeletedWhereItIs() throws IOException {
        fill(0, 1);
        StoredSnapshot gone = store.manifests().list().getFirst();
        fill(1, 2);
        store.manifests().forget(gone);
        GarbageCollector.Rules all = new GarbageCollector.Rules(100, 0);
        try (BackupSession _ = store.openBackup(2, "two")) {
            assertThat(store.collector()
                            .collect(all, (what, done, total) -> {}, () -> false)
                            .waiting())
                    .isPositive();
            states(Volume.State.DRAINING, Volume.State.ACTIVE);
            assertThat(drain(0).empty()).isTrue();
        }
        assertThat(store.collector()
                        .collect(all, (what, done, total) -> {}, () -> false)
                        .deleted())
                .isPositive();
        assertThat(containers(1)).hasSize(2);
        assertThat(containers(0)).isEmpty();
        assertWhole(2);
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void damagedContainerIsHealedOnItsWay() throws IOException {
        fill(0, 1);
        DirectoryArchive archive = new DirectoryArchive(dir.resolve("archive"));
        archive.store(store.archiving());
        reopen(archive);
        damage(containers(0).getFirst());
        states(Volume.State.DRAINING, Volume.State.ACTIVE);
        Drain.Outcome outcome = drain(0);
        assertThat(outcome.empty()).isTrue();
        assertThat(outcome.damaged()).isEmpty();
        assertWhole(1);
    }

    @Test
    void damagedContainerThatIsInNoArchiveMovesAsItIs() throws IOException {
        fill(0, 1);
        damage(containers(0).getFirst());
        states(Volume.State.DRAINING, Volume.State.ACTIVE);
        Drain.Outcome outcome = drain(0);
        assertThat(outcome.empty()).isTrue();
        assertThat(outcome.damaged()).hasSize(1);
        assertThat(store.damage().take()).containsOnlyKeys(outcome.damaged().getFirst());
    }

    @Test
    void containerThatIsThereTwiceAfterACrashIsLeftOnce() throws IOException {
        fill(0, 1);
        long used = store.usedBytes();
        List<Path> first = containers(0);
        for (Path each : first) {
            copyToOther(each);
        }
        Path draft = Volumes.draft(first.getFirst());
        Files.write(draft, new byte[10]);
        damage(first.getFirst());
        reopen(ContainerArchive.NONE);
        assertThat(draft).doesNotExist();
        // The copy that the index does not know is whole where the other is not.
        assertThat(first.getFirst()).doesNotExist();
        assertThat(containers(1)).hasSize(1);
        assertThat(containers(0)).hasSize(1);
        assertThat(store.usedBytes()).isEqualTo(used);
        assertWhole(1);
    }

    private void copyToOther(Path container) throws IOException {
        Path root = fixture.data.resolve("volume0");
        Path copy = fixture.data.resolve("volume1").resolve(root.relativize(container));
        Files.createDirectories(copy.getParent());
        Files.copy(container, copy);
    }

    @Test
    void indexThatIsMadeAnewSettlesContainersThatAreThereTwice() throws IOException {
        fill(0, 1);
        for (Path each : containers(0)) {
            copyToOther(each);
        }
        store.close();
        Store.discardIndex(fixture.config());
        store = fixture.open();
        assertThat(containers(0)).hasSize(2);
        assertThat(containers(1)).isEmpty();
        assertWhole(1);
    }

    @Test
    void volumeThatIsNotMountedAnyMoreIsNotWrittenTo() throws IOException {
        Path root = fixture.data.resolve("volume0");
        fill(1, 1);
        states(Volume.State.ACTIVE, Volume.State.ACTIVE);
        Path away = dir.resolve("away");
        Files.move(root, away);
        Files.createDirectory(root);
        for (int seed = 2; seed < 5; seed++) {
            StoreFixture.backup(store, 1, files(seed));
            store.archiving().sealOpen();
        }
        assertThat(store.lookForVolumes()).containsOnlyKeys(0);
        assertThat(root).isEmptyDirectory();
        Files.delete(root);
        Files.move(away, root);
        assertThat(store.lookForVolumes()).isEmpty();
        assertWhole(1, 2, 3, 4);
    }

    @Test
    void lostVolumeIsReplacedFromTheArchiveAndTheRestIsForgotten() throws IOException {
        fill(0, 1);
        DirectoryArchive archive = new DirectoryArchive(dir.resolve("archive"));
        archive.store(store.archiving());
        fill(1, 2);
        fill(0, 3);
        List<Integer> archived = store.archiving().local().stream()
                .map(Archiving.Local::number)
                .filter(number -> Files.exists(dir.resolve("archive/" + number)))
                .toList();
        reopen(archive);
        Files.move(fixture.data.resolve("volume0"), dir.resolve("dead"));
        assertThat(store.lookForVolumes()).containsOnlyKeys(0);
        LostVolume.Outcome plan = store.lostVolume().plan(0);
        assertThat(plan.fetched()).isEqualTo(archived.size());
        assertThat(plan.lost()).hasSize(2);
        states(Volume.State.LOST, Volume.State.ACTIVE);
        // From the archive, before anything was fetched.
        StoreReads.assertReadable(store, 1, files(1));
        LostVolume.Outcome outcome = store.lostVolume().fetch(0, (what, done, total) -> {}, () -> false);
        assertThat(outcome.fetched()).isEqualTo(archived.size());
        assertThat(outcome.lost()).isEqualTo(plan.lost());
        assertThat(store.lostVolume().discard(outcome.lost())).isPositive();
        assertThat(store.lostVolume().plan(0)).isEqualTo(new LostVolume.Outcome(0, 0, List.of()));
        store.changeVolumes(new VolumeList(List.of(volume(1, Volume.State.ACTIVE))));
        StoreReads.assertReadable(store, 1, files(1));
        StoreReads.assertReadable(store, 1, files(2));
        // What is lost is sent again.
        StoreFixture.backup(store, 1, files(3));
        assertWhole(1, 2, 3);
        long onVolumes = bytesOnVolumes();
        assertThat(store.usedBytes()).isEqualTo(onVolumes);
    }

    private long bytesOnVolumes() throws IOException {
        store.archiving().sealOpen();
        return store.archiving().local().stream()
                .mapToLong(Archiving.Local::bytes)
                .sum();
    }
}
