package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disk images in the formats of others: read as sources, written by restores, and judged by qemu's own tools. */
class DiskFormatsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BLOCK = 256 << 10;
    private static final long SIZE = 48L * BLOCK;

    @TempDir
    Path dir;

    private Product product;
    private Product.Client client;
    private Path raw;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("vm1");
        raw = dir.toRealPath().resolve("disk.raw");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        write(BLOCK / 2, 3 * BLOCK, 1);
        write(SIZE - 5000, 5000, 2);
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private void write(long at, int length, int seed) throws IOException {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.seek(at);
            file.write(content);
        }
    }

    /** Runs a tool, which must succeed, and returns what it prints. */
    private static String tool(Object... words) throws Exception {
        List<String> command = new ArrayList<>();
        for (Object each : words) {
            command.add(each.toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
        return output;
    }

    private JsonNode json(Object... words) throws Exception {
        String[] texts = java.util.Arrays.stream(words).map(Object::toString).toArray(String[]::new);
        return JSON.readTree(client.run(texts).mustBe(0).out());
    }

    @Test
    void imagesOfEachFormatAreReadAndWrittenAsTheMachineSeesThem() throws Exception {
        Path source = dir.resolve("vm.qcow2");
        tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, source);
        JsonNode first = json("backup", "--json", "--image", source);
        String snapshot = first.path("snapshot").asText();
        // Four blocks and one, the description, and the page that lists them.
        assertThat(first.path("chunksSent").asInt()).isEqualTo(7);
        assertThat(client.run("ls", "-r", "latest").mustBe(0).out()).contains("vm.qcow2.raw");

        for (String format : List.of("raw", "qcow2", "vhd", "vhdx", "vmdk")) {
            Path target = dir.resolve("restored." + format);
            client.run("restore-disk", snapshot, target.toString(), "--format", format)
                    .mustBe(0);
            String qemu = format.equals("vhd") ? "vpc" : format;
            tool("qemu-img", "compare", "-f", "raw", "-F", qemu, raw, target);
            if (!format.startsWith("vhd") && !format.equals("raw")) {
                // VHD and VHDX take megabytes for the least data.
                assertThat(Files.size(target)).as(format).isLessThanOrEqualTo(SIZE * 3 / 4);
            }
            client.run("restore-disk", snapshot, target.toString(), "--format", format)
                    .mustBe(2);
        }
        assertThat(tool("qemu-img", "info", dir.resolve("restored.vmdk"))).contains("streamOptimized");
        assertThat(dir.resolve("restored.vmdk.holdfast-partial")).doesNotExist();

        // Back to an earlier state: only what differs is written.
        write(20L * BLOCK, 100, 3);
        Files.delete(source);
        tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, source);
        assertThat(json("backup", "--json", "--image", source)
                        .path("chunksSent")
                        .asInt())
                .isLessThanOrEqualTo(3);
        for (String format : List.of("qcow2", "vhdx", "vhd")) {
            Path target = dir.resolve("restored." + format);
            JsonNode forward = json("restore-disk", "--json", "--overwrite", "latest", target, "--format", format);
            assertThat(forward.path("bytesWritten").asLong()).as(format).isEqualTo(BLOCK);
            tool("qemu-img", "compare", "-f", "raw", "-F", format.equals("vhd") ? "vpc" : format, raw, target);
            JsonNode back = json("restore-disk", "--json", "--overwrite", snapshot, target, "--format", format);
            assertThat(back.path("bytesWritten").asLong()).as(format).isEqualTo(BLOCK);
        }
    }

    @Test
    void partitionsAreDescribed() throws Exception {
        Process sfdisk = new ProcessBuilder("sfdisk", "-q", raw.toString()).start();
        sfdisk.getOutputStream().write("label: gpt\nstart=2048, size=8192, name=root\n".getBytes());
        sfdisk.getOutputStream().close();
        assertThat(sfdisk.waitFor()).isZero();
        client.run("backup", "-q", "--image", raw.toString()).mustBe(0);
        JsonNode disk = JSON.readTree(client.run("cat", "latest:/disks/machine.json")
                        .mustBe(0)
                        .out())
                .path("disks")
                .get(0);
        assertThat(disk.path("format").asText()).isEqualTo("raw");
        assertThat(disk.path("partitions").path("label").asText()).isEqualTo("gpt");
        assertThat(disk.path("partitions")
                        .path("partitions")
                        .get(0)
                        .path("name")
                        .asText())
                .isEqualTo("root");
    }

    @Test
    void imagesThatAreDamagedHostileOrInUseAreRefused() throws Exception {
        Path base = dir.resolve("base.qcow2");
        tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, base);
        Path overlay = dir.resolve("overlay.qcow2");
        tool("qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay);
        assertThat(client.run("backup", "--image", overlay.toString()).mustBe(2).err())
                .contains("backing file", "--image-format qcow2");
        client.run("backup", "-q", "--image", overlay.toString(), "--image-format", "qcow2")
                .mustBe(0);
        Path copy = dir.resolve("copy.raw");
        client.run("restore-disk", "latest", copy.toString()).mustBe(0);
        assertThat(copy).hasSameBinaryContentAs(raw);

        // A machine that wrote such a header to its raw disk gets no files of its host.
        Path trap = dir.resolve("trap.img");
        Files.copy(overlay, trap);
        client.run("backup", "-q", "--image", trap.toString()).mustBe(0);
        Path trapped = dir.resolve("trapped.raw");
        client.run("restore-disk", "latest", trapped.toString()).mustBe(0);
        assertThat(trapped).hasSameBinaryContentAs(trap);

        Path cut = dir.resolve("cut.qcow2");
        Files.write(cut, java.util.Arrays.copyOf(Files.readAllBytes(base), 70));
        assertThat(client.run("backup", "--image", cut.toString()).mustBe(3).err())
                .contains("cut.qcow2");

        // A machine that runs holds a lock.
        Path socket = dir.resolve("s");
        Process machine =
                new ProcessBuilder("qemu-nbd", "-f", "qcow2", "-k", socket.toString(), "-t", base.toString()).start();
        try {
            while (!Files.exists(socket)) {
                assertThat(machine.isAlive()).isTrue();
                Thread.sleep(10);
            }
            assertThat(client.run("backup", "--image", base.toString())
                            .mustBe(3)
                            .err())
                    .contains("lock");
        } finally {
            machine.destroy();
            machine.waitFor();
        }
        int snapshots = client.run("snapshots", "--json").mustBe(0).json().size();
        assertThat(snapshots).isEqualTo(2);
    }
}
