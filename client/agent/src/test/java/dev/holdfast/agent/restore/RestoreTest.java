package dev.holdfast.agent.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Restores from an appliance in memory, over real TLS. */
@EnabledOnOs(OS.LINUX)
class RestoreTest {
    @TempDir
    Path work;

    private final TestTree trees = new TestTree(815);
    private MemoryAppliance appliance;
    private TestClient client;
    private Path source;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
        source = work.resolve("source");
        target = work.resolve("target");
    }

    @AfterEach
    void stop() throws IOException {
        appliance.close();
    }

    private RestoreStats restore(UUID snapshot, RestoreOptions options) throws IOException {
        return client.restore(snapshot, TestClient.tree(source), target, options);
    }

    private static RestoreOptions overwriting(Overwrite overwrite) {
        return RestoreOptions.overwriting(overwrite);
    }

    @Test
    void wholeSnapshotIsLaidBelowTheTargetWithAbsolutePaths() throws Exception {
        trees.hard(source);
        client.restore(client.backup(source).snapshot(), target);
        TestClient.assertSame(source, target.resolve(source.toString().substring(1)));
    }

    @Test
    void partIsRestoredAsItselfAlsoWhereItsFirstNameLiesOutside() throws Exception {
        trees.hard(source);
        UUID snapshot = client.backup(source).snapshot();
        TreePath link = TestClient.tree(source.resolve("deep/er/link to large"));
        client.restore(snapshot, link, target, TestClient.overwriting());
        assertThat(target.resolve("link to large")).hasSameBinaryContentAs(source.resolve("large"));
        client.restore(snapshot, TestClient.tree(source.resolve("deep/er")), target, TestClient.overwriting());
        assertThat(target.resolve("er/and/another link")).hasSameBinaryContentAs(source.resolve("large"));
        assertThat(Files.getAttribute(target.resolve("er/link to large"), "unix:ino"))
                .isEqualTo(Files.getAttribute(target.resolve("er/and/another link"), "unix:ino"));
        assertThat(client.warnings).isEmpty();
    }

    @Test
    void pathThatTheSnapshotDoesNotHaveIsNotFound() throws Exception {
        trees.bulk(source, 1, 10);
        UUID snapshot = client.backup(source).snapshot();
        assertThatThrownBy(() -> client.restore(snapshot, TreePath.parse("/nowhere"), target, TestClient.overwriting()))
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    }

    @Test
    void restoredTreeIsFoundRightAndNothingIsWritten() throws Exception {
        trees.hard(source);
        UUID snapshot = client.backup(source).snapshot();
        RestoreStats first = restore(snapshot, TestClient.overwriting());
        assertThat(first.files.sum()).isGreaterThan(200);
        RestoreStats second = restore(snapshot, TestClient.overwriting());
        assertThat(second.bytes.sum()).isZero();
        assertThat(second.skipped.sum()).isGreaterThan(200);
        assertThat(client.warnings).isEmpty();
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void changedContentIsMendedUnderTheSameSizeAndTime() throws Exception {
        trees.bulk(source, 3, 700_000);
        UUID snapshot = client.backup(source).snapshot();
        restore(snapshot, TestClient.overwriting());
        Path damaged = target.resolve("source/bulk-1");
        FileTime time = Files.getLastModifiedTime(damaged);
        byte[] content = Files.readAllBytes(damaged);
        content[500_000] ^= 1;
        Files.write(damaged, content);
        Files.setLastModifiedTime(damaged, time);
        // Size and time are believed.
        restore(snapshot, overwriting(Overwrite.QUICK));
        assertThat(Files.readAllBytes(damaged)).isEqualTo(content);
        RestoreStats stats = restore(snapshot, TestClient.overwriting());
        assertThat(stats.files.sum()).isEqualTo(1);
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void neverLeavesWhatIsThereAndListsIt() throws Exception {
        trees.bulk(source, 2, 1000);
        UUID snapshot = client.backup(source).snapshot();
        Files.createDirectories(target.resolve("source"));
        Files.writeString(target.resolve("source/bulk-0"), "mine");
        restore(snapshot, overwriting(Overwrite.NEVER));
        assertThat(target.resolve("source/bulk-0")).hasContent("mine");
        assertThat(target.resolve("source/bulk-1")).hasSameBinaryContentAs(source.resolve("bulk-1"));
        assertThat(client.warnings).singleElement().asString().contains("bulk-0", "left alone");
    }

    @Test
    void brokenRestoreIsResumedByTheSameCall() throws Exception {
        trees.bulk(source, 30, 1_000_000);
        UUID snapshot = client.backup(source).snapshot();
        appliance.cutAfter(2, Message.Get.class);
        assertThatThrownBy(() -> restore(snapshot, TestClient.overwriting()))
                .isInstanceOf(ConnectionLostException.class);
        restore(snapshot, TestClient.overwriting());
        TestClient.assertSame(source, target.resolve("source"));
        try (Stream<Path> left = Files.walk(target)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".holdfast-partial"));
        }
    }

    @Test
    void damagedChunkCostsItsFilesAlone() throws Exception {
        trees.bulk(source, 5, 300_000);
        UUID snapshot = client.backup(source).snapshot();
        Digest chunk = appliance.content(snapshot).keySet().iterator().next();
        appliance.damage(chunk);
        RestoreStats stats = restore(snapshot, TestClient.overwriting());
        assertThat(stats.damaged.sum()).isEqualTo(1);
        assertThat(stats.files.sum()).isEqualTo(4);
        assertThat(client.warnings).singleElement().asString().contains("bulk-0", "is damaged");
        assertThat(target.resolve("source/bulk-0")).doesNotExist();
        assertThat(target.resolve("source/bulk-4")).hasSameBinaryContentAs(source.resolve("bulk-4"));
    }

    @Test
    void frozenFilesAreCountedAndAddedOnceTheyAreThawed() throws Exception {
        trees.bulk(source, 4, 300_000);
        UUID snapshot = client.backup(source).snapshot();
        Map<Digest, byte[]> content = appliance.content(snapshot);
        appliance.freeze(content.keySet().iterator().next());
        RestoreStats stats = restore(snapshot, TestClient.overwriting());
        assertThat(stats.frozen.sum()).isEqualTo(1);
        assertThat(stats.damaged.sum()).isZero();
        assertThat(stats.files.sum()).isEqualTo(3);
        appliance.thawAll();
        assertThat(restore(snapshot, TestClient.overwriting()).files.sum()).isEqualTo(1);
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void symlinkInTheTargetLeadsNothingOutOfIt() throws Exception {
        trees.bulk(source.resolve("inner"), 3, 1000);
        UUID snapshot = client.backup(source).snapshot();
        Path outside = Files.createDirectories(work.resolve("outside"));
        Files.createDirectories(target.resolve("source"));
        Files.createSymbolicLink(target.resolve("source/inner"), outside);
        restore(snapshot, TestClient.overwriting());
        assertThat(outside).isEmptyDirectory();
        assertThat(Files.isDirectory(target.resolve("source/inner"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        assertThat(client.warnings).singleElement().asString().contains("symlink", "was replaced");
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void symlinkOfAnEarlierSnapshotLeadsNothingOutOfTheTarget() throws Exception {
        Path outside = Files.createDirectories(work.resolve("outside"));
        Files.createDirectories(source);
        Files.createSymbolicLink(source.resolve("way"), outside);
        restore(client.backup(source).snapshot(), TestClient.overwriting());
        Files.delete(source.resolve("way"));
        trees.bulk(source.resolve("way"), 2, 100);
        restore(client.backup(source).snapshot(), TestClient.overwriting());
        assertThat(outside).isEmptyDirectory();
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void confinedRestoreGivesNoRights() throws Exception {
        Files.createDirectories(source);
        Path program = Files.writeString(source.resolve("program"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setAttribute(program, "unix:mode", 04755);
        UUID snapshot = client.backup(source).snapshot();
        Confinement orders = new Confinement(true, Set.of());
        RestoreStats stats =
                client.restore(snapshot, TestClient.tree(source), target, TestClient.overwriting(), orders);
        assertThat(stats.stripped.sum()).isEqualTo(1);
        assertThat(mode(target.resolve("source/program"))).isEqualTo(0755);
        client.restore(snapshot, TestClient.tree(source), target, TestClient.overwriting());
        assertThat(mode(target.resolve("source/program"))).isEqualTo(04755);
    }

    private static int mode(Path file) throws IOException {
        return (int) Files.getAttribute(file, "unix:mode") & 07777;
    }

    @Test
    void deleteRemovesWhatTheSnapshotDoesNotHave() throws Exception {
        trees.bulk(source, 3, 100);
        UUID snapshot = client.backup(source).snapshot();
        restore(snapshot, TestClient.overwriting());
        Files.createDirectories(target.resolve("source/extra/deeper"));
        Files.writeString(target.resolve("source/extra/deeper/file"), "extra");
        Files.writeString(target.resolve("beside"), "beside");
        RestoreOptions delete = new RestoreOptions(Overwrite.IF_CHANGED, Selection.all(), true, false, true, Set.of());
        // The source itself is restored as the target, so that all of its content belongs to the snapshot.
        RestoreStats stats = client.restore(snapshot, TreePath.ROOT, work.resolve("all"), delete);
        assertThat(stats.deleted.sum()).isZero();
        Path inAll = work.resolve("all").resolve(source.toString().substring(1));
        Files.createDirectories(inAll.resolve("extra/deeper"));
        Files.writeString(inAll.resolve("extra/deeper/file"), "extra");
        Path above = Files.writeString(inAll.resolveSibling("beside"), "beside");
        assertThat(client.restore(snapshot, TreePath.ROOT, work.resolve("all"), delete)
                        .deleted
                        .sum())
                .isEqualTo(3);
        assertThat(inAll.resolve("extra")).doesNotExist();
        // Outside of the directories that were backed up.
        assertThat(above).exists();
        TestClient.assertSame(source, inAll);
    }

    @Test
    void selectionChoosesEntries() throws Exception {
        trees.hard(source);
        UUID snapshot = client.backup(source).snapshot();
        restore(
                snapshot,
                RestoreOptions.selecting(Overwrite.IF_CHANGED, Selection.of(List.of("small-1*"), List.of("*5"))));
        assertThat(target.resolve("source/deep/small-11")).hasSameBinaryContentAs(source.resolve("deep/small-11"));
        assertThat(target.resolve("source/deep/small-15")).doesNotExist();
        assertThat(target.resolve("source/deep/small-2")).doesNotExist();
        assertThat(target.resolve("source/large")).doesNotExist();
    }

    @Test
    void manyEntriesSpanSeveralWindows() throws Exception {
        Files.createDirectories(source);
        for (int i = 0; i < 1200; i++) {
            Path directory = Files.createDirectories(source.resolve("d" + i % 50));
            Files.write(directory.resolve("f" + i), ("content " + i).getBytes(StandardCharsets.US_ASCII));
        }
        for (int i = 0; i < 50; i++) {
            Files.createLink(source.resolve("zz-link-" + i), source.resolve("d" + i % 50 + "/f" + i));
        }
        Backup.Result made = client.backup(source);
        restore(made.snapshot(), TestClient.overwriting());
        assertThat(client.warnings).isEmpty();
        TestClient.assertSame(source, target.resolve("source"));
    }
}
