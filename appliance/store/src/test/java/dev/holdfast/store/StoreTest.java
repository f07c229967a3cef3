package dev.holdfast.store;

import static dev.holdfast.store.StoreReads.assertReadable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.ingest.DigestMismatchException;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.ingest.UnknownChunkException;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreTest {
    @TempDir
    Path dir;

    private static List<byte[]> files(long seed, int count) {
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> StoreFixture.random(random.nextLong(), 1 + random.nextInt(200_000)))
                .toList();
    }

    private static byte[] read(Store store, int node, Digest digest) throws IOException {
        ChunkReader reader = store.reader();
        List<List<ChunkReader.Wanted>> runs = reader.plan(reader.locate(node, List.of(digest)));
        return reader.verified(digest, reader.read(runs.getFirst()).getFirst());
    }

    @Test
    void whatIsCommittedSurvivesRestartAndIsStoredOnce() throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        List<byte[]> files = files(1, 300);
        StoredSnapshot first;
        long used;
        try (Store store = fixture.open()) {
            first = StoreFixture.backup(store, 1, files);
            used = store.usedBytes();
            StoreFixture.backup(store, 1, files);
            StoreFixture.backup(store, 2, files);
            assertThat(store.usedBytes() - used).isLessThan(10_000);
            assertReadable(store, 1, files);
        }
        try (Store store = fixture.open()) {
            assertThat(fixture.warnings).isEmpty();
            assertReadable(store, 1, files);
            assertReadable(store, 2, files);
            assertThat(store.manifests().list(1))
                    .hasSize(2)
                    .first()
                    .usingRecursiveComparison()
                    .isEqualTo(first);
            assertThat(store.manifests().list(2)).hasSize(1);
            assertThat(store.manifests().find(2, first.id())).isEmpty();
        }
    }

    @Test
    void aNodeSeesOnlyWhatItStored() throws IOException {
        byte[] secret = StoreFixture.random(5, 1000);
        Digest digest = HashAlgorithm.NEWEST.digest(secret);
        try (Store store = new StoreFixture(dir).open()) {
            StoreFixture.backup(store, 1, List.of(secret));
            try (BackupSession session = store.openBackup(2, "two")) {
                assertThat(session.known(List.of(digest))).containsExactly(false);
                assertThatThrownBy(() -> read(store, 2, digest)).hasMessageContaining("not in the store");
                PageRef page = store.manifests()
                        .open(store.manifests().list().getFirst())
                        .pages(0, 1)
                        .getFirst();
                assertThatThrownBy(() -> session.addPages(List.of(page))).isInstanceOf(UnknownChunkException.class);
                byte[] pageBytes = store.reader().readVerified(page.digest());
                assertThatThrownBy(() -> session.put(ChunkKind.PAGE, page.digest(), Packed.raw(pageBytes)))
                        .isInstanceOf(UnknownChunkException.class);
                // Sending the bytes is the proof of possession.
                StoreFixture.put(session, secret);
                assertThat(session.known(List.of(digest))).containsExactly(true);
            }
            assertThat(store.usedBytes()).isLessThan(3000);
        }
    }

    @Test
    void lyingClientsAreRefused() throws IOException {
        try (Store store = new StoreFixture(dir).open();
                BackupSession session = store.openBackup(1, "one")) {
            byte[] data = StoreFixture.random(1, 100);
            Digest wrong = HashAlgorithm.NEWEST.digest(new byte[] {1});
            assertThatThrownBy(() -> session.put(ChunkKind.DATA, wrong, Packed.raw(data)))
                    .isInstanceOf(DigestMismatchException.class);
            assertThat(session.known(List.of(wrong))).containsExactly(false);
            assertThatThrownBy(() -> session.put(ChunkKind.ROOT, HashAlgorithm.NEWEST.digest(data), Packed.raw(data)))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> session.put(ChunkKind.PAGE, HashAlgorithm.NEWEST.digest(data), Packed.raw(data)))
                    .isInstanceOf(IOException.class);
            PageRef unknown = new PageRef(TreePath.ROOT, false, wrong, 1, 1);
            assertThatThrownBy(() -> session.addPages(List.of(unknown))).isInstanceOf(UnknownChunkException.class);
            assertThatThrownBy(() -> session.commit(new byte[] {99})).isInstanceOf(IOException.class);
            assertThat(store.manifests().list()).isEmpty();
        }
    }

    @Test
    void manyThreadsStoreTheSameChunksOnce() throws Exception {
        List<byte[]> files = files(3, 400);
        try (Store store = new StoreFixture(dir).open();
                ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Callable<StoredSnapshot>> backups = new ArrayList<>();
            for (int node = 1; node <= 8; node++) {
                int number = node;
                backups.add(() -> StoreFixture.backup(store, number, files));
            }
            for (Future<StoredSnapshot> done : pool.invokeAll(backups)) {
                assertThat(done.get().pages()).isPositive();
            }
            long raw = files.stream().mapToLong(f -> f.length + 100).sum();
            assertThat(store.usedBytes()).isLessThan(raw + 100_000);
            for (int node = 1; node <= 8; node++) {
                assertReadable(store, node, files);
            }
        }
    }

    /** Every file as it was at a moment when data had been acknowledged as durable, and no more than that. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatWasAcknowledgedSurvivesACrash(long seed) throws IOException {
        StoreFixture fixture = new StoreFixture(dir.resolve("a"));
        List<byte[]> acknowledged = files(seed, 50);
        StoreFixture crashed;
        StoredSnapshot committed;
        try (Store store = fixture.open()) {
            committed = StoreFixture.backup(store, 1, acknowledged.subList(0, 20));
            try (BackupSession session = store.openBackup(1, "one")) {
                long sequence = 0;
                for (byte[] data : acknowledged) {
                    sequence = session.put(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(data), Packed.raw(data));
                }
                while (session.durable() < sequence) {
                    Thread.onSpinWait();
                }
                crashed = fixture.crashCopy(dir.resolve("b"));
            }
        }
        // What was written behind the last sync may be torn anywhere.
        Random random = new Random(seed);
        for (Path open : crashed.files(".open")) {
            byte[] tail = StoreFixture.random(seed, random.nextInt(5000));
            Files.write(open, tail, java.nio.file.StandardOpenOption.APPEND);
        }
        try (Store store = crashed.open()) {
            assertThat(crashed.warnings).isNotEmpty();
            assertReadable(store, 1, acknowledged);
            assertThat(store.manifests().list(1)).usingRecursiveComparison().isEqualTo(List.of(committed));
            assertThat(crashed.files(".open")).isEmpty();
            StoreFixture.backup(store, 1, files(seed + 100, 20));
            assertThat(store.checker().run(true, (a, b, c) -> {}).findings()).isEmpty();
        }
    }

    @Test
    void theIndexCanBeRebuiltFromContainersAndManifests() throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        List<byte[]> shared = files(7, 100);
        List<byte[]> own = files(8, 30);
        List<StoredSnapshot> before;
        try (Store store = fixture.open()) {
            StoreFixture.backup(store, 1, shared);
            StoreFixture.backup(store, 2, shared);
            StoreFixture.backup(store, 2, own);
            before = store.manifests().list();
        }
        Store.discardIndex(fixture.config());
        assertThat(fixture.config().index()).doesNotExist();
        try (Store store = fixture.open()) {
            assertThat(store.manifests().list()).usingRecursiveComparison().isEqualTo(before);
            assertReadable(store, 1, shared);
            assertReadable(store, 2, shared);
            assertReadable(store, 2, own);
            assertThatThrownBy(() -> read(store, 1, HashAlgorithm.NEWEST.digest(own.getFirst())))
                    .hasMessageContaining("not in the store");
            assertThat(store.checker().run(true, (a, b, c) -> {}).findings()).isEmpty();
        }
        assertThat(fixture.config().rebuildMarker()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void aFlippedBitInAContainerIsNamedAndTheRestIsRead(long seed) throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        List<byte[]> files = files(seed, 40);
        try (Store store = fixture.open()) {
            StoreFixture.backup(store, 1, files);
        }
        Random random = new Random(seed);
        Path container = fixture.files(".hfc").stream()
                .max((a, b) -> Long.compare(a.toFile().length(), b.toFile().length()))
                .orElseThrow();
        byte[] bytes = Files.readAllBytes(container);
        int at = 64 + random.nextInt(bytes.length - 128);
        bytes[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(container, bytes);
        try (Store store = fixture.open()) {
            Checker.Report report = store.checker().run(true, (a, b, c) -> {});
            assertThat(report.findings()).isNotEmpty();
            assertThat(report.findings().getFirst().file()).isEqualTo(container.toString());
            int unreadable = 0;
            for (byte[] file : files) {
                try {
                    assertThat(read(store, 1, HashAlgorithm.NEWEST.digest(file)))
                            .isEqualTo(file);
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining(container.toString());
                    unreadable++;
                }
            }
            assertThat(unreadable).isLessThanOrEqualTo(1);
            if (unreadable == 1) {
                Finding finding = report.findings().getFirst();
                assertThat(finding.kind()).isEqualTo(Finding.Kind.CHUNK);
                assertThat(finding.hurts())
                        .hasSize(1)
                        .first()
                        .extracting(Finding.Hurt::path)
                        .asString()
                        .startsWith("/f");
            }
        }
    }

    @Test
    void aDamagedManifestIsNamedAndTheOthersStay() throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        try (Store store = fixture.open()) {
            StoreFixture.backup(store, 1, files(1, 10));
            StoreFixture.backup(store, 1, files(2, 10));
        }
        Path manifest = fixture.files(".hfs").getFirst();
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[100] ^= 1;
        Files.write(manifest, bytes);
        try (Store store = fixture.open()) {
            Checker.Report report = store.checker().run(false, (a, b, c) -> {});
            assertThat(report.findings()).hasSize(1);
            assertThat(report.findings().getFirst().kind()).isEqualTo(Finding.Kind.MANIFEST);
            assertThat(report.findings().getFirst().file()).isEqualTo(manifest.toString());
        }
    }

    @Test
    void capacityIsEnforcedAndHarmless() throws IOException {
        Path profile = dir.resolve("tiny.json");
        Files.writeString(profile, tinyProfile());
        StoreFixture fixture = new StoreFixture(dir.resolve("data"), profile.toString(), 1);
        List<byte[]> small = files(1, 5);
        try (Store store = fixture.open()) {
            StoreFixture.backup(store, 1, small);
            assertThatThrownBy(() -> StoreFixture.backup(store, 1, files(2, 200)))
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("capacity");
            assertReadable(store, 1, small);
            assertThat(store.manifests().list()).hasSize(1);
        }
    }

    private static String tinyProfile() throws IOException {
        try (var in = dev.holdfast.profile.HardwareProfile.class.getResourceAsStream("dev.json")) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    .replace("200 GB", "4 MB")
                    .replace("\"name\": \"dev\"", "\"name\": \"tiny\"");
        }
    }

    @Test
    void aRepeatedBackupAsksTheIndexForFewOfItsChunks() throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        List<byte[]> files = IntStream.range(0, 4000)
                .mapToObj(i -> StoreFixture.random(i, 500))
                .toList();
        try (Store store = fixture.open()) {
            StoreFixture.backup(store, 1, files);
        }
        try (Store store = fixture.open();
                BackupSession session = store.openBackup(1, "one")) {
            List<Digest> digests =
                    files.stream().map(HashAlgorithm.NEWEST::digest).toList();
            for (int at = 0; at < digests.size(); at += 128) {
                assertThat(session.known(digests.subList(at, Math.min(digests.size(), at + 128))))
                        .doesNotContain(false);
            }
            assertThat(store.lookUps().near()).isGreaterThan(3600);
            assertThat(store.lookUps().inIndex()).isLessThan(400);
        }
    }

    @Test
    void aVolumeThatWasBegunIsFinishedAndAUsedOneLeftAlone() throws IOException {
        java.util.UUID vault = java.util.UUID.randomUUID();
        Path volume = dir.resolve("begun");
        Files.createDirectories(volume.resolve("containers"));
        Files.write(volume.resolve("volume.json.tmp"), new byte[3]);
        dev.holdfast.store.volume.Volumes.initialise(volume, vault, 0);
        assertThat(volume.resolve("volume.json")).exists();
        assertThatThrownBy(() -> dev.holdfast.store.volume.Volumes.initialise(volume, vault, 0))
                .hasMessageContaining("not empty");
        Path used = dir.resolve("used");
        Files.createDirectories(used.resolve("containers/00000"));
        assertThatThrownBy(() -> dev.holdfast.store.volume.Volumes.initialise(used, vault, 0))
                .hasMessageContaining("not empty");
    }

    @Test
    void aMissingVolumeIsNoEmptyStore() throws IOException {
        StoreFixture fixture = new StoreFixture(dir);
        fixture.open().close();
        Files.delete(dir.resolve("volume1/volume.json"));
        assertThatThrownBy(fixture::open)
                .hasMessageContaining("volume1")
                .hasMessageContaining("Mount it and start again");
    }
}
