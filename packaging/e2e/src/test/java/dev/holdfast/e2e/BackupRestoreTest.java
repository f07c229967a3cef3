package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job, by real processes: what comes back is what was there. */
class BackupRestoreTest {
    @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.NEVER)
    Path dir;

    private Product product;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
        // Java cannot delete paths beyond PATH_MAX.
        new ProcessBuilder("rm", "-rf", dir.toString()).start().waitFor();
    }

    private static void random(Path file, long seed, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    /** The directories above the source are in the manifest, and others may write to them meanwhile. */
    private static void assertNoDataSent(JsonNode backup) {
        assertThat(backup.path("bytesSent")).isEqualTo(backup.path("metadataBytesSent"));
        assertThat(backup.path("chunksSent").asLong()).isLessThanOrEqualTo(1);
    }

    @Test
    void hardCasesComeBackExactlyAlsoIncrementally() throws Exception {
        Path source = dir.resolve("source");
        HardTree tree = new HardTree();
        tree.make(source);
        Product.Client client = product.enrol("hard");
        client.backup(0, source.toString());
        client.mustRestore(source, dir.resolve("r1"));

        // Files written in the last moments before a backup are distrusted by the next; let the moment pass.
        tree.change(source);
        JsonNode second = client.backup(0, source.toString());
        assertThat(second.path("filesReused").asLong()).isGreaterThan(HardTree.TINY_FILES - 100);
        assertThat(second.path("bytesSentRaw").asLong()).isLessThan(3_000_000);
        client.mustRestore(source, dir.resolve("r2"));

        JsonNode third = client.backup(0, source.toString());
        assertNoDataSent(third);
        product.stop();
        product.run("appliance", "check", "--data", product.data.toString(), "--read-data")
                .mustBe(0);
        product.run("appliance", "rebuild-index", "--data", product.data.toString())
                .mustBe(0);
        product.start();
        client.mustRestore(source, dir.resolve("r3"));
        client.run("verify", "latest").mustBe(0);
        Product.Result diff =
                client.run("diff", second.path("snapshot").asText(), "latest").mustBe(0);
        assertThat(diff.out()).isEmpty();
    }

    @Test
    void partsAreRestoredAsThemselves() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("docs/a b.txt"), 1, 1000);
        random(source.resolve("docs/deep/large.bin"), 2, 3_000_000);
        random(source.resolve("other"), 3, 10);
        Files.createLink(source.resolve("z-link"), source.resolve("docs/a b.txt"));
        Product.Client client = product.enrol("parts");
        client.backup(0, source.toString());
        Path target = dir.resolve("target");
        client.run("restore", "latest:" + source.resolve("docs"), "--target", target.toString())
                .mustBe(0);
        product.run(
                        "compare",
                        source.resolve("docs/deep").toString(),
                        target.resolve("docs/deep").toString())
                .mustBe(0);
        client.run("restore", "latest:" + source.resolve("other"), "--target", target.toString())
                .mustBe(0);
        assertThat(target.resolve("other")).hasSameBinaryContentAs(source.resolve("other"));
        // A hard link alone brings the content of the file it is a link to.
        client.run("restore", "latest:" + source.resolve("z-link"), "--target", target.toString())
                .mustBe(0);
        assertThat(target.resolve("z-link")).hasSameBinaryContentAs(source.resolve("z-link"));
        try (Stream<Path> entries = Files.list(target)) {
            assertThat(entries).hasSize(3);
        }
        Product.Result cat =
                client.run("cat", "latest:" + source.resolve("z-link")).mustBe(0);
        assertThat(cat.out().getBytes(StandardCharsets.ISO_8859_1))
                .isEqualTo(Files.readAllBytes(source.resolve("z-link")));
        assertThat(client.run("ls", "latest:" + source).mustBe(0).out().lines())
                .containsExactly(source + "/docs/", source + "/other", source + "/z-link");
        assertThat(client.run("find", "large*").mustBe(0).out()).contains("/docs/deep/large.bin");
        client.run("find", "nothing-like-this").mustBe(6);
        client.run("restore", "latest:/no/such", "--target", target.toString()).mustBe(6);
        client.run("restore", "feedbeef", "--target", target.toString()).mustBe(6);
        client.run("backup").mustBe(2);
        client.run("backup", dir.resolve("missing").toString()).mustBe(2);
        client.run("forget", "latest").mustBe(2);
    }

    @Test
    void anUnchangedRunOpensNoFileAndAChangedByteCostsLittle() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("big"), 1, 200_000_000);
        for (int i = 0; i < 200; i++) {
            random(source.resolve("small/" + i), i, 500);
        }
        Product.Client client = product.enrol("unchanged");
        JsonNode first = client.backup(0, source.toString());
        assertThat(first.path("filesOpened").asLong()).isEqualTo(201);
        JsonNode second = client.backup(0, source.toString());
        assertThat(second.path("filesOpened").asLong()).isZero();
        assertNoDataSent(second);
        assertThat(second.path("networkBytes").asLong()).isLessThan(60_000);
        try (FileChannel big = FileChannel.open(source.resolve("big"), StandardOpenOption.WRITE)) {
            big.write(ByteBuffer.wrap(new byte[] {1}), 123_456_789);
        }
        JsonNode third = client.backup(0, source.toString());
        assertThat(third.path("filesOpened").asLong()).isEqualTo(1);
        assertThat(third.path("bytesSentRaw").asLong()).isLessThan(2_000_000);
        client.mustRestore(source, dir.resolve("back"));
    }

    @Test
    void whatCannotBeKeptIsReported() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("steady"), 1, 1000);
        Path growing = source.resolve("growing");
        random(growing, 2, 30_000_000);
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            try (FileChannel channel = FileChannel.open(growing, StandardOpenOption.APPEND)) {
                while (!done.get()) {
                    channel.write(ByteBuffer.wrap(new byte[100]));
                    Thread.sleep(1);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Path socket = source.resolve("socket");
        Product.Client client = product.enrol("report");
        JsonNode result;
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            result = client.backup(1, source.toString());
        } finally {
            done.set(true);
            writer.join();
        }
        assertThat(result.path("problems").asInt()).isEqualTo(2);
        List<String> report =
                client.run("report", "latest", "--json").mustBe(0).out().lines().toList();
        assertThat(report).anyMatch(line -> line.contains("/growing") && line.contains("changed"));
        assertThat(report).anyMatch(line -> line.contains("/socket") && line.contains("socket_skipped"));
    }

    @Test
    void excludesStreamsAndDryRuns() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("keep/a.txt"), 1, 100);
        random(source.resolve("keep/a.tmp"), 1, 100);
        random(source.resolve("cache/b.txt"), 1, 100);
        Path patterns = dir.resolve("patterns");
        Files.writeString(patterns, "# comment\n" + source + "/cache/\n");
        Product.Client client = product.enrol("excludes");
        String[] options = {"--exclude", "*.tmp", "--exclude-file", patterns.toString(), source.toString()};
        Product.Result dry = client.run(Stream.concat(Stream.of("backup", "--dry-run"), Stream.of(options))
                        .toArray(String[]::new))
                .mustBe(0);
        assertThat(dry.out()).contains("keep/a.txt").doesNotContain("a.tmp").doesNotContain("b.txt");
        client.run("snapshots").mustBe(0);
        assertThat(client.run("snapshots", "--json").json()).isEmpty();
        client.backup(0, options);
        assertThat(client.run("ls", "-r", "latest").mustBe(0).out())
                .contains("keep/a.txt")
                .doesNotContain("a.tmp")
                .doesNotContain("cache");

        Product.Running stream = product.launch("--state", client.state.toString(), "backup", "--stdin", "dump.sql");
        Product.finish(stream).mustBe(0);
        Process piped = new ProcessBuilder(
                        "sh",
                        "-c",
                        "seq 1 200000 | " + Product.launcher() + " --state " + client.state
                                + " backup --stdin seq.txt -q")
                .start();
        assertThat(piped.waitFor()).isZero();
        String back = client.run("cat", "latest:/seq.txt").mustBe(0).out();
        assertThat(back.lines()).hasSize(200_000).endsWith("200000");
    }

    @Test
    void anInterruptedRestoreIsRepeated() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("huge"), 9, 150_000_000);
        for (int i = 0; i < 3000; i++) {
            random(source.resolve("d" + i % 30 + "/f" + i), i, 3000);
        }
        Product.Client client = product.enrol("again");
        client.backup(0, source.toString());
        Path target = dir.resolve("target");
        for (int i = 0; i < 3; i++) {
            Product.Running restore = client.launch("restore", "latest", "--target", target.toString(), "-q");
            Thread.sleep(900 + 300L * i);
            restore.process().destroyForcibly().waitFor();
        }
        client.mustRestore(source, target);
        Product.Result again = client.run("restore", "latest", "--target", target.toString(), "--json")
                .mustBe(0);
        assertThat(again.json().path("skipped").asLong()).isEqualTo(3001);
        assertThat(again.json().path("bytes").asLong()).isZero();
    }

    /** What a cut off restore of one snapshot left must not shine through the holes of another. */
    @Test
    void partialFilesOfAnotherSnapshotAreNotTrusted() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("image"), 1, 60_000_000);
        Product.Client client = product.enrol("partial");
        client.backup(0, source.toString());
        Path target = dir.resolve("target");
        Product.Running restore = client.launch("restore", "latest", "--target", target.toString(), "-q");
        Path restored = Path.of(target.toString() + source);
        while (restore.process().isAlive() && !holds(restored, 5_000_000)) {
            Thread.sleep(5);
        }
        restore.process().destroyForcibly().waitFor();
        Files.delete(source.resolve("image"));
        try (FileChannel image =
                FileChannel.open(source.resolve("image"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            image.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 59_999_997);
        }
        client.backup(0, source.toString());
        client.mustRestore(source, target);
    }

    private static boolean holds(Path directory, long bytes) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.toFile().length() > bytes);
        }
    }

    /** A file that stays as it is must not lend its content to the other names of the one in the snapshot. */
    @Test
    void keptFilesDoNotSpreadThroughHardLinks() throws Exception {
        Path source = dir.resolve("source");
        random(source.resolve("a"), 1, 1000);
        Files.createLink(source.resolve("b"), source.resolve("a"));
        Product.Client client = product.enrol("links");
        client.backup(0, source.toString());
        Path target = dir.resolve("target");
        Path restored = Path.of(target.toString() + source);
        Files.createDirectories(restored);
        Files.writeString(restored.resolve("a"), "mine");
        client.run("restore", "latest", "--target", target.toString(), "--overwrite", "never", "-q")
                .mustBe(1);
        assertThat(restored.resolve("a")).hasContent("mine");
        assertThat(restored.resolve("b")).hasSameBinaryContentAs(source.resolve("b"));
    }
}
