package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the good snapshots of a source that was emptied, with a real store. */
class RetentionServiceTest {
    @TempDir
    private Path work;

    private ControlDb control;
    private Store store;
    private RetentionService keeper;

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(Files.createDirectory(work.resolve("my data")).resolve("control.db"));
        control.tokens().add("t", Duration.ofHours(1), null);
        assertThat(control.nodes().enroll("t", "vm1", "linux", 8, id -> "f").id())
                .isEqualTo(1);
        store = new StoreFixture(work.resolve("store")).open();
        LockClock clock = new LockClock(System::currentTimeMillis, System::nanoTime, new LockClock.Memory() {
            @Override
            public long[] read() {
                return new long[0];
            }

            @Override
            public void write(long at, long wall) {}
        });
        keeper = new RetentionService(control, store.manifests(), clock, snapshot -> {});
        control.policies().put("two", new Policy(new Retention(2, 0, 0, 0, 0, 0, 0), 0, false).json());
        control.policies().bind(1, "two");
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        control.close();
    }

    private StoredSnapshot backup(int files, long bytes) throws Exception {
        return backup(files, bytes, List.of());
    }

    private StoredSnapshot backup(int files, long bytes, List<SourceMount> mounts) throws Exception {
        SnapshotSummary summary = new SnapshotSummary(
                "vm",
                "test",
                1,
                2,
                List.of(TreePath.parse("/vm")),
                List.of(),
                new SnapshotSummary.Counts(files, 1, 0, bytes, files, 0, 0, 0, 0),
                List.of(),
                List.of(),
                mounts);
        try (BackupSession session = store.openBackup(1, "vm1")) {
            StoredSnapshot made = session.commit(summary.encode());
            keeper.committed(made);
            // Snapshots of one millisecond have no order.
            Thread.sleep(2);
            return made;
        }
    }

    private static List<SourceMount> on(String uuid, String point, String inside) throws Exception {
        return List.of(new SourceMount(
                TreePath.parse("/vm"), "ext4", "UUID " + uuid, TreePath.parse(point), TreePath.parse(inside)));
    }

    @Test
    void snapshotsFromAnotherFileSystemDoNotPushOutTheLastFromTheFormer() throws Exception {
        List<SourceMount> disk = on("a", "/vm", "/");
        List<SourceMount> empty = on("b", "/", "/vm");
        StoredSnapshot older = backup(30, 3_000_000, disk);
        StoredSnapshot good = backup(30, 3_000_000, disk);
        // As many files: counts tell nothing.
        backup(30, 3_000_000, empty);
        Events.Event told = control.events().list(true, 10).getFirst();
        assertThat(told.severity()).isEqualTo(Events.Severity.ALERT);
        assertThat(told.message())
                .startsWith(
                        "/vm was on ext4 UUID a, mounted at /vm; this time it was on the file system of / (ext4 UUID b)")
                .contains("snapshot " + good.id() + " before it is held");
        assertThat(going()).isEmpty();
        assertThat(control.events().resumeRetention(1)).isTrue();
        control.marks().hold(good.id(), 1, null);
        backup(30, 3_000_000, empty);
        backup(30, 3_000_000, empty);
        // The end of the pause closed the event, and the same change raises no second one.
        assertThat(control.events().list(true, 10)).isEmpty();
        assertThat(going()).contains(older.id()).doesNotContain(good.id()).hasSize(2);
        assertThat(keeper.judge(ZoneOffset.UTC))
                .filteredOn(each -> each.snapshot().id().equals(good.id()))
                .allSatisfy(each -> assertThat(each.reasons()).containsExactly("last from ext4 UUID a"));
        // It is mounted again.
        backup(30, 3_000_000, disk);
        backup(30, 3_000_000, disk);
        assertThat(going()).contains(good.id());
    }

    private List<UUID> going() throws Exception {
        return keeper.judge(ZoneOffset.UTC).stream()
                .filter(each -> each.reasons().isEmpty())
                .map(each -> each.snapshot().id())
                .toList();
    }

    @Test
    void emptySnapshotsDoNotPushOutTheLastOneWithData() throws Exception {
        StoredSnapshot older = backup(30, 300_000_000_000L);
        StoredSnapshot good = backup(30, 300_000_000_000L);
        backup(0, 0);
        backup(0, 0);
        Events.Event told = control.events().list(true, 10).getFirst();
        assertThat(told.severity()).isEqualTo(Events.Severity.ALERT);
        assertThat(told.message())
                .startsWith("0 files with 0 B, where there were 30 with 300 GB")
                .contains(good.id().toString())
                .contains("holdfast appliance node release vm1 --data '" + work.resolve("my data") + "'");
        assertThat(control.events().list(true, 10)).hasSize(1);
        assertThat(going()).isEmpty();
        assertThat(keeper.judge(ZoneOffset.UTC))
                .allSatisfy(each ->
                        assertThat(each.reasons()).anyMatch(why -> why.startsWith("retention paused: 0 files")));
        // An administrator released too much.
        assertThat(control.events().resumeRetention(1)).isTrue();
        control.marks().hold(good.id(), 1, null);
        backup(0, 0);
        assertThat(going()).contains(older.id()).doesNotContain(good.id()).hasSize(2);
        // Once there are data again it may go as any other.
        backup(30, 300_000_000_000L);
        assertThat(going()).contains(good.id());
    }
}
