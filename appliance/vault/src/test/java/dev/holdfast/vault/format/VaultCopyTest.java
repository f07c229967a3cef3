package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.VaultContainers;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vault on OSS and a copy of it elsewhere; what grows old in either. */
class VaultCopyTest {
    @TempDir
    private Path directory;

    private OssServer server;
    private ObjectStore first;
    private ObjectStore second;
    private Office office;
    private Journal journal;

    @BeforeEach
    void open() throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        first = new OssObjectStore(server.location("office"), server.admit("LTAItest", ""));
        second = new FileObjectStore(directory.resolve("copy"));
        office = Office.open(directory.resolve("office"), first);
        journal = new Journal(directory.resolve("copy.db"));
    }

    @AfterEach
    void close() throws Exception {
        journal.close();
        office.close();
        second.close();
        first.close();
        server.close();
    }

    private VaultWriter.Summary copy(Selection selection) throws IOException {
        List<String> warnings = new ArrayList<>();
        try (VaultWriter writer = new VaultWriter(
                second,
                office.keys,
                () -> office.keyring,
                journal,
                office.store.archiving(),
                office.store.manifests(),
                new LocalDisk(),
                () -> "control".getBytes(StandardCharsets.UTF_8),
                new VaultWriter.Options(4, StorageClass.STANDARD, Throttle.NONE, VaultWriter.Guard.NONE))) {
            VaultWriter.Summary summary = writer.run(selection, new VaultWriter.Progress() {
                @Override
                public void containers(long done, long total, long bytes) {}

                @Override
                public void published(long sequence, int containers, int snapshots) {}

                @Override
                public void warning(Phrase what) {
                    warnings.add(what.english());
                }
            });
            assertThat(warnings).isEmpty();
            return summary;
        }
    }

    private static List<byte[]> files(long seed) {
        return VaultContract.files(seed, 10, 60_000);
    }

    private List<UUID> inCopy() throws IOException {
        VaultRecovery recovery = VaultRecovery.open(second, Office.recoveryKey(), 0);
        try (var keys = recovery.keys()) {
            assertThat(keys.id()).isEqualTo(office.keys.id());
            return List.copyOf(recovery.snapshots().keySet());
        }
    }

    private Office recoverFromCopy(String name) throws IOException {
        VaultRecovery recovery = VaultRecovery.open(second, Office.recoveryKey(), 0);
        Office recovered = Office.forRecovery(directory.resolve(name), second, recovery);
        recovery.takeOver(recovered.journal);
        recovery.fillManifests(recovered.journal, recovered.store.manifests(), (what, done, total) -> {});
        recovery.fillIndex(recovered.journal, recovered.store.archiving(), (what, done, total) -> {});
        recovered.store.recovered(recovered.progress());
        return recovered;
    }

    private void evictAll() throws IOException {
        for (Archiving.Local container : office.store.archiving().local()) {
            office.store.archiving().evict(container.number());
        }
    }

    @Test
    void aCopyOfSomeNodesIsAWholeVaultEvenOfWhatLeftTheVolumes() throws IOException {
        StoredSnapshot wanted = StoreFixture.backup(office.store, 1, files(1));
        StoredSnapshot other = StoreFixture.backup(office.store, 2, files(2));
        office.upload();
        evictAll();
        Selection nodes = new Selection(List.of("node-1*", "db-?"), Duration.ZERO, null);
        assertThat(copy(nodes).snapshots()).isEqualTo(1);
        assertThat(inCopy()).containsExactly(wanted.id());
        StoredSnapshot tail = StoreFixture.backup(office.store, 1, files(3));
        assertThat(copy(nodes).snapshots()).isEqualTo(1);
        assertThat(copy(nodes)).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
        assertThat(inCopy()).containsExactlyInAnyOrder(wanted.id(), tail.id()).doesNotContain(other.id());
        assertThat(new VaultCheck(second, (what, done, total) -> {})
                        .run(Office.recoveryKey(), true)
                        .findings())
                .isEmpty();
        try (Office recovered = recoverFromCopy("elsewhere")) {
            VaultContract.assertSame(recovered.files(wanted), files(1));
            VaultContract.assertSame(recovered.files(tail), files(3));
        }
    }

    @Test
    void youngSnapshotsWaitAndOldOnesLeaveByTheCopysOwnRule() throws IOException {
        StoredSnapshot old = StoreFixture.backup(office.store, 1, files(1));
        assertThat(copy(new Selection(List.of(), Duration.ofHours(1), null)))
                .isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
        Selection year = new Selection(List.of(), Duration.ZERO, Duration.ofDays(365));
        assertThat(copy(year).snapshots()).isEqualTo(1);
        // Forgotten at the office, and in its vault; not here.
        office.upload();
        office.forget(old);
        office.upload();
        copy(year);
        assertThat(inCopy()).containsExactly(old.id());
        // The newest of a node never leaves by age.
        assertThat(copy(new Selection(List.of(), Duration.ZERO, Duration.ZERO)).roots())
                .isZero();
        StoredSnapshot newer = StoreFixture.backup(office.store, 1, files(2));
        assertThat(copy(year).snapshots()).isEqualTo(1);
        assertThat(copy(new Selection(List.of(), Duration.ZERO, Duration.ZERO)).roots())
                .isEqualTo(1);
        assertThat(inCopy()).containsExactly(newer.id());
        assertThat(copy(year)).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
    }

    private StoredSnapshot series(long bytes, String uuid) throws Exception {
        TreePath source = TreePath.parse("/vm");
        SnapshotSummary summary = new SnapshotSummary(
                "vm",
                "test",
                1,
                2,
                List.of(source),
                List.of(),
                new SnapshotSummary.Counts(bytes == 0 ? 0 : 1, 1, 0, bytes, 0, 0, 0, 0, 0),
                List.of(),
                List.of(),
                List.of(new SourceMount(source, "ext4", "UUID " + uuid, source, TreePath.ROOT)));
        try (BackupSession session = office.store.openBackup(1, "node-1")) {
            StoredSnapshot made = session.commit(summary.encode());
            // Snapshots of one millisecond have no order.
            Thread.sleep(2);
            return made;
        }
    }

    @Test
    void emptiedSourceDoesNotMakeTheLastSnapshotWithDataExpire() throws Exception {
        Selection year = new Selection(List.of(), Duration.ZERO, Duration.ofDays(365));
        Selection none = new Selection(List.of(), Duration.ZERO, Duration.ZERO);
        StoredSnapshot older = series(1000, "a");
        StoredSnapshot good = series(1000, "a");
        StoredSnapshot former = series(1000, "b");
        StoredSnapshot last = series(1000, "a");
        StoredSnapshot empty = series(0, "a");
        StoredSnapshot newest = series(0, "a");
        assertThat(copy(year).snapshots()).isEqualTo(6);
        // It does not matter whether the office still has them.
        office.forget(older);
        office.forget(good);
        office.forget(former);
        office.forget(last);
        copy(none);
        assertThat(inCopy())
                .containsExactlyInAnyOrder(former.id(), last.id(), newest.id())
                .doesNotContain(empty.id());
        assertThat(copy(none)).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
    }

    @Test
    void copyThatComesLateGetsTheLastSnapshotWithDataHoweverOldItIs() throws Exception {
        StoredSnapshot older = series(1000, "a");
        StoredSnapshot good = series(1000, "a");
        series(0, "a");
        Thread.sleep(5);
        Selection young = new Selection(List.of(), Duration.ZERO, Duration.ofMillis(1));
        copy(young);
        assertThat(inCopy()).contains(good.id()).doesNotContain(older.id());
        assertThat(copy(young)).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
        Selection waiting = new Selection(List.of(), Duration.ofHours(1), Duration.ofMillis(1));
        StoredSnapshot waits = series(2000, "a");
        copy(waiting);
        assertThat(inCopy()).doesNotContain(waits.id());
    }

    @Test
    void aLostCatalogueDoesNotStopACopyWithARuleOfItsOwn() throws IOException {
        Selection year = new Selection(List.of(), Duration.ZERO, Duration.ofDays(365));
        StoredSnapshot forgotten = StoreFixture.backup(office.store, 1, files(1));
        copy(year);
        StoredSnapshot kept = StoreFixture.backup(office.store, 1, files(2));
        copy(year);
        office.forget(forgotten);
        UUID lost = Roots.newest(second)
                .orElseThrow()
                .root()
                .catalogues()
                .getFirst()
                .id();
        second.delete(ObjectKind.CATALOGUE.keys(lost));
        // Its time is over, and nothing tells any more whether another replaces it: it stays.
        Selection over = new Selection(List.of(), Duration.ZERO, Duration.ZERO);
        try (VaultWriter writer = office.writer(second, journal)) {
            assertThat(writer.expired(over)).isEmpty();
            writer.verifyNext();
            writer.run(over, office.writing());
        }
        assertThat(inCopy()).containsExactlyInAnyOrder(forgotten.id(), kept.id());
        assertThat(new VaultCheck(second, (what, done, total) -> {})
                        .run(Office.recoveryKey(), true)
                        .findings())
                .isEmpty();
    }

    @Test
    void whatTheVaultCannotGiveIsReadFromItsCopy() throws IOException {
        StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        copy(Selection.ALL);
        try (VaultContainers both = new VaultContainers(
                List.of(new VaultContainers.Copy(first, office.journal), new VaultContainers.Copy(second, journal)),
                office.keys,
                directory.resolve("cache"),
                64 << 20)) {
            for (Archiving.Local container : office.store.archiving().local()) {
                String key = ObjectKind.CONTAINER.key(office.journal
                        .containers()
                        .find(container.number())
                        .orElseThrow()
                        .id());
                server.lose("office/" + key);
                ByteBuffer found = ByteBuffer.allocate((int) container.bytes());
                try (Disk.DiskFile file = both.open(container.number())) {
                    assertThat(file.read(found, 0)).isEqualTo((int) container.bytes());
                }
                assertThat(found.array()).isEqualTo(Files.readAllBytes(container.file()));
                // The vault itself becomes whole again, and somebody is told.
                assertThat(both.damaged()).containsExactly(container.number());
                assertThat(both.repair(container.number()).orElseThrow().english())
                        .contains(key, second.url());
                assertThat(both.damaged()).isEmpty();
            }
            assertThat(new VaultCheck(first, (what, done, total) -> {})
                            .run(Office.recoveryKey(), true)
                            .findings())
                    .isEmpty();
        }
    }

    @Test
    void whoReadsGoesOnWithTheVaultsThatAreLeft() throws Exception {
        StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        copy(Selection.ALL);
        Archiving.Local container = office.store.archiving().local().getFirst();
        VaultContainers.Copy vault = new VaultContainers.Copy(first, office.journal);
        VaultContainers.Copy copy = new VaultContainers.Copy(second, journal);
        try (VaultContainers remote =
                        new VaultContainers(List.of(vault), office.keys, directory.resolve("cache"), 64 << 20);
                Disk.DiskFile file = remote.open(container.number())) {
            ByteBuffer start = ByteBuffer.allocate(100);
            assertThat(file.read(start, 0)).isEqualTo(100);
            // What was read is in the cache no more.
            remote.suspect(container.number());
            remote.readFrom(List.of(copy));
            vault.uses().close();
            assertThat(vault.uses().ended(Duration.ZERO)).isTrue();
            ByteBuffer found = ByteBuffer.allocate((int) container.bytes());
            assertThat(file.read(found, 0)).isEqualTo((int) container.bytes());
            assertThat(found.array()).isEqualTo(Files.readAllBytes(container.file()));
            assertThat(remote.damaged()).isEmpty();
            // The copy knows that the container is there no more; the vault that is closed is not asked.
            remote.dropped(container.number());
            assertThat(journal.containers().numbers()).doesNotContain(container.number());
            assertThat(office.journal.containers().numbers()).contains(container.number());
            remote.readFrom(List.of());
            assertThatThrownBy(() -> remote.open(container.number())).isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void oldContainersOfDataGoToColderClassesAndMetadataNever() throws IOException {
        StoredSnapshot snapshot = StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        Cooling cooling = new Cooling(first, office.journal);
        List<Cooling.Rule> rules = List.of(
                new Cooling.Rule(Duration.ofDays(30), StorageClass.INFREQUENT),
                new Cooling.Rule(Duration.ofDays(90), StorageClass.ARCHIVE));
        long now = System.currentTimeMillis();
        assertThat(cooling.run(rules, now + Duration.ofDays(29).toMillis(), () -> false))
                .isZero();
        assertThat(classes()).containsOnlyKeys(StorageClass.STANDARD);
        assertThat(cooling.run(rules, now + Duration.ofDays(31).toMillis(), () -> false))
                .isEqualTo(1);
        assertThat(classes()).containsOnlyKeys(StorageClass.STANDARD, StorageClass.INFREQUENT);
        assertThat(cooling.run(rules, now + Duration.ofDays(31).toMillis(), () -> false))
                .isZero();
        assertThat(cooling.run(rules, now + Duration.ofDays(91).toMillis(), () -> false))
                .isEqualTo(1);
        assertThat(classes()).containsEntry(StorageClass.ARCHIVE, 1L).doesNotContainKey(StorageClass.INFREQUENT);
        assertThat(office.journal.containers().bytesByClass())
                .containsOnlyKeys(StorageClass.STANDARD, StorageClass.ARCHIVE);
        // Metadata can still be read, and with data on the volumes so can everything.
        VaultContract.assertSame(office.files(snapshot), files(1));
    }

    @Test
    void classesAreLeftAfterTheirLeastTimeAndLearntWhereNobodyNotedThem() throws IOException {
        StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        Cooling cooling = new Cooling(first, office.journal);
        List<Cooling.Rule> rules = List.of(
                new Cooling.Rule(Duration.ofDays(10), StorageClass.INFREQUENT),
                new Cooling.Rule(Duration.ofDays(20), StorageClass.ARCHIVE));
        long now = System.currentTimeMillis();
        assertThat(cooling.run(rules, now + Duration.ofDays(11).toMillis(), () -> false))
                .isEqualTo(1);
        // IA is charged for 30 days, so the rule waits for them.
        assertThat(cooling.run(rules, now + Duration.ofDays(40).toMillis(), () -> false))
                .isZero();
        for (StoredContainer each : office.journal.containers().published()) {
            office.journal.containers().storedInUnknownClass(each.id(), true, now);
        }
        assertThat(office.journal.containers().bytesByClass()).containsOnlyKeys(StorageClass.STANDARD);
        cooling.learn(now + Duration.ofDays(41).toMillis());
        assertThat(office.journal.containers().inUnknownClass()).isEmpty();
        assertThat(office.journal.containers().bytesByClass()).containsKey(StorageClass.INFREQUENT);
        assertThat(cooling.run(rules.subList(1, 2), now + Duration.ofDays(70).toMillis(), () -> false))
                .isEqualTo(1);
        assertThat(classes()).containsEntry(StorageClass.INFREQUENT, 1L);
        assertThat(cooling.run(rules, now + Duration.ofDays(72).toMillis(), () -> false))
                .isEqualTo(1);
        assertThat(classes()).doesNotContainKey(StorageClass.INFREQUENT);
    }

    private Map<StorageClass, Long> classes() throws IOException {
        return first.list("", "", 1000).objects().stream()
                .collect(java.util.stream.Collectors.groupingBy(
                        each -> each.storageClass(), java.util.stream.Collectors.counting()));
    }
}
