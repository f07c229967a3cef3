package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.TIME;
import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A restore over a tree that is there makes it what the snapshot says, and writes no more than it must. */
@EnabledOnOs(OS.LINUX)
class InPlaceTest {
    @TempDir
    Path target;

    /** Told by several writers at once. */
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    private MemorySnapshot snapshot;

    @BeforeEach
    void empty() throws IOException {
        try (Directory directory = open()) {
            snapshot = new MemorySnapshot(directory);
        }
    }

    private Directory open() throws IOException {
        return Platform.current().open(bytes(target.toString()));
    }

    private RestoreStats restore(Overwrite overwrite) throws IOException {
        return restore(RestoreOptions.overwriting(overwrite));
    }

    private RestoreStats restore(RestoreOptions options) throws IOException {
        try (Directory directory = open()) {
            RestoreStats stats = snapshot.restore(directory, options, (path, what) -> problems.add(path + ": " + what));
            stats.losses().forEach(loss -> problems.add(loss.toString()));
            assertThat(names(target)).noneMatch(name -> name.startsWith(".holdfast-"));
            return stats;
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.map(each -> String.valueOf(each.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private Stat stat(String name) throws IOException {
        try (Directory directory = open()) {
            return directory.stat(bytes(name));
        }
    }

    /** Changes a file without a trace in its size and time. */
    private void tamper(Path file, int position) throws IOException {
        FileTime time = Files.getLastModifiedTime(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes("!")), position);
        }
        Files.setLastModifiedTime(file, time);
    }

    private static byte[] random(int seed, int length) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return content;
    }

    @Test
    void contentIsComparedNotBelieved() throws Exception {
        byte[] first = random(1, 100_000);
        byte[] second = random(2, 50_000);
        snapshot.bundled("bundled", "small content");
        snapshot.file("empty", new byte[0][]);
        snapshot.file("large", first, second);
        snapshot.sparse("sparse", 1 << 20, random(3, 5000));
        snapshot.file("whole", "one chunk");
        assertThat(restore(Overwrite.IF_CHANGED).files.sum()).isEqualTo(5);
        RestoreStats again = restore(Overwrite.IF_CHANGED);
        assertThat(again.skipped.sum()).isEqualTo(5);
        assertThat(again.bytes.sum()).isZero();
        assertThat(again.compared.sum()).isEqualTo(150_000 + 5000 + 9 + 13);

        tamper(target.resolve("bundled"), 3);
        tamper(target.resolve("large"), 120_000);
        tamper(target.resolve("sparse"), 10);
        tamper(target.resolve("whole"), 0);
        assertThat(restore(Overwrite.QUICK).skipped.sum()).isEqualTo(5);
        snapshot.fetched = 0;
        RestoreStats repaired = restore(Overwrite.IF_CHANGED);
        assertThat(repaired.files.sum()).isEqualTo(4);
        assertThat(repaired.skipped.sum()).isEqualTo(1);
        // Of the large file only the changed chunk; of the sparse one, the chunk is right and only moves.
        assertThat(snapshot.fetched).isEqualTo(3);
        assertThat(target.resolve("bundled")).hasContent("small content");
        assertThat(Files.readAllBytes(target.resolve("large")))
                .startsWith(first)
                .endsWith(second)
                .hasSize(150_000);
        byte[] sparse = Files.readAllBytes(target.resolve("sparse"));
        assertThat(Arrays.copyOf(sparse, 1 << 20)).containsOnly(0);
        assertThat(sparse).hasSize(2 * (1 << 20) + 5000);
        assertThat(target.resolve("whole")).hasContent("one chunk");
        assertThat(stat("whole").mtime()).isEqualTo(TIME);
        assertThat(problems).isEmpty();
    }

    @Test
    void shorterLongerAndZeroedFilesAreFound() throws Exception {
        byte[] content = random(5, 70_000);
        snapshot.file("a-longer", content).file("b-shorter", content).file("c-zeros", content);
        snapshot.sparse("d-filled", 4096, random(6, 4096));
        restore(Overwrite.IF_CHANGED);
        Files.write(target.resolve("a-longer"), new byte[] {0, 0, 0}, StandardOpenOption.APPEND);
        Files.write(target.resolve("b-shorter"), Arrays.copyOf(content, 69_999));
        Files.write(target.resolve("c-zeros"), new byte[70_000]);
        // Behind the last extent.
        tamper(target.resolve("d-filled"), 12_000);
        assertThat(restore(Overwrite.IF_CHANGED).files.sum()).isEqualTo(4);
        for (String name : List.of("a-longer", "b-shorter", "c-zeros")) {
            assertThat(Files.readAllBytes(target.resolve(name))).isEqualTo(content);
        }
        assertThat(Files.readAllBytes(target.resolve("d-filled"))[12_000]).isZero();
        assertThat(restore(Overwrite.IF_CHANGED).skipped.sum()).isEqualTo(4);
    }

    @Test
    void attributesComeBackWithoutRewritingContent() throws Exception {
        Xattr note = new Xattr(bytes("user.note"), bytes("kept"));
        snapshot.add(new Node.Directory(bytes("d"), snapshot.attributes(0750, 0, note)))
                .file("f", snapshot.attributes(0640, 0, note), "content")
                .leave()
                .symlink("s", "somewhere");
        restore(Overwrite.IF_CHANGED);
        long inode = stat("d").inode();
        Path file = target.resolve("d/f");
        Object fileKey = Files.getAttribute(file, "unix:ino");
        Timestamp before = stat("s").ctime();
        for (Path each : List.of(file, target.resolve("d"))) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxrwxrwx"));
            Files.setAttribute(each, "user:foreign", ByteBuffer.wrap(bytes("x")));
            Files.setAttribute(each, "user:note", ByteBuffer.wrap(bytes("other")));
        }
        Files.setLastModifiedTime(file, FileTime.fromMillis(5));
        RestoreStats stats = restore(Overwrite.IF_CHANGED);
        assertThat(stats.files.sum()).isZero();
        assertThat(stats.settled.sum()).isEqualTo(1);
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(fileKey);
        assertThat(stat("d").inode()).isEqualTo(inode);
        // What needed nothing was not touched, so that the next backup need not look at it.
        assertThat(stat("s").ctime()).isEqualTo(before);
        try (Directory top = open();
                Directory d = top.openDirectory(bytes("d"))) {
            assertThat(top.xattrs(bytes("d"))).usingRecursiveComparison().isEqualTo(List.of(note));
            assertThat(d.xattrs(bytes("f"))).usingRecursiveComparison().isEqualTo(List.of(note));
            assertThat(d.stat(bytes("f")).mode()).isEqualTo(0640);
            assertThat(d.stat(bytes("f")).mtime()).isEqualTo(TIME);
            assertThat(top.stat(bytes("d")).mode()).isEqualTo(0750);
            assertThat(top.stat(bytes("d")).mtime()).isEqualTo(TIME);
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void aclsThatTheSnapshotDoesNotHaveGo() throws Exception {
        snapshot.directory("d").file("f", "content").leave();
        restore(Overwrite.IF_CHANGED);
        byte[] acl = acl();
        try (Directory top = open();
                Directory d = top.openDirectory(bytes("d"))) {
            Xattr access = new Xattr(bytes("system.posix_acl_access"), acl);
            Xattr inherited = new Xattr(bytes("system.posix_acl_default"), acl);
            d.apply(bytes("f"), Stat.Type.FILE, snapshot.attributes(0640, 0, access));
            top.apply(bytes("d"), Stat.Type.DIRECTORY, snapshot.attributes(0750, 0, access, inherited));
            assertThat(d.xattrs(bytes("f"))).as("the file system has ACLs").hasSize(1);
            assertThat(top.xattrs(bytes("d"))).hasSize(2);
            restore(Overwrite.QUICK);
            assertThat(d.xattrs(bytes("f"))).isEmpty();
            assertThat(top.xattrs(bytes("d"))).isEmpty();
            assertThat(d.stat(bytes("f")).mode()).isEqualTo(0640);
        }
        assertThat(problems).isEmpty();
    }

    /** Owner, one user, group, mask, others: version 2, then tag, permissions and id of each in little endian. */
    private static byte[] acl() {
        ByteBuffer acl = ByteBuffer.allocate(4 + 5 * 8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        acl.putInt(2);
        acl.putShort((short) 1).putShort((short) 6).putInt(-1);
        acl.putShort((short) 2).putShort((short) 7).putInt(12_345);
        acl.putShort((short) 4).putShort((short) 4).putInt(-1);
        acl.putShort((short) 16).putShort((short) 7).putInt(-1);
        acl.putShort((short) 32).putShort((short) 0).putInt(-1);
        return acl.array();
    }

    /** What is set on a file is set on all its names. */
    @Test
    void aForeignHardLinkIsCutOff() throws Exception {
        snapshot.file("f", "content");
        restore(Overwrite.IF_CHANGED);
        Path other = target.resolve("other");
        Files.createLink(other, target.resolve("f"));
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr--r--"));
        restore(Overwrite.IF_CHANGED);
        assertThat(stat("other").mode()).isEqualTo(0744);
        assertThat(stat("f").mode()).isEqualTo(0640);
        assertThat(stat("f").links()).isEqualTo(1);
        assertThat(target.resolve("f")).hasContent("content");
    }

    @Test
    void hardLinksAreTiedAgain() throws Exception {
        snapshot.linkedFile("a", 7, 3, "content").link("b", 7, 3).link("c", 7, 3);
        restore(Overwrite.IF_CHANGED);
        Files.delete(target.resolve("b"));
        Files.writeString(target.resolve("b"), "content");
        tamper(target.resolve("a"), 1);
        restore(Overwrite.IF_CHANGED);
        assertThat(stat("a").links()).isEqualTo(3);
        assertThat(stat("b").inode()).isEqualTo(stat("a").inode());
        assertThat(stat("c").inode()).isEqualTo(stat("a").inode());
        assertThat(target.resolve("c")).hasContent("content");
        assertThat(problems).isEmpty();
        assertThat(restore(Overwrite.IF_CHANGED).files.sum()).isZero();
    }

    /** Whatever became of the first names, the file is there under the later ones, and these are one file. */
    @Test
    void laterNamesAreRestoredWhereTheFirstTwoAreKept() throws Exception {
        snapshot.linkedFile("a", 7, 4, "content")
                .link("b", 7, 4)
                .link("c", 7, 4)
                .link("d", 7, 4);
        Files.writeString(target.resolve("a"), "mine");
        Files.writeString(target.resolve("b"), "mine too");
        assertThat(restore(Overwrite.NEVER).skipped.sum()).isEqualTo(2);
        assertThat(problems).hasSize(2).allMatch(each -> each.contains("left alone"));
        assertThat(target.resolve("a")).hasContent("mine");
        assertThat(target.resolve("b")).hasContent("mine too");
        assertThat(target.resolve("c")).hasContent("content");
        assertThat(stat("d").inode()).isEqualTo(stat("c").inode());
    }

    @Test
    void laterNamesAreLinkedToAnEqualFileThatIsKept() throws Exception {
        snapshot.linkedFile("a", 7, 3, "content").link("b", 7, 3).link("c", 7, 3);
        restore(Overwrite.IF_CHANGED);
        Files.delete(target.resolve("a"));
        Files.delete(target.resolve("c"));
        Files.writeString(target.resolve("a"), "mine");
        restore(Overwrite.NEVER);
        assertThat(problems).singleElement().asString().startsWith("/a").contains("left alone");
        assertThat(stat("c").inode()).isEqualTo(stat("b").inode());
        assertThat(target.resolve("c")).hasContent("content");
    }

    @Test
    void laterNamesAreRestoredWhereSomethingIsInTheWayOfTheFirst() throws Exception {
        snapshot.linkedFile("a", 7, 4, "content")
                .link("b", 7, 4)
                .link("c", 7, 4)
                .link("d", 7, 4);
        Files.createDirectory(target.resolve("a"));
        Files.createDirectory(target.resolve("b"));
        restore(Overwrite.IF_CHANGED);
        assertThat(problems).hasSize(2).allMatch(each -> each.contains("a directory is in the way"));
        assertThat(target.resolve("c")).hasContent("content");
        assertThat(stat("d").inode()).isEqualTo(stat("c").inode());
    }

    @Test
    void laterNamesOfASymlinkAreRestoredWhereTheFirstIsKept() throws Exception {
        snapshot.linkedSymlink("a", 7, 3, "to").link("b", 7, 3).link("c", 7, 3);
        Files.writeString(target.resolve("a"), "mine");
        restore(Overwrite.NEVER);
        assertThat(problems).singleElement().asString().contains("left alone");
        assertThat(Files.readSymbolicLink(target.resolve("b"))).hasToString("to");
        assertThat(stat("c").inode()).isEqualTo(stat("b").inode());
    }

    @Test
    void newerFilesAndKeptOnesAreLeftWithTheirAttributes() throws Exception {
        snapshot.file("f", "content");
        Files.writeString(target.resolve("f"), "newer");
        Files.setPosixFilePermissions(target.resolve("f"), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(restore(Overwrite.IF_NEWER).skipped.sum()).isEqualTo(1);
        assertThat(problems).isEmpty();
        assertThat(restore(Overwrite.NEVER).skipped.sum()).isEqualTo(1);
        assertThat(problems).hasSize(1).first().asString().contains("left alone");
        assertThat(target.resolve("f")).hasContent("newer");
        assertThat(stat("f").mode()).isEqualTo(0777);
        Files.setLastModifiedTime(target.resolve("f"), FileTime.fromMillis(5));
        assertThat(restore(Overwrite.IF_NEWER).files.sum()).isEqualTo(1);
        assertThat(target.resolve("f")).hasContent("content");
    }

    /** An order gives no rights; rights that are there already, and right, it leaves. */
    @Test
    void confinedRestoresLeaveWhatIsRight() throws Exception {
        snapshot.file("f", snapshot.attributes(04755, 0), "content");
        restore(Overwrite.IF_CHANGED);
        assertThat(stat("f").mode()).isEqualTo(04755);
        Confinement plain = new Confinement(true, Set.of());
        RestoreOptions options = RestoreOptions.overwriting(Overwrite.IF_CHANGED);
        try (Directory directory = open()) {
            snapshot.restore(directory, options, plain, new RestoreStats(), (path, what) -> {});
        }
        assertThat(stat("f").mode()).isEqualTo(04755);
        tamper(target.resolve("f"), 1);
        try (Directory directory = open()) {
            snapshot.restore(directory, options, plain, new RestoreStats(), (path, what) -> {});
        }
        assertThat(stat("f").mode()).isEqualTo(0755);
    }

    @Test
    void ownersStayWithoutThem() throws Exception {
        Attributes a = snapshot.attributes(06755, 0);
        Attributes foreign = new Attributes(
                a.mode(), 12_345, 12_346, a.mtime(), a.ctime(), a.inode(), a.device(), 1, a.size(), List.of());
        snapshot.file("f", foreign, "content");
        RestoreOptions options =
                new RestoreOptions(Overwrite.IF_CHANGED, Selection.all(), false, false, false, Set.of());
        restore(options);
        assertThat(stat("f").uid()).isEqualTo(snapshot.uid);
        assertThat(stat("f").mode()).isEqualTo(0755);
        assertThat(restore(options).skipped.sum()).isEqualTo(1);
        assertThat(problems).isEmpty();
    }

    @Test
    void onlyWhatIsSelectedComesBack() throws Exception {
        snapshot.directory("docs")
                .linkedFile("a.txt", 9, 2, "linked")
                .file("b.bin", "binary")
                .directory("cache")
                .file("c.txt", "cached")
                .leave()
                .leave()
                .directory("other")
                .link("l.txt", 9, 2)
                .leave();
        restore(RestoreOptions.selecting(
                Overwrite.IF_CHANGED, Selection.of(List.of("*.txt"), List.of("cache/", "a.txt"))));
        assertThat(names(target)).containsExactly("other");
        // The link brings the content that the excluded name has.
        assertThat(target.resolve("other/l.txt")).hasContent("linked");
        assertThat(stat("other").mode()).isEqualTo(0750);
        restore(RestoreOptions.selecting(Overwrite.IF_CHANGED, Selection.of(List.of("/docs"), List.of("cache/"))));
        assertThat(names(target.resolve("docs"))).containsExactly("a.txt", "b.bin");
        assertThat(problems).isEmpty();
    }

    @Test
    void whatTheSnapshotDoesNotHaveIsDeletedBelowItsSources() throws Exception {
        snapshot.source("/home/ann")
                .directory("home")
                .directory("ann")
                .directory("docs")
                .file("a", "a")
                .leave()
                .file("f", "f")
                .leave()
                .leave();
        Files.createDirectories(target.resolve("home/ann/docs/new/deep"));
        Files.createDirectories(target.resolve("home/bob"));
        Files.writeString(target.resolve("home/ann/docs/new/deep/x"), "x");
        Files.writeString(target.resolve("home/ann/docs/unreadable"), "x");
        Files.writeString(target.resolve("home/ann/keep.log"), "x");
        Files.createSymbolicLink(target.resolve("home/ann/link"), target.resolve("home/bob"));
        Files.writeString(target.resolve("home/bob/b"), "b");
        Files.writeString(target.resolve("unrelated"), "u");
        RestoreOptions options = new RestoreOptions(
                Overwrite.IF_CHANGED,
                Selection.of(List.of(), List.of("*.log")),
                true,
                false,
                true,
                Set.of(dev.holdfast.protocol.manifest.TreePath.parse("/home/ann/docs/unreadable")));
        RestoreStats stats = restore(options);
        assertThat(stats.deleted.sum()).isEqualTo(4);
        assertThat(names(target)).containsExactly("home", "unrelated");
        assertThat(names(target.resolve("home"))).containsExactly("ann", "bob");
        assertThat(names(target.resolve("home/ann"))).containsExactly("docs", "f", "keep.log");
        assertThat(names(target.resolve("home/ann/docs"))).containsExactly("a", "unreadable");
        assertThat(target.resolve("home/bob/b")).hasContent("b");
        assertThat(problems).isEmpty();
    }

    @Test
    void anAdministratorsLinkToADirectoryIsFollowedOnlyWhenAsked() throws Exception {
        snapshot.directory("www").file("index", "page").leave();
        Files.createDirectory(target.resolve("data"));
        Files.createSymbolicLink(target.resolve("www"), Path.of("data"));
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        RestoreOptions following =
                new RestoreOptions(Overwrite.IF_CHANGED, Selection.all(), true, true, false, Set.of());
        restore(following);
        assertThat(target.resolve("www")).isSymbolicLink();
        assertThat(target.resolve("data/index")).hasContent("page");
        assertThat(problems).isEmpty();
        // Where others can make links, one proves nothing.
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
        restore(following);
        assertThat(target.resolve("www")).isDirectory();
        assertThat(Files.isSymbolicLink(target.resolve("www"))).isFalse();
        assertThat(problems).hasSize(1).first().asString().contains("symlink to 'data'");
        assertThat(Files.exists(target.resolve("www/index"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
    }

    @Test
    void frozenFilesAreCountedAndComeWithTheNextRestore() throws IOException {
        for (int i = 0; i < 300; i++) {
            snapshot.file(String.format("f%03d", i), "content " + i);
        }
        Digest warm = HashAlgorithm.NEWEST.digest(bytes("content 7"));
        snapshot.frozen = digest -> !digest.equals(warm);
        RestoreStats stats = restore(Overwrite.IF_CHANGED);
        assertThat(problems).isEmpty();
        assertThat(stats.damaged.sum()).isZero();
        assertThat(stats.problems.sum()).isZero();
        assertThat(stats.frozen.sum()).isEqualTo(299);
        assertThat(stats.frozenSummary()).startsWith("299 files, ").contains("frozen");
        assertThat(names(target)).containsExactly("f007");
        snapshot.frozen = digest -> false;
        RestoreStats again = restore(Overwrite.IF_CHANGED);
        assertThat(again.files.sum()).isEqualTo(299);
        assertThat(again.skipped.sum()).isEqualTo(1);
        assertThat(again.frozenSummary()).isEmpty();
        assertThat(names(target)).hasSize(300);
        assertThat(target.resolve("f299")).hasContent("content 299");
    }
}
