package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.Thaw;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultRefusedException.Reason;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a vault promises, wherever it lies. */
abstract class VaultContract {
    @TempDir
    protected Path directory;

    protected ObjectStore vault;

    protected abstract ObjectStore create() throws Exception;

    /** Of new vaults. */
    protected abstract HashAlgorithm hash();

    @BeforeEach
    void open() throws Exception {
        vault = create();
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    protected static List<byte[]> files(long seed, int count, int bytes) {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(StoreFixture.random(seed * 1000 + i, bytes));
        }
        return files;
    }

    protected static void assertSame(Map<String, byte[]> found, List<byte[]> expected) {
        assertThat(found).hasSize(expected.size());
        List<byte[]> values = List.copyOf(found.values());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(values.get(i)).isEqualTo(expected.get(i));
        }
    }

    protected Office recover(String name) throws IOException {
        VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        Office office = Office.forRecovery(directory.resolve(name), vault, recovery);
        recovery.takeOver(office.journal);
        recovery.fillManifests(office.journal, office.store.manifests(), (what, done, total) -> {});
        recovery.fillIndex(office.journal, office.store.archiving(), (what, done, total) -> {});
        office.store.recovered(office.progress());
        return office;
    }

    protected List<String> keys(String prefix) throws IOException {
        List<String> keys = new ArrayList<>();
        String after = "";
        while (true) {
            ObjectStore.Listing page = vault.list(prefix, after, 500);
            page.objects().forEach(each -> keys.add(each.key()));
            if (page.last()) {
                return keys;
            }
            after = keys.getLast();
        }
    }

    @Test
    void aLostApplianceComesBackFromVaultAndRecoveryKeyAlone() throws IOException {
        List<byte[]> shared = files(1, 20, 70_000);
        List<byte[]> own = files(2, 20, 70_000);
        List<byte[]> changed = new ArrayList<>(own);
        changed.set(3, StoreFixture.random(99, 70_000));
        List<StoredSnapshot> snapshots = new ArrayList<>();
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            office.setControl("nodes and policies");
            snapshots.add(StoreFixture.backup(office.store, 1, shared));
            snapshots.add(StoreFixture.backup(office.store, 2, shared));
            snapshots.add(StoreFixture.backup(office.store, 2, own));
            VaultWriter.Summary first = office.upload();
            assertThat(first.snapshots()).isEqualTo(3);
            snapshots.add(StoreFixture.backup(office.store, 2, changed));
            VaultWriter.Summary second = office.upload();
            assertThat(second.snapshots()).isEqualTo(1);
            assertThat(second.bytes()).isLessThan(first.bytes() / 5);
            assertThat(office.upload()).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
            assertThat(office.warnings).isEmpty();
        }
        // Neither of them is looked at again.
        Files.move(directory.resolve("office"), directory.resolve("gone"));
        try (Office rescued = recover("new")) {
            VaultRecovery again = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            assertThat(new String(again.control(), StandardCharsets.UTF_8)).isEqualTo("nodes and policies");
            assertThat(rescued.store.manifests().list())
                    .extracting(StoredSnapshot::id)
                    .containsExactlyElementsOf(
                            snapshots.stream().map(StoredSnapshot::id).toList());
            assertSame(rescued.files(snapshots.get(0)), shared);
            assertSame(rescued.files(snapshots.get(1)), shared);
            assertSame(rescued.files(snapshots.get(2)), own);
            assertSame(rescued.files(snapshots.get(3)), changed);
            // It goes on as the appliance, and needs nothing that is in the vault already.
            StoredSnapshot next = StoreFixture.backup(rescued.store, 1, shared);
            VaultWriter.Summary upload = rescued.upload();
            assertThat(upload.snapshots()).isEqualTo(1);
            assertThat(upload.bytes()).isLessThan(200_000);
            assertSame(rescued.files(next), shared);
            assertThat(rescued.warnings).isEmpty();
        }
    }

    @Test
    void oneSnapshotIsRestoredWhileTheIndexIsStillEmpty() throws IOException {
        List<byte[]> files = files(2, 10, 50_000);
        StoredSnapshot wanted;
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 30, 50_000));
            office.upload();
            wanted = StoreFixture.backup(office.store, 2, files);
            office.upload();
        }
        VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        try (Office rescued = Office.forRecovery(directory.resolve("new"), vault, recovery)) {
            recovery.takeOver(rescued.journal);
            recovery.fillManifests(rescued.journal, rescued.store.manifests(), (what, done, total) -> {});
            recovery.prepare(wanted.id(), rescued.journal, rescued.store.archiving());
            rescued.store.recoverOwners(wanted, rescued.progress());
            assertThat(rescued.journal.containers().numbers()).hasSize(2);
            assertSame(rescued.files(wanted), files);
            recovery.fillIndex(rescued.journal, rescued.store.archiving(), (what, done, total) -> {});
            assertThat(rescued.journal.containers().numbers()).hasSize(4);
            assertSame(rescued.files(wanted), files);
        }
    }

    @Test
    void oneNodesDataStaysItsOwnAfterARecovery() throws IOException {
        StoredSnapshot theirs;
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            theirs = StoreFixture.backup(office.store, 1, files(1, 3, 10_000));
            StoreFixture.backup(office.store, 2, files(2, 3, 10_000));
            office.upload();
        }
        try (Office rescued = recover("new")) {
            var digest = hash().digest(StoreFixture.random(1000, 10_000));
            assertThat(rescued.store
                            .reader()
                            .locate(1, List.of(digest))
                            .getFirst()
                            .location())
                    .isNotNull();
            assertThat(rescued.store
                            .reader()
                            .locate(2, List.of(digest))
                            .getFirst()
                            .location())
                    .isNull();
            assertThat(rescued.files(theirs)).hasSize(3);
        }
    }

    @Test
    void theLostApplianceFindsItselfFencedOff() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 3, 10_000));
            office.upload();
            StoredSnapshot meanwhile;
            List<byte[]> cloud = files(3, 4, 20_000);
            try (Office rescued = recover("cloud")) {
                meanwhile = StoreFixture.backup(rescued.store, 1, cloud);
                rescued.upload();
            }
            // The old one comes back and knows nothing of it.
            StoreFixture.backup(office.store, 1, files(2, 3, 10_000));
            List<String> before = keys("");
            assertThatThrownBy(office::upload)
                    .isInstanceOfSatisfying(
                            VaultRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.FENCED))
                    .hasMessageContaining("taken over");
            assertThat(keys("")).isEqualTo(before);
            // Failback: the office recovers what the cloud side backed up.
            try (Office back = recover("failback")) {
                assertSame(back.files(meanwhile), cloud);
            }
        }
    }

    @Test
    void containersThatAreEvictedAreReadFromTheVaultAndStillDeduplicate() throws IOException {
        List<byte[]> files = files(1, 40, 60_000);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoredSnapshot first = StoreFixture.backup(office.store, 1, files);
            office.upload();
            Archiving archiving = office.store.archiving();
            long used = office.store.usedBytes();
            long freed = 0;
            for (Archiving.Local container : archiving.local()) {
                freed += archiving.evict(container.number());
            }
            assertThat(freed).isGreaterThan(40 * 60_000);
            assertThat(office.store.usedBytes()).isEqualTo(used - freed);
            assertThat(archiving.local()).as("metadata stay").hasSize(1);
            assertSame(office.files(first), files);
            long fetched = office.remote.fetchedBytes();
            assertThat(fetched).isBetween(40L * 60_000, 60L * 60_000);
            assertSame(office.files(first), files);
            assertThat(office.remote.fetchedBytes()).as("the cache answers").isEqualTo(fetched);
            StoredSnapshot second = StoreFixture.backup(office.store, 1, files);
            assertThat(office.upload().bytes()).as("only a new manifest").isLessThan(10_000);
            assertSame(office.files(second), files);
        }
        // A restart, and an index made anew, know where everything is.
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            assertThat(office.warnings).isEmpty();
            assertSame(office.files(office.store.manifests().list().getLast()), files);
            StoreFixture.backup(office.store, 1, files(7, 2, 1000));
        }
        dev.holdfast.store.Store.discardIndex(new dev.holdfast.store.StoreConfig(
                directory.resolve("office"),
                List.of(directory.resolve("office/volume0")),
                dev.holdfast.profile.HardwareProfile.load("dev")));
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            assertSame(office.files(office.store.manifests().list().getFirst()), files);
            assertThat(office.store
                            .checker()
                            .run(true, (what, done, total) -> {})
                            .findings())
                    .isEmpty();
        }
    }

    @Test
    void whatIsFrozenIsNamedThawedAndRead() throws IOException {
        List<byte[]> files = files(1, 10, 60_000);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoredSnapshot first = StoreFixture.backup(office.store, 1, files);
            office.upload();
            for (String key : keys(ObjectKind.CONTAINER.prefix())) {
                vault.changeClass(key, dev.holdfast.vault.object.StorageClass.ARCHIVE);
            }
            BitSet listed = VaultRecovery.rest(vault, office.keys, office.journal, each -> {})
                    .containersOf(first.id());
            Thaw thaw = new Thaw(vault, office.journal);
            assertThat(thaw.request(listed, number -> true, 0).ready()).isTrue();
            for (Archiving.Local container : office.store.archiving().local()) {
                office.store.archiving().evict(container.number());
            }
            assertThatThrownBy(() -> office.files(first))
                    .isInstanceOf(dev.holdfast.store.container.FrozenException.class)
                    .hasMessageContaining("vault thaw");
            assertThat(office.store.damage().take()).isEmpty();
            Thaw.Plan plan = thaw.request(listed, number -> false, 0);
            assertThat(plan.frozen()).containsEntry(dev.holdfast.vault.object.StorageClass.ARCHIVE, 2);
            assertThat(plan.bytes()).isGreaterThan(600_000);
            assertThat(thaw.request(listed, number -> false, 2).ready()).isFalse();
            assertThat(thaw.request(listed, number -> false, 2).ready()).isTrue();
            assertSame(office.files(first), files);
        }
    }

    @Test
    void whatIsDamagedHereIsReadFromTheVaultAndHealed() throws IOException {
        List<byte[]> files = files(1, 10, 60_000);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoredSnapshot first = StoreFixture.backup(office.store, 1, files);
            office.upload();
            for (Archiving.Local container : office.store.archiving().local()) {
                try (var file =
                        java.nio.channels.FileChannel.open(container.file(), java.nio.file.StandardOpenOption.WRITE)) {
                    file.write(java.nio.ByteBuffer.wrap(new byte[64]), 200);
                }
            }
            assertThat(office.store
                            .checker()
                            .run(true, (what, done, total) -> {})
                            .findings())
                    .isNotEmpty();
            assertSame(office.files(first), files);
            List<Integer> damaged = office.store.archiving().damaged();
            assertThat(damaged).hasSize(2);
            for (int number : damaged) {
                office.store.archiving().heal(number);
            }
            assertThat(office.store
                            .checker()
                            .run(true, (what, done, total) -> {})
                            .findings())
                    .isEmpty();
            assertThat(office.store.archiving().damaged()).isEmpty();
        }
    }

    @Test
    void anAuditWithoutKeysFindsAllDamageAndARepairMendsIt() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 10, 60_000));
            office.upload();
            StoreFixture.backup(office.store, 1, files(2, 10, 60_000));
            office.upload();
            VaultCheck check = new VaultCheck(vault, (what, done, total) -> {});
            VaultCheck.Report whole = check.run();
            assertThat(whole.findings()).isEmpty();
            assertThat(whole.unknown()).isLessThanOrEqualTo(2);
            // Containers, manifests and segments once; catalogues, inventories, control data and roots twice.
            assertThat(whole.objects()).isEqualTo(4 + 2 + 2 + 2 * (2 + 4 + 1 + 2));
            assertThat(check.run(Office.recoveryKey(), true).chunks()).isEqualTo(22);
            List<String> hurt = new ArrayList<>();
            List<String> containers = keys(ObjectKind.CONTAINER.prefix());
            byte[] bad = bytes(containers.getFirst());
            bad[bad.length / 3] ^= 4;
            replace(containers.getFirst(), bad);
            hurt.add(containers.getFirst());
            vault.delete(List.of(containers.getLast()));
            hurt.add(containers.getLast());
            String manifest = keys(ObjectKind.MANIFEST.prefix()).getFirst();
            replace(manifest, Arrays.copyOf(bytes(manifest), 100));
            hurt.add(manifest);
            // Whole, but another one.
            replace(containers.get(1), bytes(containers.get(2)));
            hurt.add(containers.get(1));
            VaultCheck.Report report = check.run();
            assertThat(report.findings()).extracting(VaultCheck.Finding::key).containsExactlyInAnyOrderElementsOf(hurt);
            VaultRepair repair = new VaultRepair(
                    vault,
                    office.keys,
                    (kind, id) -> {
                        if (kind == ObjectKind.CONTAINER) {
                            int number = office.journal
                                    .containers()
                                    .find(id)
                                    .orElseThrow()
                                    .number();
                            return java.util.Optional.of(
                                    office.store.archiving().file(number));
                        }
                        return office.store.manifests().list().stream()
                                .filter(each -> each.id().equals(id))
                                .map(each -> office.store.manifests().path(each.node(), each.id()))
                                .findFirst();
                    },
                    List.of());
            VaultRepair.Result done = repair.repair(report, office.journal.root(), each -> {});
            assertThat(done.repaired()).containsExactlyInAnyOrderElementsOf(hurt);
            assertThat(done.lost()).isEmpty();
            VaultCheck.Report all = check.run(Office.recoveryKey(), true);
            assertThat(all.findings()).isEmpty();
            // What was just read is not read once more, and what is lost since is noticed all the same.
            assertThat(check.again(Office.recoveryKey(), true)).isEqualTo(all);
            vault.delete(List.of(containers.getFirst()));
            assertThat(check.again(Office.recoveryKey(), true).findings())
                    .extracting(VaultCheck.Finding::key)
                    .containsExactly(containers.getFirst());
        }
    }

    @Test
    void partsAreMergedAndWhatIsForgottenLeaves() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            List<StoredSnapshot> snapshots = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                snapshots.add(StoreFixture.backup(office.store, 1, files(i, 2, 5_000)));
                office.upload();
                if (i >= 5) {
                    office.forget(snapshots.get(i - 5));
                }
            }
            office.upload();
            Root root = Roots.newest(vault).orElseThrow().root();
            assertThat(root.segments()).hasSizeLessThan(16);
            assertThat(root.catalogues()).hasSizeLessThan(16);
            assertThat(keys(Root.PREFIX)).hasSize(8);
            // Objects of roots that are gone are gone with them: eight roots' worth are left.
            assertThat(keys(ObjectKind.SEGMENT.prefix())).hasSizeLessThan(60);
            assertThat(keys(ObjectKind.MANIFEST.prefix())).hasSizeLessThan(16);
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), root.sequence());
            assertThat(recovery.snapshots().keySet())
                    .containsExactlyInAnyOrderElementsOf(snapshots.subList(25, 30).stream()
                            .map(StoredSnapshot::id)
                            .toList());
        }
        try (Office rescued = recover("new")) {
            for (StoredSnapshot each : rescued.store.manifests().list()) {
                assertThat(rescued.files(each)).hasSize(2);
            }
        }
    }

    @Test
    void whatIsCollectedHereLeavesTheVaultOnceNoSnapshotThereNeedsIt() throws IOException {
        GarbageCollector.Rules all = new GarbageCollector.Rules(100, 0);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            List<byte[]> kept = files(1, 10, 60_000);
            List<byte[]> mixed = new ArrayList<>(files(2, 10, 60_000));
            mixed.addAll(kept);
            StoredSnapshot gone = StoreFixture.backup(office.store, 1, mixed);
            StoredSnapshot stays = StoreFixture.backup(office.store, 1, kept);
            office.upload();
            List<String> before = keys("c/");
            office.forget(gone);
            assertThat(office.store
                            .collector()
                            .collect(all, (what, done, total) -> {}, () -> false)
                            .deleted())
                    .isPositive();
            office.upload();
            // The snapshot that stays was listed with the old container: nobody may take that from it.
            assertThat(keys("c/")).containsAll(before);
            assertThat(check()).isEmpty();
            office.forget(stays);
            StoredSnapshot again = StoreFixture.backup(office.store, 1, kept);
            office.upload();
            for (int i = 0; i < 10; i++) {
                StoreFixture.backup(office.store, 2, files(50 + i, 1, 1_000));
                office.upload();
            }
            List<String> needless =
                    before.stream().filter(key -> !stillListed(key)).toList();
            assertThat(needless).isNotEmpty();
            assertThat(keys("c/")).doesNotContainAnyElementsOf(needless);
            assertThat(check()).isEmpty();
            assertSame(office.files(again), kept);
        }
        try (Office rescued = recover("new")) {
            assertThat(rescued.warnings).isEmpty();
            for (StoredSnapshot each : rescued.store.manifests().list()) {
                assertThat(rescued.files(each)).isNotEmpty();
            }
        }
    }

    private List<VaultCheck.Finding> check() throws IOException {
        return new VaultCheck(vault, (what, done, total) -> {})
                .run(Office.recoveryKey(), true)
                .findings();
    }

    /** Whether the newest root says that a container is there. */
    private boolean stillListed(String key) {
        try {
            Map<String, Boolean> there = new java.util.HashMap<>();
            for (Root.Part part : Roots.newest(vault).orElseThrow().root().segments()) {
                for (Inventory.Entry entry :
                        Roots.inventory(vault, ObjectKind.SEGMENT, part).entries()) {
                    there.put(entry.key(), entry.bytes() > 0);
                }
            }
            return there.getOrDefault(key, false);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whatIsLostHereStaysThere() throws IOException {
        List<byte[]> files = files(1, 5, 20_000);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoredSnapshot lost = StoreFixture.backup(office.store, 1, files);
            office.upload();
            // Not forgotten: its manifest went with a damaged disk.
            Files.delete(office.store.manifests().path(1, lost.id()));
            List<Path> told = new ArrayList<>();
            office.store.manifests().reconcile((file, cause) -> told.add(file));
            assertThat(told).containsExactly(office.store.manifests().path(1, lost.id()));
            for (int i = 0; i < 12; i++) {
                StoreFixture.backup(office.store, 1, files(10 + i, 2, 1000));
                office.upload();
            }
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            assertThat(recovery.snapshots()).containsKey(lost.id()).hasSize(13);
        }
        try (Office rescued = recover("new")) {
            assertSame(rescued.files(rescued.store.manifests().list().getFirst()), files);
        }
    }

    @Test
    void aSecondRecoveryTakesOverAgain() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 3, 10_000));
            office.upload();
            VaultRecovery reading = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            try (Office reader = Office.forRecovery(directory.resolve("reader"), vault, reading)) {
                reading.onlyRead(reader.journal);
                assertThatThrownBy(reader::upload)
                        .isInstanceOfSatisfying(
                                VaultRefusedException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.SHARED));
                VaultRecovery.open(vault, Office.recoveryKey(), 0).takeOver(reader.journal);
                assertThatThrownBy(office::upload)
                        .isInstanceOfSatisfying(
                                VaultRefusedException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.FENCED));
                assertThat(reader.upload().roots()).isZero();
                // And back again, in the directory that was fenced off.
                VaultRecovery back = VaultRecovery.open(vault, Office.recoveryKey(), 0);
                back.takeOver(office.journal);
                StoreFixture.backup(office.store, 1, files(2, 3, 10_000));
                assertThat(office.upload().snapshots()).isEqualTo(1);
                assertThatThrownBy(reader::upload).isInstanceOf(VaultRefusedException.class);
            }
        }
    }

    @Test
    void aJournalThatIsLostIsNoReasonToTakeTheVaultFromOneself() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 3, 10_000));
            office.upload();
        }
        for (String name : List.of("vault.db", "vault.db-wal", "vault.db-shm")) {
            Files.deleteIfExists(directory.resolve("office").resolve(name));
        }
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            assertThatThrownBy(office::upload)
                    .isInstanceOf(VaultRefusedException.class)
                    .hasMessageContaining("recover");
        }
    }

    // ---- what must be refused

    byte[] bytes(String key) throws IOException {
        try (InputStream in = vault.get(key, 0, vault.head(key).bytes())) {
            return in.readAllBytes();
        }
    }

    private void replace(String key, byte[] bytes) throws IOException {
        vault.put(key, Body.of(bytes), PutOptions.REPLACE);
    }

    private void replaceRoot(long sequence, byte[] bytes) throws IOException {
        for (String key : Root.keys(sequence)) {
            replace(key, bytes);
        }
    }

    private static void refused(ThrowingCallable call, String text) {
        assertThatThrownBy(call).isInstanceOf(IOException.class).hasMessageContaining(text);
    }

    private VaultRecovery opened(long least) throws IOException {
        return VaultRecovery.open(vault, Office.recoveryKey(), least);
    }

    @Test
    void eachKindOfWrongVaultIsToldApart() throws IOException {
        refused(() -> opened(0), "contains no published vault");
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 3, 10_000));
            office.upload();
            StoreFixture.backup(office.store, 1, files(2, 3, 10_000));
            office.upload();
            byte[] wrong = new byte[32];
            assertThatThrownBy(() -> VaultRecovery.open(vault, new Credential(Credential.Kind.RECOVERY_KEY, wrong), 0))
                    .isInstanceOf(WrongCredentialException.class);
            // Somebody else's vault.
            try (Office stranger = Office.open(directory.resolve("stranger"), vault, hash())) {
                StoreFixture.backup(stranger.store, 1, files(3, 1, 100));
                List<String> before = keys("");
                assertThatThrownBy(stranger::upload)
                        .isInstanceOfSatisfying(
                                VaultRefusedException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.FOREIGN));
                assertThat(keys("")).isEqualTo(before);
            }
            String newest = keys(Root.PREFIX).getLast();
            long sequence = Root.sequence(newest);
            byte[] good = bytes(newest);
            replaceRoot(sequence, Arrays.copyOf(good, good.length - 7));
            refused(() -> opened(0), "truncated");
            refused(() -> opened(0), "Root " + (sequence - 1));
            assertThat(opened(sequence - 1).root().sequence()).isEqualTo(sequence - 1);
            byte[] newer = good.clone();
            newer[9] = 4;
            replaceRoot(sequence, newer);
            refused(() -> opened(0), "this release reads up to 3");
            byte[] flipped = good.clone();
            flipped[good.length / 2] ^= 1;
            replaceRoot(sequence, flipped);
            refused(() -> opened(0), "damaged");
            // Wherever it is, in the public key too, where not every value is one.
            for (int at = good.length - 96; at < good.length; at += 5) {
                byte[] hurt = good.clone();
                Arrays.fill(hurt, at, Math.min(at + 32, hurt.length), (byte) 0xFE);
                replaceRoot(sequence, hurt);
                refused(() -> opened(0), "damaged");
            }
            // An old root under the newest name.
            replaceRoot(sequence, bytes(Root.key(sequence - 1)));
            refused(() -> opened(0), "replayed");
            // The appliance has it as it was.
            assertThat(office.upload().roots()).isZero();
            assertThat(bytes(newest)).isEqualTo(good);
            // The newest taken away: known to the appliance, and to whoever noted the sequence.
            vault.delete(Root.keys(sequence));
            assertThat(opened(0).root().sequence()).isEqualTo(sequence - 1);
            refused(() -> opened(sequence), "set back");
            assertThatThrownBy(office::upload)
                    .isInstanceOfSatisfying(
                            VaultRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.ROLLED_BACK));
            vault.delete(keys(Root.PREFIX));
            vault.delete(keys("2/r/"));
            assertThatThrownBy(office::upload)
                    .isInstanceOfSatisfying(
                            VaultRefusedException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.ROLLED_BACK));
        }
    }

    @Test
    void nothingReadableLeavesTheBuilding() throws IOException {
        byte[] marker = "a sentence that nobody else shall read; ".repeat(50).getBytes(StandardCharsets.US_ASCII);
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            office.setControl("secret-node-name");
            List<byte[]> files = new ArrayList<>(files(1, 3, 10_000));
            files.add(marker);
            StoreFixture.backup(office.store, 7, files);
            office.upload();
        }
        for (String key : keys("")) {
            String text = new String(bytes(key), StandardCharsets.ISO_8859_1);
            assertThat(text)
                    .doesNotContain("a sentence that")
                    .doesNotContain("secret-node-name")
                    .doesNotContain("node-7")
                    .doesNotContain("HFCONT")
                    .doesNotContain("/src");
            if (!key.contains(Root.PREFIX) && !key.endsWith(".inv")) {
                long plain = SealedObject.parse(bytes(key)).padded();
                assertThat(plain % 4096).isZero();
            }
        }
    }

    @Test
    void everyByteOfAnObjectIsChecked() throws IOException {
        try (Office office = Office.open(directory.resolve("office"), vault, hash())) {
            StoreFixture.backup(office.store, 1, files(1, 3, 100_000));
            office.upload();
            String key = keys(ObjectKind.CONTAINER.prefix()).getFirst();
            byte[] good = bytes(key);
            Random random = new Random(5);
            for (int i = 0; i < 40; i++) {
                byte[] bad = good.clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                replace(key, bad);
                assertThatThrownBy(() -> SealedReader.verify(vault, key, good.length, new byte[0]))
                        .isInstanceOf(FormatException.class);
            }
            replace(key, Arrays.copyOf(good, good.length - 3_000));
            assertThatThrownBy(() -> SealedReader.verify(vault, key, good.length, new byte[0]))
                    .hasMessageContaining("truncated");
            replace(key, good);
            SealedReader.verify(vault, key, good.length, new byte[0]);
        }
    }
}
