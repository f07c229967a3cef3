package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of the restore command choose, over files that are there already. */
class RestoreOptionsTest {
    private static final FileTime LONG_AGO = FileTime.fromMillis(1_700_000_000_000L);

    @TempDir
    Path dir;

    private static void write(Path file, String content) throws Exception {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, LONG_AGO);
    }

    private static List<String> below(Path directory) throws Exception {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(each -> !Files.isDirectory(each))
                    .map(each -> directory.relativize(each).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void optionsChooseWhatIsRestoredAndHow() throws Exception {
        Path source = Files.createDirectories(dir.resolve("source")).toRealPath();
        write(source.resolve("a.txt"), "a");
        write(source.resolve("b.log"), "b");
        write(source.resolve("cache/c.txt"), "c");
        write(source.resolve("docs/d.txt"), "d");
        write(source.resolve("docs/e.log"), "e");
        // Other owners only where the tests run as root; a set-id bit always.
        new ProcessBuilder("chown", "1234:5678", source.resolve("a.txt").toString())
                .start()
                .waitFor();
        new ProcessBuilder("chmod", "4755", source.resolve("a.txt").toString())
                .start()
                .waitFor();
        String from = "latest:" + source;
        try (Product product = new Product(dir.resolve("work"), "dev")) {
            Product.Client client = product.enrol("restorer");
            client.run("backup", "-q", source.toString()).mustBe(0);

            Path chosen = dir.resolve("chosen");
            client.run(
                            "restore",
                            "-q",
                            from,
                            "--target",
                            chosen + "",
                            "--include",
                            "*.txt",
                            "--exclude",
                            "cache",
                            "--no-owner")
                    .mustBe(0);
            assertThat(below(chosen)).containsExactly("source/a.txt", "source/docs/d.txt");
            Path owned = chosen.resolve("source/a.txt");
            assertThat(Files.getAttribute(owned, "unix:uid")).isEqualTo(Files.getAttribute(chosen, "unix:uid"));
            assertThat((int) Files.getAttribute(owned, "unix:mode") & 07777).isEqualTo(0755);

            // An admin moved a directory to another disk.
            Path target = dir.resolve("target");
            Path disk = Files.createDirectories(dir.resolve("disk"));
            Files.createDirectories(target.resolve("source"));
            Path link = Files.createSymbolicLink(target.resolve("source/docs"), disk);
            client.run("restore", "-q", from, "--target", target + "", "--keep-directory-links")
                    .mustBe(0);
            assertThat(link).isSymbolicLink();
            assertThat(below(disk)).containsExactly("d.txt", "e.log");

            // Damage that size and time do not show.
            write(target.resolve("source/b.log"), "X");
            write(target.resolve("source/foreign"), "foreign");
            write(target.resolve("source/cache/foreign"), "foreign");
            client.run("restore", "-q", from, "--target", target + "", "--keep-directory-links", "--overwrite", "quick")
                    .mustBe(0);
            assertThat(target.resolve("source/b.log")).hasContent("X");
            assertThat(target.resolve("source/foreign")).exists();

            Product.Result last = client.run(
                            "restore", "-q", from, "--target", target + "", "--delete", "--exclude", "cache")
                    .mustBe(1);
            assertThat(last.err()).contains("warning: /source/docs: a symlink to '" + disk + "'");
            assertThat(link).isDirectory().isNotEqualTo(disk);
            assertThat(Files.isSymbolicLink(link)).isFalse();
            assertThat(target.resolve("source/b.log")).hasContent("b");
            assertThat(below(target))
                    .containsExactly(
                            "source/a.txt",
                            "source/b.log",
                            "source/cache/c.txt",
                            "source/cache/foreign",
                            "source/docs/d.txt",
                            "source/docs/e.log");
            assertThat(below(disk)).as("what the link led to").containsExactly("d.txt", "e.log");
        }
    }
}
