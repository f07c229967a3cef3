package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine of QEMU that runs from a snapshot: moved to its final disk, and saved in turn. */
class MoveDiskTest {
    private static final int MIB = 1 << 20;
    private static final int SIZE = 24 * MIB;
    private static final String DEVICE = "system";

    @TempDir
    private Path dir;

    private final byte[] content = new byte[SIZE];
    private Product product;
    private Product.Client client;
    private JsonNode recovery;
    private VirtualMachine machine;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("w"), "dev");
        client = product.enrol("host");
        new Random(1).nextBytes(content);
        Arrays.fill(content, 5 * MIB, 9 * MIB, (byte) 0);
        Path disk = dir.toRealPath().resolve("web1.img");
        Files.write(disk, content);
        String snapshot = client.run("backup", "--json", "--image", disk.toString())
                .mustBe(0)
                .json()
                .path("snapshot")
                .asText();
        recovery = recover("instant", snapshot, "--json").json();
        machine = new VirtualMachine(
                dir,
                "-blockdev",
                "driver=nbd,node-name=disk0,server.type=unix,server.path="
                        + product.data.toRealPath().resolve("recoveries/nbd.sock") + ",export="
                        + recovery.path("disks").path(0).path("export").asText() + ",discard=unmap",
                "-device",
                "virtio-blk-pci,drive=disk0,id=" + DEVICE);
        write(7, 0, MIB);
    }

    @AfterEach
    void stop() throws Exception {
        machine.close();
        product.close();
    }

    private Product.Result recover(String... words) throws Exception {
        String[] all = Arrays.copyOf(new String[] {"appliance", "recover"}, 2 + words.length + 2);
        System.arraycopy(words, 0, all, 2, words.length);
        all[all.length - 2] = "--data";
        all[all.length - 1] = product.data.toString();
        return product.run(all).mustBe(0);
    }

    private void write(int pattern, int at, int length) throws Exception {
        machine.write("-d /machine/peripheral/" + DEVICE + "/virtio-backend", pattern, at, length);
        Arrays.fill(content, at, at + length, (byte) pattern);
    }

    private Product.Result move(Path target, String... more) throws Exception {
        String[] words = {"move-disk", "--vm", machine.monitor().toString(), DEVICE, target.toString(), "--json"};
        String[] all = Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return client.run(all);
    }

    private String file() throws Exception {
        return machine.qmp("query-block", Map.of())
                .path(0)
                .path("inserted")
                .path("file")
                .asText();
    }

    @Test
    void aMachineGoesOnWhileItsDiskMovesToItsPlace() throws Exception {
        Path first = dir.resolve("first.qcow2");
        JsonNode moved = move(first, "--format", "qcow2").mustBe(0).json();
        assertThat(moved.path("bytes").asLong()).isEqualTo(SIZE);
        assertThat(moved.path("formerReleased").asBoolean()).isTrue();
        assertThat(file()).isEqualTo(first.toString());
        // Nothing uses the appliance any more.
        recover("end", recovery.path("id").asText(), "--discard");
        write(8, 3 * MIB + 512, MIB);

        assertThat(move(dir.resolve("again.raw")).mustBe(2).err()).contains("was moved already");
        machine.shutDown();
        Path raw = dir.resolve("first.raw");
        Process convert = new ProcessBuilder("qemu-img", "convert", "-O", "raw", first.toString(), raw.toString())
                .inheritIO()
                .start();
        assertThat(convert.waitFor()).isZero();
        assertThat(raw).hasBinaryContent(content);
    }

    @Test
    void whatCannotBeMovedStaysWhereItIs() throws Exception {
        String before = file();
        Path used = Files.writeString(dir.resolve("used.raw"), "content");
        assertThat(move(used).mustBe(2).err()).contains("--overwrite");
        move(dir.resolve("x.vhdx"), "--format", "vhdx").mustBe(2);
        move(dir.resolve("none/x.raw")).mustBe(3);
        assertThat(client.run("move-disk", "--vm", machine.monitor().toString(), "nothing", used.toString())
                        .mustBe(2)
                        .err())
                .contains("has no disk nothing");
        client.run("move-disk", "--vm", dir.resolve("missing").toString(), DEVICE, used.toString())
                .mustBe(3);
        assertThat(used).hasContent("content");
        assertThat(file()).isEqualTo(before);
        Path target = dir.resolve("final.raw");
        move(target).mustBe(0);
        assertThat(file()).isEqualTo(target.toString());
        machine.shutDown();
        assertThat(target).hasBinaryContent(content);
    }

    @Test
    void whatTheMachineWroteIsSavedInTurn() throws Exception {
        JsonNode saved = client.run(
                        "backup", "--json", "--vm", machine.monitor().toString())
                .mustBe(0)
                .json();
        byte[] then = content.clone();
        write(9, 20 * MIB, MIB);
        Path target = dir.resolve("back.raw");
        client.run("restore-disk", saved.path("snapshot").asText(), target.toString())
                .mustBe(0);
        assertThat(target).hasBinaryContent(then);
        // The changes since then only.
        JsonNode again = client.run(
                        "backup", "--json", "--vm", machine.monitor().toString())
                .mustBe(0)
                .json();
        assertThat(again.path("bytesRead").asLong())
                .isLessThan(saved.path("bytesRead").asLong() / 4);
    }
}
