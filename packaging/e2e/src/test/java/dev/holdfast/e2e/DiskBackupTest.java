package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole disks: backed up in blocks, restored to files, and rolled back by what differs. */
class DiskBackupTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BLOCK = 256 << 10;
    /** Ends within a block, and within a sector. */
    private static final long SIZE = 40L * BLOCK + 1234;

    @TempDir
    Path dir;

    private Product product;
    private Product.Client client;
    private Path disk;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("vm1");
        disk = dir.toRealPath().resolve("vm1.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(SIZE);
            write(file, 0, 4096, 1);
            write(file, 3L * BLOCK + 100, 2 * BLOCK, 2);
            // Written, but zeros.
            file.seek(10L * BLOCK);
            file.write(new byte[BLOCK]);
            write(file, SIZE - 1000, 1000, 3);
        }
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private static void write(RandomAccessFile file, long at, int length, int seed) throws IOException {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        file.seek(at);
        file.write(content);
    }

    private void change(long at, int length, int seed) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            write(file, at, length, seed);
        }
    }

    private JsonNode backup(String... more) throws Exception {
        String[] words = {"backup", "--json", "--image", disk.toString()};
        return json(concat(words, more));
    }

    private JsonNode json(String... words) throws Exception {
        return JSON.readTree(client.run(words).mustBe(0).out());
    }

    private static String[] concat(String[] words, String... more) {
        return java.util.stream.Stream.of(List.of(words), List.of(more))
                .flatMap(List::stream)
                .toArray(String[]::new);
    }

    private static long allocated(Path file) throws Exception {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip()) * 512;
    }

    @Test
    void blocksThatChangedAreSentAndADiskIsRolledBackByWhatDiffers() throws Exception {
        JsonNode first = backup();
        assertThat(first.path("bytes").asLong()).isGreaterThanOrEqualTo(SIZE);
        // Five blocks of the disk, the description, and the page that lists them.
        assertThat(first.path("chunksSent").asInt()).isEqualTo(7);
        byte[] before = Files.readAllBytes(disk);
        assertThat(backup().path("chunksSent").asInt())
                .as("but for the description and the page")
                .isLessThanOrEqualTo(2);
        change(4L * BLOCK + 17, 3, 9);
        change(20L * BLOCK, 4096, 10);
        JsonNode second = backup("--tag", "second");
        assertThat(second.path("chunksSent").asInt()).isEqualTo(4);
        byte[] after = Files.readAllBytes(disk);

        Path copy = dir.resolve("copy.raw");
        JsonNode restored = json("restore-disk", "--json", "latest", copy.toString());
        assertThat(copy).hasBinaryContent(after);
        assertThat(allocated(copy)).isLessThanOrEqualTo(7L * BLOCK);
        assertThat(restored.path("verified").asBoolean()).isTrue();
        assertThat(restored.path("disk").asText()).isEqualTo("/disks" + disk);

        String old = first.path("snapshot").asText();
        client.run("restore-disk", old, copy.toString()).mustBe(2);
        assertThat(copy).hasBinaryContent(after);
        JsonNode dry = json("restore-disk", "--json", "--dry-run", old, copy.toString());
        assertThat(dry.path("bytesDiffering").asLong()).isEqualTo(2L * BLOCK);
        assertThat(dry.path("bytesWritten").asLong()).isZero();
        assertThat(copy).hasBinaryContent(after);
        JsonNode back = json("restore-disk", "--json", "--overwrite", old, copy.toString());
        assertThat(back.path("bytesWritten").asLong()).isEqualTo(2L * BLOCK);
        assertThat(copy).hasBinaryContent(before);

        // A longer file with other content, one that is shorter, and one that is the same.
        Files.write(copy, new byte[(int) SIZE + 5000]);
        json("restore-disk", "--json", "--overwrite", old, copy.toString());
        assertThat(copy).hasBinaryContent(before);
        Files.write(copy, new byte[] {1, 2, 3});
        json("restore-disk", "--json", "--overwrite", "--no-verify", old, copy.toString());
        assertThat(copy).hasBinaryContent(before);
        assertThat(json("restore-disk", "--json", "--overwrite", old, copy.toString())
                        .path("bytesWritten")
                        .asLong())
                .isZero();
    }

    @Test
    void blocksThatAreTheSameAreSentAndFetchedOnce() throws Exception {
        for (int block = 20; block < 30; block++) {
            change((long) block * BLOCK, BLOCK, 4);
        }
        assertThat(backup().path("chunksSent").asInt()).isEqualTo(8);
        Path copy = dir.resolve("copy.raw");
        assertThat(json("restore-disk", "--json", "latest", copy.toString())
                        .path("verified")
                        .asBoolean())
                .isTrue();
        assertThat(copy).hasSameBinaryContentAs(disk);
    }

    @Test
    void aSnapshotOfDisksIsASnapshotLikeAnyOther() throws Exception {
        backup();
        assertThat(client.run("ls", "latest:/disks").mustBe(0).out()).contains("machine.json");
        JsonNode machine = JSON.readTree(
                client.run("cat", "latest:/disks/machine.json").mustBe(0).out());
        assertThat(machine.path("version").asInt()).isEqualTo(1);
        assertThat(machine.path("disks").get(0).path("bytes").asLong()).isEqualTo(SIZE);
        assertThat(machine.path("disks").get(0).path("path").asText()).isEqualTo(disk.toString());
        Path target = dir.resolve("files");
        client.run("restore", "-q", "latest", "--target", target.toString()).mustBe(0);
        assertThat(Path.of(target + "/disks" + disk)).hasSameBinaryContentAs(disk);
        client.run("verify", "latest").mustBe(0);
    }

    @Test
    void aNodeThatSharesNoChunksRollsBackLikewise() throws Exception {
        client.run("dedup", "private").mustBe(0);
        String old = backup().path("snapshot").asText();
        change(4L * BLOCK, 10, 11);
        backup();
        Path copy = dir.resolve("copy.raw");
        json("restore-disk", "--json", "latest", copy.toString());
        assertThat(copy).hasSameBinaryContentAs(disk);
        assertThat(json("restore-disk", "--json", "--overwrite", old, copy.toString())
                        .path("bytesWritten")
                        .asLong())
                .isEqualTo(BLOCK);
    }

    @Test
    void badInputIsToldAndChangesNothing() throws Exception {
        String missing = dir.resolve("missing.img").toString();
        assertThat(client.run("backup", "--image", missing).mustBe(3).err()).contains(missing, "no such disk");
        assertThat(client.run("backup", "--image", dir.toString()).mustBe(3).err())
                .contains("is a directory");
        Path empty = Files.createFile(dir.resolve("empty.img"));
        assertThat(client.run("backup", "--image", empty.toString()).mustBe(2).err())
                .contains("has 0 bytes");
        assertThat(client.run("backup", "--image", disk.toString(), "--image", disk.toString())
                        .mustBe(2)
                        .err())
                .contains("given twice");
        client.run("backup", "--image", disk.toString(), "/etc").mustBe(2);
        client.run("backup", "--image", disk.toString(), "--stdin", "x").mustBe(2);
        assertThat(client.run("backup", "--image", disk.toString(), "--image-format", "floppy")
                        .mustBe(2)
                        .err())
                .contains("no such disk format");
        assertThat(client.run("backup", "--dry-run", "--image", disk.toString())
                        .mustBe(0)
                        .out())
                .contains(disk.toString());
        assertThat(client.run("snapshots", "--json").mustBe(0).out()).doesNotContain("disks");

        Path text = Files.writeString(dir.resolve("note.txt"), "no disk");
        client.run("backup", "-q", text.toString()).mustBe(0);
        Path target = dir.resolve("target.raw");
        assertThat(client.run("restore-disk", "latest", target.toString())
                        .mustBe(6)
                        .err())
                .contains("has no disks");
        assertThat(client.run("restore-disk", "latest:/disks/none.raw", target.toString())
                        .mustBe(6)
                        .err())
                .contains("has no disk /disks/none.raw");
        assertThat(target).doesNotExist();
        backup();
        client.run("restore-disk", "latest", dir.toString()).mustBe(2);
    }
}
