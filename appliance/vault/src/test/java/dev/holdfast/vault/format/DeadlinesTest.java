package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Locked snapshots in a bucket that keeps objects until their deadlines. */
class DeadlinesTest {
    @TempDir
    private Path directory;

    private OssServer server;
    private ObjectStore vault;
    private Office office;
    private final Map<UUID, Duration> locks = new HashMap<>();

    @BeforeEach
    void open() throws Exception {
        server = new OssServer(directory.resolve("bucket"));
        vault = new OssObjectStore(server.location("office"), server.admit("LTAItest", ""));
        office = Office.open(directory.resolve("office"), vault);
    }

    @AfterEach
    void close() throws Exception {
        office.close();
        vault.close();
        server.close();
    }

    private int setDeadlines() throws IOException {
        VaultWriter.Guard guard = new VaultWriter.Guard() {
            @Override
            public boolean mustStay(int node, UUID snapshot) {
                return locks.containsKey(snapshot);
            }

            @Override
            public long lockedFor(UUID snapshot) {
                return locks.getOrDefault(snapshot, Duration.ZERO).toMillis();
            }

            @Override
            public long now() {
                return System.currentTimeMillis();
            }
        };
        try (VaultWriter writer = new VaultWriter(
                vault,
                office.keys,
                () -> office.keyring,
                office.journal,
                office.store.archiving(),
                office.store.manifests(),
                new LocalDisk(),
                () -> "control".getBytes(StandardCharsets.UTF_8),
                new VaultWriter.Options(4, StorageClass.STANDARD, Throttle.NONE, guard))) {
            return writer.setDeadlines();
        }
    }

    private StoredSnapshot backup(int from, int count) throws IOException {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(StoreFixture.random(from + i, 30_000));
        }
        StoredSnapshot snapshot = StoreFixture.backup(office.store, 1, files);
        office.upload();
        return snapshot;
    }

    private List<String> keys() throws IOException {
        return vault.list("", "", 1000).objects().stream()
                .map(StoredObject::key)
                .toList();
    }

    @Test
    void whatALockedSnapshotNeedsCannotBeDeletedByTheOwnerOfTheBucket() throws Exception {
        server.retains(true);
        StoredSnapshot locked = backup(0, 20);
        locks.put(locked.id(), Duration.ofDays(30));
        StoredSnapshot free = backup(1000, 20);
        assertThat(setDeadlines()).isPositive();
        assertThat(setDeadlines()).as("once is enough").isZero();
        String manifest = ObjectKind.MANIFEST.key(locked.id());
        long until = office.journal.objects().retainedUntil(manifest);
        assertThat(until - System.currentTimeMillis())
                .isBetween(Duration.ofDays(29).toMillis(), Duration.ofDays(31).toMillis());

        // Somebody with all rights to the bucket deletes what he can.
        int kept = 0;
        for (String key : keys()) {
            try {
                vault.delete(List.of(key));
            } catch (ObjectStoreException e) {
                kept++;
            }
        }
        assertThat(kept).isPositive();
        assertThat(keys()).contains(manifest).doesNotContain(ObjectKind.MANIFEST.key(free.id()));
        VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        try (Office elsewhere = Office.forRecovery(directory.resolve("elsewhere"), vault, recovery)) {
            recovery.fillIndex(elsewhere.journal, elsewhere.store.archiving(), (what, done, total) -> {});
            assertThat(recovery.fillManifests(
                            elsewhere.journal, elsewhere.store.manifests(), (what, done, total) -> {}))
                    .as("of the other snapshot nothing is left")
                    .containsExactly(free.id());
            Map<String, byte[]> before = office.files(locked);
            Map<String, byte[]> after = elsewhere.files(locked);
            assertThat(after.keySet()).isEqualTo(before.keySet());
            before.forEach((name, content) -> assertThat(java.util.Arrays.equals(content, after.get(name)))
                    .isTrue());
        }
    }

    @Test
    void deadlinesGrowWithLocksAndHoldUpNeitherPublishingNorCooling() throws Exception {
        server.retains(true);
        StoredSnapshot first = backup(0, 10);
        locks.put(first.id(), Duration.ofDays(3));
        assertThat(setDeadlines()).isPositive();
        // The next one has the same chunks, and is locked for longer.
        StoredSnapshot second = backup(0, 10);
        locks.put(second.id(), Duration.ofDays(40));
        assertThat(setDeadlines()).isPositive();
        StoredContainer shared = office.journal.containers().find(1).orElseThrow();
        assertThat(office.journal.objects().retainedUntil(ObjectKind.CONTAINER.key(shared.id())))
                .isGreaterThan(System.currentTimeMillis() + Duration.ofDays(39).toMillis());
        // Parts are merged and old roots pruned, though some of them cannot go yet.
        for (int i = 0; i < 40; i++) {
            backup(10_000 + i * 100, 1);
            setDeadlines();
        }
        assertThat(new VaultCheck(vault, (what, done, total) -> {}).run().findings())
                .isEmpty();
        int moved = new Cooling(vault, office.journal)
                .run(
                        List.of(new Cooling.Rule(Duration.ZERO, StorageClass.INFREQUENT)),
                        System.currentTimeMillis() + 1000,
                        () -> false);
        assertThat(moved).as("those without a deadline").isPositive();
        assertThat(vault.head(ObjectKind.CONTAINER.key(office.journal
                                .containers()
                                .find(1)
                                .orElseThrow()
                                .id()))
                        .storageClass())
                .isEqualTo(StorageClass.STANDARD);
    }

    @Test
    void aBucketWithoutDeadlinesIsToldOfAndHarmsNothing() throws Exception {
        StoredSnapshot locked = backup(0, 10);
        locks.put(locked.id(), Duration.ofDays(30));
        assertThat(setDeadlines()).isEqualTo(-1);
        assertThat(office.journal.objects().retainedUntil(ObjectKind.MANIFEST.key(locked.id())))
                .isZero();
        assertThat(new VaultCheck(vault, (what, done, total) -> {}).run().findings())
                .isEmpty();
    }
}
