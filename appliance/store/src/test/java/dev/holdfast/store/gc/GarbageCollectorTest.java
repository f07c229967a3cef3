package dev.holdfast.store.gc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.archive.DirectoryArchive;
import dev.holdfast.store.fault.ForwardingDisk;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GarbageCollectorTest {
    private static final GarbageCollector.Rules ALL = new GarbageCollector.Rules(100, 0);

    @TempDir
    private Path dir;

    private StoreFixture fixture;
    private Store store;

    @BeforeEach
    void open() throws IOException {
        fixture = new StoreFixture(dir);
        store = fixture.open();
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private static List<byte[]> files(int seed, int count) {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(StoreFixture.random(seed * 1000L + i, 20_000));
        }
        return files;
    }

    private GarbageCollector.Outcome collect() throws IOException {
        return store.collector().collect(ALL, (what, done, total) -> {}, () -> false);
    }

    private GarbageCollector.Survey survey() throws IOException {
        return store.collector().survey(ALL, each -> false, (what, done, total) -> {}, () -> false);
    }

    private void assertWhole() throws IOException {
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    private boolean[] known(int node, List<byte[]> files) throws IOException {
        try (BackupSession session = store.openBackup(node, "node-" + node)) {
            return session.known(
                    files.stream().map(HashAlgorithm.NEWEST::digest).toList());
        }
    }

    @Test
    void whatNoSnapshotRefersToGoesAndTheRestStays() throws IOException {
        List<byte[]> shared = files(1, 10);
        List<byte[]> own = new ArrayList<>(files(2, 10));
        own.addAll(shared);
        StoredSnapshot gone = StoreFixture.backup(store, 1, own);
        StoreFixture.backup(store, 2, shared);
        store.archiving().sealOpen();
        long before = store.usedBytes();
        assertThat(collect().deleted()).isZero();
        store.manifests().forget(gone);
        GarbageCollector.Survey survey = survey();
        assertThat(survey.deadBytes()).isBetween(200_000L, 210_000L);
        assertThat(store.usedBytes()).isEqualTo(before);
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.warnings()).isEmpty();
        assertThat(outcome.waiting()).isZero();
        assertThat(outcome.freedBytes()).isBetween(190_000L, 220_000L);
        assertThat(store.usedBytes()).isBetween(before - 220_000, before - 190_000);
        StoreReads.assertReadable(store, 2, shared);
        assertThat(known(2, shared)).doesNotContain(false);
        assertThat(known(1, files(2, 10))).doesNotContain(true);
        assertThat(survey().deadBytes()).isZero();
        assertThat(collect().deleted()).isZero();
        assertWhole();
        store.close();
        store = fixture.open();
        assertThat(fixture.warnings).isEmpty();
        StoreReads.assertReadable(store, 2, shared);
        assertWhole();
    }

    @Test
    void whatOnlyTheGraceKeepsIsTold() throws IOException {
        store.manifests().forget(StoreFixture.backup(store, 1, files(1, 10)));
        store.archiving().sealOpen();
        GarbageCollector.Outcome kept =
                store.collector().collect(GarbageCollector.Rules.DEFAULT, (what, done, total) -> {}, () -> false);
        assertThat(kept.deleted()).isZero();
        assertThat(kept.survey().freedBytes()).isZero();
        assertThat(kept.survey().youngBytes()).isBetween(200_000L, 220_000L);
        GarbageCollector.Outcome freed =
                store.collector().collect(new GarbageCollector.Rules(60, 0), (what, done, total) -> {}, () -> false);
        assertThat(freed.survey().youngBytes()).isZero();
        assertThat(freed.freedBytes()).isEqualTo(kept.survey().youngBytes());
    }

    @Test
    void theSimulationSaysWhatForgettingWouldFree() throws IOException {
        StoredSnapshot first = StoreFixture.backup(store, 1, files(1, 10));
        StoreFixture.backup(store, 1, files(2, 10));
        store.archiving().sealOpen();
        GarbageCollector.Survey now = survey();
        GarbageCollector.Survey then = store.collector()
                .survey(ALL, each -> each.id().equals(first.id()), (what, done, total) -> {}, () -> false);
        assertThat(now.deadBytes()).isZero();
        assertThat(then.deadBytes()).isBetween(200_000L, 210_000L);
        assertThat(store.manifests().list()).hasSize(2);
    }

    @Test
    void aSessionThatBeganBeforeMayStillUseWhatItWasToldIsThere() throws IOException {
        List<byte[]> files = files(1, 10);
        store.manifests().forget(StoreFixture.backup(store, 1, files));
        store.archiving().sealOpen();
        try (BackupSession early = store.openBackup(1, "one")) {
            assertThat(early.known(
                            files.stream().map(HashAlgorithm.NEWEST::digest).toList()))
                    .doesNotContain(false);
            GarbageCollector.Outcome outcome = collect();
            assertThat(outcome.deleted()).isZero();
            assertThat(outcome.waiting()).isPositive();
            // To one that begins now they are gone, and it stores its own.
            assertThat(known(1, files)).doesNotContain(true);
            assertThat(known(2, files)).doesNotContain(true);
            assertThat(early.known(
                            files.stream().map(HashAlgorithm.NEWEST::digest).toList()))
                    .doesNotContain(false);
            StoredSnapshot kept = StoreFixture.commitKnown(early, files);
            assertThat(kept.pages()).isPositive();
        }
        store.archiving().sealOpen();
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.deleted()).isPositive();
        assertThat(outcome.waiting()).isZero();
        StoreReads.assertReadable(store, 1, files);
        assertWhole();
    }

    @Test
    void whatIsStoredAnewWhileItIsCondemnedStays() throws IOException {
        List<byte[]> files = files(1, 10);
        store.manifests().forget(StoreFixture.backup(store, 1, files));
        store.archiving().sealOpen();
        try (BackupSession early = store.openBackup(3, "three")) {
            assertThat(collect().waiting()).isPositive();
            StoreFixture.backup(store, 2, files);
            assertThat(early.chunks()).isZero();
        }
        assertThat(collect().waiting()).isZero();
        StoreReads.assertReadable(store, 2, files);
        store.archiving().sealOpen();
        assertThat(collect().deleted()).isZero();
        StoreReads.assertReadable(store, 2, files);
        assertWhole();
    }

    @Test
    void aRestoreThatLocatedAChunkFindsItWhereItWasMovedTo() throws IOException {
        List<byte[]> kept = files(1, 5);
        List<byte[]> both = new ArrayList<>(files(2, 5));
        both.addAll(kept);
        StoredSnapshot gone = StoreFixture.backup(store, 1, both);
        StoreFixture.backup(store, 1, kept);
        store.archiving().sealOpen();
        List<Digest> digests = kept.stream().map(HashAlgorithm.NEWEST::digest).toList();
        List<ChunkReader.Wanted> located = store.reader().locate(1, digests);
        store.manifests().forget(gone);
        assertThat(collect().deleted()).isPositive();
        for (List<ChunkReader.Wanted> run : store.reader().plan(located)) {
            for (ChunkReader.Result result : store.reader().read(run)) {
                assertThat(store.reader().verified(digests.get(result.position()), result))
                        .isEqualTo(kept.get(result.position()));
            }
        }
    }

    @Test
    void whatWasStoredForABackupThatBrokeOffIsLeftForAWhile() throws IOException {
        List<byte[]> files = files(1, 10);
        try (BackupSession session = store.openBackup(1, "one")) {
            for (byte[] file : files) {
                session.put(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(file), Packed.raw(file));
            }
        }
        store.archiving().sealOpen();
        assertThat(store.collector()
                        .collect(GarbageCollector.Rules.DEFAULT, (what, done, total) -> {}, () -> false)
                        .deleted())
                .isZero();
        assertThat(known(1, files)).doesNotContain(false);
        assertThat(collect().deleted()).isPositive();
        assertThat(known(1, files)).doesNotContain(true);
    }

    @Test
    void afterARebuildWithADamagedManifestNothingIsCollected() throws IOException {
        store.manifests().forget(StoreFixture.backup(store, 1, files(1, 10)));
        StoreFixture.backup(store, 2, files(2, 10));
        store.close();
        Path manifest = fixture.files(".hfs").getFirst();
        byte[] whole = Files.readAllBytes(manifest);
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 1;
        Files.write(manifest, damaged);
        Store.discardIndex(fixture.config());
        store = fixture.open();
        long before = store.usedBytes();
        assertThatThrownBy(this::collect)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(manifest.getFileName().toString())
                .hasMessageContaining("heal");
        assertThat(store.usedBytes()).isEqualTo(before);
        Files.write(manifest, whole);
        assertThat(collect().deleted()).isPositive();
        StoreReads.assertReadable(store, 2, files(2, 10));
    }

    @Test
    void aManifestThatIsLostIsNotForgotten() throws IOException {
        StoreFixture.backup(store, 2, files(2, 10));
        StoreFixture.backup(store, 3, files(3, 10));
        store.close();
        Path manifest = fixture.files(".hfs").getFirst();
        Path elsewhere = dir.resolve("lost");
        Files.move(manifest, elsewhere);
        store = fixture.open();
        assertThat(fixture.warnings).anyMatch(warning -> warning.contains("was not forgotten"));
        long before = store.usedBytes();
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.deleted()).isZero();
        assertThat(outcome.warnings())
                .singleElement()
                .asString()
                .contains("missing, though it was not forgotten")
                .contains("is kept");
        assertThat(store.usedBytes()).isEqualTo(before);
        store.close();
        Files.move(elsewhere, manifest);
        store = fixture.open();
        assertThat(fixture.warnings).isEmpty();
        assertThat(collect().deleted()).isZero();
        assertThat(store.manifests().list()).hasSize(2);
        // Whoever does not want it back says so.
        Files.move(manifest, elsewhere);
        store.manifests()
                .forget(store.manifests().list().stream()
                        .filter(each -> manifest.toString().contains(each.id().toString()))
                        .findFirst()
                        .orElseThrow());
        assertThat(collect().deleted()).isPositive();
    }

    @Test
    void aContainerOfWhichSomethingIsMissingIsLeftAlone() throws IOException {
        StoredSnapshot gone = StoreFixture.backup(store, 1, files(1, 10));
        store.archiving().sealOpen();
        store.manifests().forget(gone);
        for (Path container : fixture.files(".hfc")) {
            byte[] bytes = Files.readAllBytes(container);
            Files.write(container, java.util.Arrays.copyOf(bytes, bytes.length * 2 / 3));
        }
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.deleted()).isZero();
        assertThat(outcome.warnings()).isNotEmpty();
    }

    @Test
    void aDamagedChunkStaysBehindAndTheRestOfItsContainerMoves() throws IOException {
        StoredSnapshot gone = StoreFixture.backup(store, 1, files(1, 10));
        StoreFixture.backup(store, 1, files(1, 3));
        store.archiving().sealOpen();
        store.manifests().forget(gone);
        for (Path container : fixture.files(".hfc")) {
            byte[] bytes = Files.readAllBytes(container);
            if (bytes.length > 150_000) {
                bytes[30_000] ^= 1;
                Files.write(container, bytes);
            }
        }
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.warnings()).anyMatch(warning -> warning.english().contains("since they are damaged"));
        assertThat(store.damage().take()).hasSize(1);
        // Unknown from now on, so that it is sent again; then nothing holds the container.
        assertThat(known(1, files(1, 3))).containsExactly(true, false, true);
        StoreFixture.backup(store, 1, files(1, 3));
        store.archiving().sealOpen();
        StoreReads.assertReadable(store, 1, files(1, 3));
        assertThat(collect().warnings()).isEmpty();
        assertWhole();
    }

    @Test
    void ownersOfWhatIsGoneAreForgottenToo() throws IOException {
        List<byte[]> files = files(1, 10);
        StoredSnapshot one = StoreFixture.backup(store, 1, files);
        StoredSnapshot two = StoreFixture.backup(store, 2, files);
        store.archiving().sealOpen();
        store.manifests().forget(one);
        store.manifests().forget(two);
        assertThat(collect().deleted()).isPositive();
        StoreFixture.backup(store, 3, files);
        assertThat(known(2, files)).doesNotContain(true);
        assertThat(known(1, files)).doesNotContain(true);
    }

    @Test
    void aDamagedPageKeepsWhatItsNodeStoredAndTheRestIsCollected() throws IOException {
        List<byte[]> shared = files(1, 5);
        // Node 2 owns these by having sent them too; node 1 stored them first, and is gone.
        StoredSnapshot first = StoreFixture.backup(store, 1, shared);
        List<byte[]> ofTwo = new ArrayList<>(files(2, 5));
        ofTwo.addAll(shared);
        StoreFixture.backup(store, 2, ofTwo);
        StoredSnapshot garbage = StoreFixture.backup(store, 3, files(3, 20));
        store.archiving().sealOpen();
        store.manifests().forget(first);
        store.manifests().forget(garbage);
        Digest page = pageOf(2);
        store.close();
        store = fixture.open();
        for (Path container : fixture.files(".hfc")) {
            flipInFrame(container, page);
        }
        long before = store.usedBytes();
        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.warnings())
                .anyMatch(warning -> warning.english().contains("everything that node 2 stored is kept"));
        assertThat(outcome.deleted()).isPositive();
        assertThat(store.usedBytes()).isLessThan(before - 350_000);
        StoreReads.assertReadable(store, 2, ofTwo);
        assertThat(known(3, files(3, 20))).doesNotContain(true);
    }

    @Test
    void whileTheIndexIsRecoveredNothingIsCollectedForWantOfAPage() throws IOException {
        List<byte[]> shared = files(1, 5);
        StoredSnapshot first = StoreFixture.backup(store, 1, shared);
        StoreFixture.backup(store, 2, shared);
        store.archiving().sealOpen();
        store.manifests().forget(first);
        Digest page = pageOf(2);
        store.close();
        for (Path container : fixture.files(".hfc")) {
            flipInFrame(container, page);
        }
        store = fixture.open();
        store.recovering();
        long before = store.usedBytes();
        assertThatThrownBy(this::collect).isInstanceOf(IOException.class).hasMessageContaining("recovered");
        assertThat(store.usedBytes()).isEqualTo(before);
        // Its page is still damaged, so that owners stay unknown: that is known after a restart too, and stops no
        // start.
        IndexRecovery.Progress quiet = new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {
                fixture.warnings.add(what);
            }
        };
        store.recovered(quiet);
        Path manifest = fixture.files(".hfs").getFirst();
        Path elsewhere = dir.resolve("lost");
        Files.move(manifest, elsewhere);
        store.close();
        store = fixture.open();
        assertThatThrownBy(this::collect).isInstanceOf(IOException.class);
        Files.move(elsewhere, manifest);
        StoreReads.assertReadable(store, 2, shared);
    }

    private Digest pageOf(int node) throws IOException {
        StoredSnapshot snapshot = store.manifests().list(node).getFirst();
        try (var manifest = store.manifests().open(snapshot)) {
            return manifest.pages(0, 1).getFirst().digest();
        }
    }

    /** Evicts whatever is on the volumes, at the n-th time that a container is closed. */
    private final class EvictingDisk extends ForwardingDisk {
        private final AtomicInteger left = new AtomicInteger();

        @Override
        public DiskFile open(Path file, boolean writable) throws IOException {
            return new ForwardingFile(super.open(file, writable)) {
                @Override
                public void close() throws IOException {
                    super.close();
                    if (left.decrementAndGet() == 0) {
                        for (Archiving.Local each : store.archiving().local()) {
                            store.archiving().evict(each.number());
                        }
                    }
                }
            };
        }
    }

    @Test
    void whatIsEvictedDuringACollectionIsCountedOnce() throws IOException {
        int collections = 0;
        for (boolean fired = true; fired; collections++) {
            store.close();
            fixture = new StoreFixture(dir.resolve("evicting" + collections));
            EvictingDisk disk = new EvictingDisk();
            DirectoryArchive archive = new DirectoryArchive(dir.resolve("archive" + collections));
            store = fixture.open(disk, archive);
            StoredSnapshot gone = StoreFixture.backup(store, 1, files(1, 10));
            store.archiving().sealOpen();
            StoreFixture.backup(store, 2, files(2, 10));
            store.archiving().sealOpen();
            archive.store(store.archiving());
            store.manifests().forget(gone);
            disk.left.set(collections + 1);
            long before = store.usedBytes();
            GarbageCollector.Outcome outcome = collect();
            fired = disk.left.getAndSet(0) <= 0;
            long onVolumes = store.archiving().local().stream()
                    .mapToLong(Archiving.Local::bytes)
                    .sum();
            assertThat(store.usedBytes()).as("eviction " + collections).isEqualTo(onVolumes);
            assertThat(outcome.freedBytes()).as("eviction " + collections).isLessThanOrEqualTo(before);
            StoreReads.assertReadable(store, 2, files(2, 10));
        }
        assertThat(collections).isGreaterThan(2);
    }

    /** Flips a bit behind the header of the frame that holds a chunk, where this container has it. */
    private void flipInFrame(Path container, Digest chunk) throws IOException {
        byte[] id = store.vault().chunkId(chunk).toBytes();
        byte[] bytes = Files.readAllBytes(container);
        for (int at = 64; at + 64 < bytes.length; at += 16) {
            if (java.util.Arrays.equals(bytes, at + 24, at + 56, id, 0, 32)) {
                bytes[at + 70] ^= 1;
                Files.write(container, bytes);
                return;
            }
        }
    }
}
