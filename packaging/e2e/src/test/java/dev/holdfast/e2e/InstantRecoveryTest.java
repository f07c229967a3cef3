package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.nbd.NbdAddress;
import dev.holdfast.protocol.nbd.NbdClient;
import dev.holdfast.protocol.nbd.NbdClientOptions;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Machines that run from snapshots, as clients of NBD: what they read, what becomes of what they write, and who may. */
class InstantRecoveryTest {
    private static final int BLOCK = 256 << 10;
    /** Ends within a sector. */
    private static final int SIZE = 64 * BLOCK + 1234;

    /** What one connection of fio writes to. */
    private static final int PART = SIZE / 9 / 4096 * 4096;

    private static final String ALLOCATION = "base:allocation";

    @TempDir
    private Path dir;

    private final byte[] content = new byte[SIZE];
    private Product product;
    private Product.Client client;
    private Path disk;
    private String snapshot;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("w"), profile().toString(), "--nbd", "127.0.0.1:0");
        client = product.enrol("vm1");
        disk = dir.toRealPath().resolve("vm1.img");
        Random random = new Random(1);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(SIZE);
            for (int block = 0; block * BLOCK < SIZE; block++) {
                if (block % 4 != 2) {
                    byte[] bytes = new byte[Math.min(BLOCK, SIZE - block * BLOCK)];
                    random.nextBytes(bytes);
                    System.arraycopy(bytes, 0, content, block * BLOCK, bytes.length);
                    file.seek((long) block * BLOCK);
                    file.write(bytes);
                }
            }
        }
        // A file that sorts before the disk, in the same page of the list of files.
        Path other = dir.toRealPath().resolve("a.img");
        Files.write(other, new byte[] {1, 2, 3});
        snapshot = client.run("backup", "--json", "--image", other.toString(), "--image", disk.toString())
                .mustBe(0)
                .json()
                .path("snapshot")
                .asText();
    }

    /** That of development, with as much memory as sixteen connections need. */
    private Path profile() throws IOException {
        try (InputStream in = HardwareProfile.class.getResourceAsStream("dev.json")) {
            String profile = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            assertThat(profile).contains("\"heap\": \"512 MiB\"", "\"budget\": \"1200 MiB\"");
            return Files.writeString(
                    dir.resolve("profile.json"),
                    profile.replace("\"heap\": \"512 MiB\"", "\"heap\": \"1024 MiB\"")
                            .replace("\"budget\": \"1200 MiB\"", "\"budget\": \"1712 MiB\""));
        }
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private Product.Result recover(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("appliance", "recover"));
        command.addAll(List.of(words));
        command.addAll(List.of("--data", product.data.toString()));
        return product.run(command.toArray(String[]::new));
    }

    private JsonNode begin(String... more) throws Exception {
        String[] words = {"instant", snapshot, "--json", "--disk", "/disks" + disk};
        String[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return recover(all).mustBe(0).json();
    }

    private NbdClient connect(JsonNode recovery) throws IOException {
        return NbdClient.connect(
                NbdAddress.unix(product.data.toRealPath().resolve("recoveries/nbd.sock")),
                NbdClientOptions.of(
                                recovery.path("disks").path(0).path("export").asText())
                        .withContexts(ALLOCATION));
    }

    private static byte[] read(NbdClient client, int offset, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocateDirect(length);
        client.read(offset, target);
        byte[] read = new byte[length];
        target.flip().get(read);
        return read;
    }

    private static void write(NbdClient client, int offset, byte[] bytes) throws IOException {
        client.write(offset, ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
    }

    @Test
    void machinesReadTheSnapshotAndKeepWhatTheyWrite() throws Exception {
        JsonNode recovery = begin();
        byte[] written = new byte[3 * BLOCK];
        new Random(2).nextBytes(written);
        byte[] now = content.clone();
        System.arraycopy(written, 0, now, 5 * BLOCK + 100, written.length);
        try (NbdClient machine = connect(recovery)) {
            assertThat(machine.size()).isEqualTo(SIZE);
            assertThat(read(machine, 0, SIZE)).isEqualTo(content);
            assertThat(machine.blockStatus(ALLOCATION, 2 * BLOCK, BLOCK))
                    .containsExactly(NbdExtent.hole(2 * BLOCK, BLOCK));
            write(machine, 5 * BLOCK + 100, written);
            machine.flush();
            // Not flushed when the appliance ends.
            write(machine, SIZE - 5, new byte[] {1, 2, 3, 4, 5});
            System.arraycopy(new byte[] {1, 2, 3, 4, 5}, 0, now, SIZE - 5, 5);
            assertThat(read(machine, 0, SIZE)).isEqualTo(now);
            assertThat(recover("end", recovery.path("id").asText(), "--discard")
                            .mustBe(5)
                            .err())
                    .contains("a connection uses the disks");
            product.kill();
        }
        product.start();
        assertThat(recover("list", "--json")
                        .mustBe(0)
                        .json()
                        .path(0)
                        .path("generation")
                        .asInt())
                .isEqualTo(1);
        try (NbdClient machine = connect(recovery)) {
            assertThat(read(machine, 0, SIZE)).isEqualTo(now);
            machine.zero(0, 10 * BLOCK, true);
            Arrays.fill(now, 0, 10 * BLOCK, (byte) 0);
            machine.flush();
        }
        product.stop();
        product.start();
        try (NbdClient machine = connect(recovery)) {
            assertThat(read(machine, 0, SIZE)).isEqualTo(now);
        }
        // The snapshot is as it was, and another machine can run from it at the same time.
        JsonNode second = begin();
        try (NbdClient machine = connect(second)) {
            assertThat(read(machine, 0, SIZE)).isEqualTo(content);
        }
    }

    @Test
    void aSnapshotStaysAsLongAsMachinesRunFromIt() throws Exception {
        JsonNode first = begin();
        JsonNode second = begin();
        try (NbdClient machine = connect(first)) {
            write(machine, 0, new byte[] {7});
        }
        String data = product.data.toString();
        assertThat(product.run("appliance", "snapshot", "forget", snapshot, "--data", data)
                        .mustBe(5)
                        .err())
                .contains("a machine runs from snapshot");
        assertThat(recover("end", first.path("id").asText()).mustBe(5).err()).contains("--discard");
        recover("end", first.path("id").asText().substring(0, 8), "--discard").mustBe(0);
        product.run("appliance", "snapshot", "forget", snapshot, "--data", data).mustBe(5);
        product.stop();
        product.start();
        product.run("appliance", "snapshot", "forget", snapshot, "--data", data).mustBe(5);
        recover("end", second.path("id").asText()).mustBe(0);
        assertThat(recover("list", "--json").mustBe(0).json()).isEmpty();
        product.run("appliance", "snapshot", "forget", snapshot, "--data", data).mustBe(0);
        recover("instant", snapshot).mustBe(6);
        try (var left = Files.list(product.data.resolve("recoveries"))) {
            assertThat(left.map(each -> each.getFileName().toString())).containsExactly("nbd.sock");
        }
    }

    @Test
    void overTheNetworkANodeSeesOnlyWhatIsForIt() throws Exception {
        Product.Client other = product.enrol("hypervisor");
        JsonNode own = begin();
        JsonNode forOther = begin("--on", "hypervisor");
        assertThat(own.path("disks").path(0).path("remote").asText()).startsWith("nbds://127.0.0.1:");
        assertThat(remote(client, own)).isEqualTo(content);
        assertThat(remote(other, forOther)).isEqualTo(content);
        assertThatThrownBy(() -> remote(client, forOther)).hasMessageContaining("no export");
        assertThatThrownBy(() -> remote(other, own)).hasMessageContaining("no export");
        NbdAddress address = address(own);
        assertThatThrownBy(() -> NbdClient.connect(
                        address,
                        NbdClientOptions.of(
                                own.path("disks").path(0).path("export").asText())))
                .isInstanceOf(IOException.class);
        try (NbdClient machine = NbdClient.connect(address, options(client, own))) {
            product.run("appliance", "node", "revoke", "vm1", "--data", product.data.toString())
                    .mustBe(0);
            long deadline = System.nanoTime() + 20_000_000_000L;
            assertThatThrownBy(() -> {
                        while (System.nanoTime() < deadline) {
                            read(machine, 0, 1);
                        }
                    })
                    .hasMessageContaining("does not count any more");
        }
    }

    /** fio in one process, with a part of the disk for each of its connections. */
    private Product.Running fio(JsonNode recovery, String name, int first, int connections, String... more)
            throws IOException {
        Path out = dir.resolve("fio-" + name + ".out");
        Path err = dir.resolve("fio-" + name + ".err");
        List<String> command = new ArrayList<>(List.of(
                "fio",
                "--name=" + name,
                "--thread",
                "--ioengine=nbd",
                "--uri=nbd+unix:///"
                        + recovery.path("disks").path(0).path("export").asText() + "?socket="
                        + product.data.toRealPath().resolve("recoveries/nbd.sock"),
                "--bs=4k",
                "--iodepth=16",
                "--numjobs=" + connections,
                "--size=" + PART,
                "--offset=" + (long) first * PART,
                "--offset_increment=" + PART,
                "--verify=crc32c",
                "--verify_state_save=0",
                "--verify_fatal=1"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new Product.Running(process, out, err);
    }

    /** Waits until parts of the disk have other content than before. */
    private static void awaitWrites(NbdClient client, byte[] before, int first, int parts) throws IOException {
        long deadline = System.nanoTime() + 120_000_000_000L;
        for (int part = first; part < first + parts; ) {
            byte[] now = read(client, part * PART, PART);
            if (!Arrays.equals(now, 0, PART, before, part * PART, (part + 1) * PART)) {
                part++;
            } else if (System.nanoTime() > deadline) {
                throw new AssertionError("nothing is written to part " + part);
            }
        }
    }

    @Test
    void aMachineThatIsKilledDoesNotDisturbTheOthers() throws Exception {
        JsonNode recovery = begin();
        String[] endless = {"--rw=randrw", "--verify_backlog=64", "--time_based", "--runtime=3600"};
        Product.Running killed = fio(recovery, "killed", 0, 1, endless);
        Product.Running others = fio(recovery, "others", 1, 7, endless);
        try (NbdClient client = connect(recovery)) {
            awaitWrites(client, content, 0, 8);
            assertThat(killed.process().destroyForcibly().waitFor()).isEqualTo(128 + 9);
            awaitWrites(client, read(client, 0, SIZE), 1, 7);
        } finally {
            killed.process().destroyForcibly().waitFor();
            others.process().destroy();
        }
        // Ended by a signal, without an error: what it had read again until then was as it had been written.
        Product.finish(others).mustBe(128);
        // What is answered is there, after a killed machine and for the appliance that comes after a killed one.
        Product.finish(fio(recovery, "written", 0, 8, "--rw=randwrite")).mustBe(0);
        product.kill();
        product.start();
        Product.finish(fio(recovery, "kept", 0, 8, "--rw=randwrite", "--verify_only"))
                .mustBe(0);
        try (NbdClient client = connect(recovery)) {
            assertThat(read(client, 8 * PART, SIZE - 8 * PART)).isEqualTo(Arrays.copyOfRange(content, 8 * PART, SIZE));
        }
        awaitUnused(recovery);
    }

    /** Waits until the appliance has noticed the end of each connection. */
    private void awaitUnused(JsonNode recovery) throws Exception {
        long deadline = System.nanoTime() + 120_000_000_000L;
        while (recover("end", recovery.path("id").asText(), "--discard").code() != 0) {
            assertThat(System.nanoTime()).as("time").isLessThan(deadline);
        }
    }

    private static NbdAddress address(JsonNode recovery) {
        URI uri = URI.create(recovery.path("disks").path(0).path("remote").asText());
        return NbdAddress.tcp(uri.getHost(), uri.getPort());
    }

    private static NbdClientOptions options(Product.Client node, JsonNode recovery) throws IOException {
        return NbdClientOptions.of(recovery.path("disks").path(0).path("export").asText())
                .withTls(Identity.load(node.state).tls(node.state), null);
    }

    private static byte[] remote(Product.Client node, JsonNode recovery) throws IOException {
        try (NbdClient machine = NbdClient.connect(address(recovery), options(node, recovery))) {
            return read(machine, 0, SIZE);
        }
    }

    @Test
    void whatCannotBeServedIsRefused() throws Exception {
        recover("instant", "ffffffff").mustBe(6);
        recover("instant", snapshot, "--disk", "/disks/nothing").mustBe(6);
        assertThat(recover("instant", snapshot, "--disk", "/disks").mustBe(2).err())
                .contains("not a regular file");
        recover("instant", snapshot, "--on", "nobody").mustBe(6);
        recover("instant", snapshot, "--qemu", "--json").mustBe(2);
        recover("end", "ffffffff").mustBe(6);
        String files = client.backup(0, disk.getParent().resolve("a.img").toString())
                .path("snapshot")
                .asText();
        assertThat(recover("instant", files).mustBe(2).err()).contains("has no disks");
        // A file of an ordinary snapshot that is a disk's image.
        assertThat(recover("instant", files, "--json", "--disk", disk.getParent() + "/a.img")
                        .mustBe(0)
                        .json()
                        .path("disks")
                        .path(0)
                        .path("bytes")
                        .asInt())
                .isEqualTo(3);
        assertThat(recover("list").mustBe(0).out()).contains("vm1");
        product.stop();
        recover("list").mustBe(3);
    }
}
