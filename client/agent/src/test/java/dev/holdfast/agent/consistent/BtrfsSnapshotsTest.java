package dev.holdfast.agent.consistent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.fs.Btrfs;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Backups from snapshots of subvolumes, on a real btrfs. */
@EnabledOnOs(OS.LINUX)
class BtrfsSnapshotsTest {
    @TempDir
    Path temporary;

    private final TestTree trees = new TestTree(99);
    private final List<String> told = new ArrayList<>();
    private Path work;
    private LoopFileSystem disk;
    private MemoryAppliance appliance;
    private TestClient client;
    private int restores;

    @BeforeEach
    void start() throws Exception {
        LoopFileSystem.assumePossible();
        work = temporary.toRealPath();
        disk = new LoopFileSystem(work.resolve("mnt"));
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
    }

    @AfterEach
    void stop() throws Exception {
        if (disk != null) {
            appliance.close();
            disk.close();
        }
    }

    private ConsistentSources take(SnapshotMode mode, Path... sources) throws IOException {
        Sources found = Sources.find(
                Platform.current(),
                Arrays.stream(sources).map(TestClient::bytes).toList(),
                List.of());
        return ConsistentSources.take(
                Platform.current(),
                client.state,
                new SourceSnapshots(mode, 10),
                found,
                client.excludes,
                client.oneFileSystem,
                told::add);
    }

    /** A backup from snapshots that were taken before. */
    private Backup.Result backup(ConsistentSources consistent, Path... sources) throws IOException {
        client.platform = consistent.platform();
        try {
            return client.backup(sources);
        } finally {
            client.platform = Platform.current();
        }
    }

    private Path restored(Backup.Result snapshot, Path source) throws IOException {
        Path target = work.resolve("target-" + restores++);
        client.restore(snapshot.snapshot(), TestClient.tree(source), target, TestClient.overwriting());
        assertThat(client.warnings).isEmpty();
        return target.resolve(source.getFileName());
    }

    private List<String> snapshotsLeft() throws Exception {
        List<String> left = new ArrayList<>();
        for (String line : LoopFileSystem.run("btrfs", "subvolume", "list", disk.mount.toString())
                .split("\n")) {
            if (line.contains("holdfast-snapshot")) {
                left.add(line);
            }
        }
        Path records = client.state.resolve("source-snapshots");
        if (Files.exists(records)) {
            try (Stream<Path> files = Files.list(records)) {
                files.filter(each -> !each.endsWith("lock")).forEach(each -> left.add(each.toString()));
            }
        }
        return left;
    }

    @Test
    void filesAndSubvolumesAreAsTheyWereWhenTheSnapshotsWereTaken() throws Exception {
        Path data = disk.subvolume("data");
        trees.hard(data.resolve("hard"));
        Path nested = disk.subvolume("data/nested");
        Path deeper = disk.subvolume("data/nested/with space/deeper");
        Files.writeString(nested.resolve("file"), "in nested");
        Files.writeString(deeper.resolve("file"), "in deeper");
        Files.createLink(deeper.resolve("link"), deeper.resolve("file"));
        FileTime time = FileTime.fromMillis(1_500_000_000_123L);
        Files.setLastModifiedTime(disk.mount, time);
        Path before = work.resolve("before");
        LoopFileSystem.run("cp", "--archive", data.toString(), before.toString());

        Backup.Result made;
        try (ConsistentSources consistent = take(SnapshotMode.BTRFS, data)) {
            assertThat(snapshotsLeft())
                    .filteredOn(each -> each.contains(" path "))
                    .hasSize(3);
            Files.writeString(data.resolve("hard/deep/er/and/new"), "written during the backup");
            Files.write(data.resolve("hard/large"), trees.noise(1000));
            Files.delete(data.resolve("hard/deep/small-3"));
            Files.writeString(nested.resolve("file"), "changed during the backup");
            Files.writeString(deeper.resolve("file"), "changed", StandardOpenOption.APPEND);
            Files.move(data.resolve("hard/deep"), data.resolve("hard/moved"));
            made = backup(consistent, data);
        }
        assertThat(told).isEmpty();
        assertThat(client.problems).isEmpty();
        TestClient.assertSame(before, restored(made, data));
        assertThat(snapshotsLeft()).isEmpty();
        assertThat(Files.getLastModifiedTime(disk.mount)).isEqualTo(time);
    }

    @Test
    void recordsDoNotDependOnWhetherASnapshotWasRead() throws Exception {
        Path data = disk.subvolume("data");
        trees.hard(data.resolve("hard"));
        Path nested = disk.subvolume("data/nested");
        trees.bulk(nested.resolve("files"), 5, 100_000);
        Files.createLink(nested.resolve("link"), nested.resolve("files/bulk-1"));
        TestTree.settle();
        client.backup(data);
        long files = client.stats.files.sum();
        for (int round = 0; round < 2; round++) {
            try (ConsistentSources consistent = take(SnapshotMode.AUTO, data)) {
                backup(consistent, data);
            }
            assertThat(client.stats.reusedFiles.sum()).isEqualTo(files - 3);
            assertThat(client.stats.openedFiles.sum()).isZero();
            client.backup(data);
            assertThat(client.stats.openedFiles.sum()).isZero();
        }
    }

    @Test
    void whatChangesBehindTheSnapshotIsNotTakenForUnchangedNextTime() throws Exception {
        Path data = disk.subvolume("data");
        for (int i = 0; i < 20; i++) {
            Files.writeString(data.resolve("file-" + i), "before");
        }
        try (ConsistentSources consistent = take(SnapshotMode.AUTO, data)) {
            // Perhaps within the same tick of the clock, and of the same size.
            for (int i = 0; i < 20; i++) {
                Files.writeString(data.resolve("file-" + i), "behind");
            }
            Backup.Result made = backup(consistent, data);
            assertThat(Files.readString(restored(made, data).resolve("file-7"))).isEqualTo("before");
        }
        Backup.Result next = client.backup(data);
        assertThat(client.stats.reusedFiles.sum()).isZero();
        TestClient.assertSame(data, restored(next, data));
    }

    @Test
    void subvolumesThatTheWalkDoesNotEnterGetNoSnapshot() throws Exception {
        Path data = disk.subvolume("data");
        Files.writeString(data.resolve("file"), "content");
        Path left = disk.subvolume("data/left");
        Files.writeString(left.resolve("file"), "left out");
        Files.setLastModifiedTime(left, FileTime.fromMillis(1_400_000_000_000L));
        client.excludes = new Excludes(List.of("/**/left/"));
        try (ConsistentSources consistent = take(SnapshotMode.BTRFS, data)) {
            assertThat(snapshotsLeft())
                    .filteredOn(each -> each.contains(" path "))
                    .hasSize(1);
            assertThat(restored(backup(consistent, data), data).resolve("left")).doesNotExist();
        }
        client.excludes = new Excludes(List.of());
        client.oneFileSystem = true;
        try (ConsistentSources consistent = take(SnapshotMode.BTRFS, data)) {
            assertThat(snapshotsLeft())
                    .filteredOn(each -> each.contains(" path "))
                    .hasSize(1);
            Path target = restored(backup(consistent, data), data);
            assertThat(target.resolve("left")).isEmptyDirectory();
            assertThat(Files.getLastModifiedTime(target.resolve("left"))).isEqualTo(Files.getLastModifiedTime(left));
        }
        assertThat(client.problems).isEmpty();
        assertThat(snapshotsLeft()).isEmpty();
    }

    @Test
    void whatIsMountedBelowIsReadWhereItLives() throws Exception {
        Path data = disk.subvolume("data");
        Path mounted = Files.createDirectories(data.resolve("a/mounted"));
        Path file = Files.writeString(data.resolve("resolv.conf"), "hidden");
        Path over = Files.writeString(work.resolve("over"), "on top");
        Files.writeString(mounted.resolve("hidden"), "below the mount");
        LoopFileSystem.run("mount", "-t", "tmpfs", "none", mounted.toString());
        LoopFileSystem.run("mount", "--bind", over.toString(), file.toString());
        Files.writeString(mounted.resolve("seen"), "in memory");
        try (ConsistentSources consistent = take(SnapshotMode.AUTO, data.resolve("a"), file)) {
            Path target = restored(backup(consistent, data.resolve("a"), file), data);
            assertThat(target.resolve("a/mounted/seen")).hasContent("in memory");
            assertThat(target.resolve("a/mounted/hidden")).doesNotExist();
            assertThat(target.resolve("resolv.conf")).hasContent("on top");
        }
        assertThat(told).singleElement().asString().contains("no snapshot of " + file);
    }

    @Test
    void aPathThroughASymlinkAndOneThatIsALinkAreTheSame() throws Exception {
        Path data = disk.subvolume("data");
        Files.createDirectories(data.resolve("sub"));
        Files.writeString(data.resolve("sub/file"), "before");
        Path link = Files.createSymbolicLink(work.resolve("link"), data);
        Path stored = Files.createSymbolicLink(data.resolve("stored"), Path.of("sub"));
        try (ConsistentSources consistent = take(SnapshotMode.AUTO, link.resolve("sub"), stored)) {
            Files.writeString(data.resolve("sub/file"), "after");
            Backup.Result made = backup(consistent, link.resolve("sub"), stored);
            assertThat(client.problems).isEmpty();
            assertThat(restored(made, link.resolve("sub")).resolve("file")).hasContent("before");
            assertThat(restored(made, stored)).isSymbolicLink();
        }
    }

    @Test
    void snapshotsLieInTheStateDirectoryWhereThatIsOnTheSameFileSystem() throws Exception {
        Path data = disk.subvolume("data");
        Files.writeString(data.resolve("file"), "before");
        client = new TestClient(appliance, "inside", disk.mount.resolve("state"));
        try (ConsistentSources consistent = take(SnapshotMode.BTRFS, disk.mount)) {
            assertThat(snapshotsLeft())
                    .filteredOn(each -> each.contains(" path "))
                    .hasSize(2)
                    .allMatch(each -> each.contains(" path state/source-snapshots/"));
            Files.writeString(data.resolve("file"), "after");
            Backup.Result made = backup(consistent, disk.mount);
            assertThat(restored(made, disk.mount).resolve("data/file")).hasContent("before");
        }
        assertThat(snapshotsLeft()).isEmpty();
    }

    @Test
    void whatIsDemandedAndImpossibleFailsBeforeAnythingIsRead() throws Exception {
        Path data = disk.subvolume("data");
        Path other = Files.createDirectories(work.resolve("other"));
        assertThatThrownBy(() -> take(SnapshotMode.BTRFS, data, other))
                .isInstanceOf(PhrasedException.class)
                .hasMessageContaining("cannot take a source snapshot of")
                .hasMessageContaining("have no such snapshots");
        assertThatThrownBy(() -> take(SnapshotMode.LVM, data)).isInstanceOf(PhrasedException.class);
        assertThatThrownBy(() -> take(SnapshotMode.ZFS, data)).isInstanceOf(PhrasedException.class);
        assertThat(snapshotsLeft()).isEmpty();
        try (ConsistentSources consistent = take(SnapshotMode.AUTO, data, other)) {
            assertThat(told).singleElement().asString().contains("which is read while it changes");
            backup(consistent, data, other);
            assertThat(client.problems).isEmpty();
        }
        assertThat(snapshotsLeft()).isEmpty();
    }

    @Test
    void aPartOfASubvolumeThatIsMountedByItselfHasNoSnapshot() throws Exception {
        Path part = Files.createDirectories(disk.subvolume("data").resolve("part"));
        Path bound = Files.createDirectories(work.resolve("bound"));
        LoopFileSystem.run("mount", "--bind", part.toString(), bound.toString());
        try {
            assertThatThrownBy(() -> take(SnapshotMode.BTRFS, bound)).hasMessageContaining("only a part of its");
        } finally {
            LoopFileSystem.run("umount", bound.toString());
        }
        assertThat(snapshotsLeft()).isEmpty();
    }

    private static TreePath hidden(Path directory, String name) throws IOException {
        return TreePath.parse(directory + "/" + name);
    }

    @Test
    void onlyWhatAnInterruptedBackupLeftIsRemoved() throws Exception {
        Path data = disk.subvolume("data");
        TreePath source = TestClient.tree(data);
        SnapshotName left = new SnapshotName(SnapshotName.newRun(), 0);
        SnapshotName gone = new SnapshotName(left.run(), 1);
        SnapshotName foreign = new SnapshotName(SnapshotName.newRun(), 0);
        String similar = ".holdfast-snapshot-mine-0";
        for (String name : List.of(left.hidden(), foreign.hidden(), similar)) {
            Btrfs.snapshot(source, hidden(disk.mount, name));
        }
        Path records = Files.createDirectories(client.state.resolve("source-snapshots"));
        Path record = records.resolve(left.run());
        Files.createDirectories(records.resolve(left.run() + ".d"));
        String line = "{\"kind\":\"btrfs\",\"path\":\"" + disk.mount + "/";
        Files.writeString(
                record,
                line + left.hidden() + "\"}\n" + line + gone.hidden() + "\"}\n" + line + foreign.hidden() + "\"}\n"
                        + line + similar + "\"}\n{\"kind\":\"other\"}\n{\"kind\":\"btr");
        try (ConsistentSources consistent = take(SnapshotMode.BTRFS, data)) {
            ConsistentSources.removeLeft(client.state, told::add);
            assertThat(told).hasSize(2).allMatch(each -> each.contains("which an interrupted backup left"));
            assertThat(disk.mount.resolve(left.hidden())).doesNotExist();
            assertThat(disk.mount.resolve(foreign.hidden())).exists();
            assertThat(disk.mount.resolve(similar)).exists();
            assertThat(record).doesNotExist();
            // Its own is in use.
            assertThat(backup(consistent, data).summary().counts().problems()).isZero();
        }
        // What another backup reads is left out; a subvolume that only has a similar name is not.
        Backup.Result made = client.backup(disk.mount);
        Path target = restored(made, disk.mount);
        assertThat(target.resolve(foreign.hidden())).doesNotExist();
        assertThat(target.resolve(similar)).exists();
    }
}
