package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that change places while a backup runs: every name has a content that it had, whatever became of the others. */
class CaptureTest {
    @TempDir
    static Path shared;

    @TempDir
    Path dir;

    private static InProcess product;
    private Path source;
    private final Meddler meddler = new Meddler();

    @BeforeAll
    static void start() throws Exception {
        product = new InProcess(shared);
    }

    @AfterAll
    static void stop() throws Exception {
        product.close();
    }

    @BeforeEach
    void makeSource() throws Exception {
        source = Files.createDirectories(dir.resolve("source")).toRealPath();
    }

    private static TreePath tree(Path path) throws Exception {
        return TreePath.of(path.toString().substring(1).getBytes(StandardCharsets.UTF_8));
    }

    private Path file(String name, String content) throws Exception {
        Path file = source.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static long inode(Path file) throws Exception {
        return (long) Files.getAttribute(file, "unix:ino");
    }

    /** What a snapshot has, by names below the source. */
    private Map<String, String> contents(InProcess.Made made) throws Exception {
        SortedMap<TreePath, byte[]> files = product.files(made.snapshot(), tree(source));
        Map<String, String> texts = new java.util.TreeMap<>();
        files.forEach((path, bytes) -> texts.put(
                path.toString().substring(source.toString().length() + 1), new String(bytes, StandardCharsets.UTF_8)));
        return texts;
    }

    private InProcess.Made backup() throws Exception {
        return product.backup(meddler.platform(), tree(source));
    }

    @Test
    void anInodeNumberThatIsUsedAgainIsAnotherFile() throws Exception {
        // Large, so that it is read at once and not with its neighbours.
        String old = "old".repeat(50_000);
        String fresh = "new".repeat(50_000);
        Path a = file("a", old);
        Path z = source.resolve("z");
        Files.createLink(z, a);
        file("m", "between");
        long number = inode(a);
        CountDownLatch read = new CountDownLatch(1);
        meddler.afterReading("a", read::countDown);
        meddler.before("stat", "m", () -> {
            assertThat(read.await(30, TimeUnit.SECONDS)).isTrue();
            Files.delete(a);
            Files.delete(z);
            Path spare = Files.createDirectories(dir.resolve("spare"));
            for (int i = 0; i < 2000; i++) {
                Path made = Files.writeString(spare.resolve("f" + i), fresh.substring(0, 10));
                if (inode(made) == number) {
                    Files.writeString(made, fresh);
                    Files.createLink(source.resolve("y"), made);
                    Files.move(made, z, StandardCopyOption.ATOMIC_MOVE);
                    return;
                }
            }
            Path made = Files.writeString(spare.resolve("last"), fresh);
            Files.createLink(source.resolve("y"), made);
            Files.move(made, z, StandardCopyOption.ATOMIC_MOVE);
        });
        InProcess.Made made = backup();
        assertThat(contents(made)).containsEntry("a", old).containsEntry("z", fresh);
        // The next one has both names of the new file, tied together.
        Files.writeString(source.resolve("other"), "x");
        InProcess.Made next = backup();
        assertThat(contents(next)).containsEntry("y", fresh).containsEntry("z", fresh);
        assertThat(product.nodes(next.snapshot(), tree(source)).get(tree(z))).isInstanceOf(Node.HardLink.class);
        assertThat(next.problems()).isEmpty();
    }

    @Test
    void aNameSurvivesWhereAnotherNameOfItsFileVanished() throws Exception {
        Path a = file("a", "content");
        Files.createLink(source.resolve("b"), a);
        Files.createLink(source.resolve("c"), a);
        meddler.before("openFile", "a", () -> Files.delete(a));
        InProcess.Made made = backup();
        assertThat(contents(made)).isEqualTo(Map.of("b", "content", "c", "content"));
        assertThat(made.reports(tree(a))).isTrue();
        assertThat(product.nodes(made.snapshot(), tree(source)).get(tree(source.resolve("c"))))
                .isInstanceOf(Node.HardLink.class);
    }

    @Test
    void whatReplacesOneNameIsNotTakenForTheOthers() throws Exception {
        Path a = file("a", "old");
        Path b = source.resolve("b");
        Files.createLink(b, a);
        Path spare = Files.writeString(dir.resolve("spare"), "new");
        meddler.before("openFile", "a", () -> Files.move(spare, a, StandardCopyOption.REPLACE_EXISTING));
        InProcess.Made made = backup();
        assertThat(contents(made)).isEqualTo(Map.of("a", "new", "b", "old"));
    }

    @Test
    void aNameThatIsGivenToAChangedFileHasTheChange() throws Exception {
        Path a = file("a", "1".repeat(200_000));
        Path b = source.resolve("b");
        Files.createLink(b, a);
        file("aa", "between");
        FileTime time = Files.getLastModifiedTime(a);
        CountDownLatch read = new CountDownLatch(1);
        meddler.afterReading("a", read::countDown);
        meddler.before("stat", "aa", () -> {
            assertThat(read.await(30, TimeUnit.SECONDS)).isTrue();
            Files.delete(a);
            Files.writeString(b, "2".repeat(200_000));
            Files.setLastModifiedTime(b, time);
            Files.createLink(source.resolve("c"), b);
        });
        InProcess.Made made = backup();
        assertThat(contents(made)).containsEntry("a", "1".repeat(200_000)).containsEntry("b", "2".repeat(200_000));
    }

    @Test
    void aDirectoryThatTakesTheNameOfAnotherIsItself() throws Exception {
        Path d = source.resolve("d");
        file("d/in", "first");
        Path other = Files.createDirectories(dir.resolve("other"));
        Files.writeString(other.resolve("in"), "second");
        Files.setAttribute(other, "unix:mode", 0700);
        meddler.before("openDirectory", "d", () -> {
            Files.move(d, dir.resolve("away"));
            Files.move(other, d);
        });
        InProcess.Made made = backup();
        assertThat(contents(made)).isEqualTo(Map.of("d/in", "second"));
        assertThat(made.problems()).isEmpty();
    }

    @Test
    void aDirectoryThatIsMovedWhileItIsListedIsReported() throws Exception {
        Path d = source.resolve("d");
        file("d/in", "here");
        Path away = dir.resolve("away");
        meddler.before("stat", "in", () -> {
            Files.move(d, away);
            Files.writeString(away.resolve("in"), "elsewhere");
        });
        InProcess.Made made = backup();
        assertThat(made.reports(tree(d))).isTrue();
    }

    @Test
    void aChangeWithinOneTickOfTheClockIsSeen() throws Exception {
        Path f = file("f", "a".repeat(300_000));
        FileTime time = FileTime.fromMillis(1_600_000_000_000L);
        Files.setLastModifiedTime(f, time);
        meddler.afterReading("f", () -> {
            Files.writeString(f, "b".repeat(300_000));
            Files.setLastModifiedTime(f, time);
        });
        assertThat(contents(backup())).isEqualTo(Map.of("f", "a".repeat(300_000)));
        assertThat(contents(product.backup(Platform.current(), tree(source))))
                .isEqualTo(Map.of("f", "b".repeat(300_000)));
    }

    /** Files of the kernel say that they are empty, or of a page, whatever they hold. */
    @Test
    void whatTheKernelMakesUpIsNotEmpty() throws Exception {
        for (Path file : List.of(Path.of("/proc/version"), Path.of("/sys/kernel/mm/transparent_hugepage/enabled"))) {
            InProcess.Made made = product.backup(Platform.current(), tree(file));
            assertThat(product.files(made.snapshot(), tree(file)))
                    .containsOnly(Map.entry(tree(file), Files.readAllBytes(file)));
            assertThat(made.problems()).isEmpty();
        }
    }

    @Test
    void inodeFlagsAreKept() throws Exception {
        file("plain", "x");
        file("d/in", "x");
        Path quiet = file("quiet", "x");
        Path locked = file("locked", "x");
        chattr("+dA", quiet);
        chattr("+d", source.resolve("d"));
        InProcess.Made before = backup();
        try {
            // No more than the change time tells of this.
            chattr("+i", locked);
            InProcess.Made made = backup();
            SortedMap<TreePath, Node.Named> nodes = product.nodes(made.snapshot(), tree(source));
            assertThat(letters(nodes, "plain")).isEmpty();
            assertThat(letters(nodes, "quiet")).isEqualTo("dA");
            assertThat(letters(nodes, "d")).isEqualTo("d");
            assertThat(letters(nodes, "locked")).isEqualTo("i");
            assertThat(letters(product.nodes(before.snapshot(), tree(source)), "locked"))
                    .isEmpty();
            assertThat(made.problems()).isEmpty();
        } finally {
            chattr("-i", locked);
        }
    }

    private String letters(SortedMap<TreePath, Node.Named> nodes, String name) throws Exception {
        return InodeFlags.letters(
                nodes.get(tree(source.resolve(name))).attributes().flags().bits());
    }

    private static void chattr(String change, Path file) throws Exception {
        assertThat(new ProcessBuilder("chattr", change, file.toString()).start().waitFor())
                .isZero();
    }
}
