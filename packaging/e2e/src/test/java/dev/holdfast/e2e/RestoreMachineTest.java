package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.Platform;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole machines, restored to larger disks by a machine that may only restore; with real partitions and file systems. */
class RestoreMachineTest {
    private static final long MIB = 1 << 20;
    private static final long DISK_BYTES = 256 * MIB;
    private static final long LARGER_BYTES = 512 * MIB;
    /** Stands for {@code env} and {@code update-initramfs} of a restored system: notes that it was run. */
    private static final String PROGRAM = """
            #include <stdio.h>
            #include <string.h>
            #include <unistd.h>
            int main(int count, char **words) {
                const char *name = strrchr(words[0], '/');
                if (strcmp(name ? name + 1 : words[0], "env") == 0) {
                    for (int i = 1; i < count; i++) {
                        if (words[i][0] != '-' && !strchr(words[i], '=')) {
                            execv("/usr/sbin/update-initramfs", words + i);
                        }
                    }
                    return 127;
                }
                while (access("/wait", F_OK) == 0) {
                    sleep(1);
                }
                FILE *made = fopen("/made", "w");
                for (int i = 0; i < count; i++) {
                    fprintf(made, "%s ", words[i]);
                }
                fprintf(made, "%d %d", access("/proc/self", F_OK), access("/dev/null", F_OK));
                return fclose(made);
            }
            """;

    @TempDir
    Path temporary;

    private Path work;
    private Path mount;
    private Product product;
    private Product.Client client;
    private Product.Client rescue;
    private final List<String> loops = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root mounts file systems");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
        work = temporary.toRealPath();
        mount = Files.createDirectories(work.resolve("mnt"));
        product = new Product(work.resolve("work"), "dev");
        client = product.enrol("web1");
        product.enrol("other");
    }

    @AfterEach
    void stop() throws Exception {
        if (product != null) {
            product.close();
        }
        for (String each : loops) {
            new ProcessBuilder("losetup", "--detach", each).start().waitFor(60, TimeUnit.SECONDS);
        }
    }

    // ---- disks

    private static String tool(String... command) throws Exception {
        return fed("", command);
    }

    private static String fed(String input, String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output.strip();
    }

    private Path disk(String name, long bytes, String table) throws Exception {
        Path disk = work.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(bytes);
        }
        if (!table.isEmpty()) {
            fed(table, "sfdisk", "--quiet", disk.toString());
        }
        return disk;
    }

    /** A device of a range of a disk. */
    private String loop(Path disk, long start, long bytes) throws Exception {
        String loop = tool(
                "losetup",
                "--find",
                "--show",
                "--offset",
                Long.toString(start),
                "--sizelimit",
                Long.toString(bytes),
                disk.toString());
        loops.add(loop);
        return loop;
    }

    private void free(String loop) throws Exception {
        tool("losetup", "--detach", loop);
        loops.remove(loop);
    }

    private interface InTree {
        void run(Path root) throws Exception;
    }

    private void mounted(Path disk, long start, long bytes, String options, InTree work) throws Exception {
        String loop = loop(disk, start, bytes);
        tool("mount", "-o", options, loop, mount.toString());
        try {
            work.run(mount);
        } finally {
            tool("umount", mount.toString());
            free(loop);
        }
    }

    private void install(Path root, String fstab) throws Exception {
        for (String each : List.of("etc", "usr/sbin", "usr/bin", "proc", "sys", "dev", "run", "data")) {
            Files.createDirectories(root.resolve(each));
        }
        Files.writeString(root.resolve("etc/fstab"), fstab);
        Files.writeString(root.resolve("etc/os-release"), "ID=test\n");
        Path source = Files.writeString(work.resolve("program.c"), PROGRAM);
        tool("cc", "-static", "-o", root.resolve("usr/bin/env").toString(), source.toString());
        Files.copy(root.resolve("usr/bin/env"), root.resolve("usr/sbin/update-initramfs"));
        root.resolve("usr/sbin/update-initramfs").toFile().setExecutable(true);
        byte[] content = new byte[3_000_000];
        new Random(7).nextBytes(content);
        Files.write(root.resolve("data/file"), content);
    }

    private JsonNode partitions(Path disk) throws Exception {
        return new Product.Result(0, tool("sfdisk", "--json", disk.toString()), "")
                .json()
                .path("partitiontable")
                .path("partitions");
    }

    private String value(Path disk, JsonNode partition, String name) throws Exception {
        String loop = loop(
                disk,
                partition.path("start").asLong() * 512,
                partition.path("size").asLong() * 512);
        String value = tool("blkid", "-p", "-o", "value", "-s", name, loop);
        free(loop);
        return value;
    }

    /** A machine that enrols by a token that restores. */
    private Product.Client rescueOf(String... nodes) throws Exception {
        List<String> words = new ArrayList<>();
        for (String each : nodes) {
            words.addAll(List.of("--restore", each));
        }
        String token =
                product.createToken(words.toArray(String[]::new)).path("token").asText();
        assertThat(token).startsWith("hfr1.");
        return product.enrolBy(token, "rescue");
    }

    // ---- the tests

    @Test
    void machineWithAnMbrGrowsAndItsSwapMoves() throws Exception {
        Path disk = disk(
                "vm.img",
                DISK_BYTES,
                "label: dos\nstart=2048, size=409600, type=83, bootable\nstart=411648, size=112640, type=5\n"
                        + "start=413696, size=98304, type=82\n");
        String root = loop(disk, 2048 * 512, 409600L * 512);
        tool("mkfs.ext4", "-q", root);
        free(root);
        String swap = loop(disk, 413696L * 512, 98304L * 512);
        tool("mkswap", "--label", "swap1", swap);
        free(swap);
        mounted(
                disk,
                2048 * 512,
                409600L * 512,
                "rw",
                tree -> install(
                        tree,
                        "# comment\n/dev/sda1 / ext4 defaults 0 1\n/dev/sda5 none swap sw 0 0\nproc /proc proc\n"));
        String rootId = value(disk, partitions(disk).get(0), "UUID");
        String swapId = value(disk, partitions(disk).get(2), "UUID");
        client.run("backup", "--image", disk.toString()).mustBe(0);
        rescue = rescueOf("web1");

        Path larger = disk("larger.raw", LARGER_BYTES, "");
        JsonNode result = rescue.run("restore-machine", "latest", "--yes", "--json", "--disk", disk + "=" + larger)
                .mustBe(0)
                .json();
        assertThat(result.path("warnings")).isEmpty();
        assertThat(result.path("disks").get(0).path("targetBytes").asLong()).isEqualTo(LARGER_BYTES);

        JsonNode after = partitions(larger);
        assertThat(after).hasSize(3);
        assertThat(after.get(0).path("bootable").asBoolean()).isTrue();
        assertThat(after.get(0).path("size").asLong())
                .isGreaterThan(409600L + (LARGER_BYTES - DISK_BYTES - 8 * MIB) / 512);
        assertThat(after.get(2).path("size").asLong()).isEqualTo(98304);
        assertThat(after.get(2).path("start").asLong() + 98304).isLessThanOrEqualTo(LARGER_BYTES / 512);
        assertThat(value(larger, after.get(0), "UUID")).isEqualTo(rootId);
        assertThat(value(larger, after.get(2), "UUID")).isEqualTo(swapId);
        assertThat(value(larger, after.get(2), "LABEL")).isEqualTo("swap1");
        mounted(larger, 2048 * 512, after.get(0).path("size").asLong() * 512, "rw", tree -> {
            assertThat(Files.readString(tree.resolve("etc/fstab")))
                    .isEqualTo("# comment\nUUID=" + rootId + " / ext4 defaults 0 1\nUUID=" + swapId
                            + " none swap sw 0 0\nproc /proc proc\n");
            assertThat(tree.resolve("etc/fstab.before-restore")).content().contains("/dev/sda5");
            assertThat(tree.resolve("made")).hasContent("update-initramfs -u -k all 0 0");
            assertThat(tree.toFile().getTotalSpace()).isGreaterThan(400 * MIB);
            byte[] content = new byte[3_000_000];
            new Random(7).nextBytes(content);
            assertThat(tree.resolve("data/file")).hasBinaryContent(content);
        });
        String grown = loop(larger, 2048 * 512, after.get(0).path("size").asLong() * 512);
        tool("e2fsck", "-f", "-n", grown);
        free(grown);
    }

    @Test
    void machineWithAGptAndBtrfsGrows() throws Exception {
        Path disk = disk(
                "vm.img",
                DISK_BYTES,
                "label: gpt\nsize=65536, type=21686148-6449-6E6F-744E-656564454649\n"
                        + "type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n");
        long start = partitions(disk).get(1).path("start").asLong() * 512;
        long size = partitions(disk).get(1).path("size").asLong() * 512;
        String root = loop(disk, start, size);
        tool("mkfs.btrfs", "--quiet", "--mixed", root);
        free(root);
        mounted(disk, start, size, "rw", tree -> {
            tool("btrfs", "subvolume", "create", tree.resolve("@").toString());
            install(tree.resolve("@"), "UUID=x / btrfs subvol=@ 0 0\n");
        });
        client.run("backup", "--image", disk.toString()).mustBe(0);
        rescue = rescueOf("web1", "other");

        Path larger = disk("larger.raw", LARGER_BYTES, "label: gpt\nsize=10M\n");
        JsonNode result = rescue.run("restore-machine", "--yes", "--json", "--disk", "/disks" + disk + "=" + larger)
                .mustBe(0)
                .json();
        assertThat(result.path("warnings")).isEmpty();
        tool("sfdisk", "--verify", larger.toString());
        JsonNode after = partitions(larger);
        assertThat(after).hasSize(2);
        assertThat(after.get(1).path("uuid")).isEqualTo(partitions(disk).get(1).path("uuid"));
        long grown = after.get(1).path("size").asLong() * 512;
        assertThat(grown).isGreaterThan(size + LARGER_BYTES - DISK_BYTES - 4 * MIB);
        mounted(larger, start, grown, "ro,subvol=@", tree -> {
            assertThat(tree.toFile().getTotalSpace()).isGreaterThan(grown - MIB);
            assertThat(tree.resolve("made")).exists();
            assertThat(tree.resolve("etc/fstab.before-restore")).doesNotExist();
        });
        assertThat(tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
                .doesNotContain(larger.toString());

        // Without any change, the bytes are those of the disk, whatever was there.
        Path same = disk("same.raw", DISK_BYTES, "");
        byte[] old = new byte[(int) DISK_BYTES];
        new Random(3).nextBytes(old);
        Files.write(same, old);
        rescue.run("restore-machine", "--yes", "--no-boot-repair", "--disk", disk + "=" + same)
                .mustBe(0);
        assertThat(Files.mismatch(same, disk)).isEqualTo(-1);
    }

    @Test
    void whatFailsIsToldAndTheRestIsDone() throws Exception {
        Path disk = disk("vm.img", DISK_BYTES, "label: dos\nstart=2048, type=83\n");
        long bytes = DISK_BYTES - MIB;
        String root = loop(disk, MIB, bytes);
        tool("mkfs.ext4", "-q", root);
        free(root);
        mounted(disk, MIB, bytes, "rw", tree -> {
            install(tree, "/dev/sda1 / ext4 defaults 0 1\n");
            // It is there, and cannot be run.
            Files.writeString(tree.resolve("usr/sbin/update-initramfs"), "nonsense");
        });
        client.run("backup", "--image", disk.toString()).mustBe(0);
        rescue = rescueOf("web1");
        Path larger = disk("larger.raw", LARGER_BYTES, "");
        Product.Result result = rescue.run("restore-machine", "latest", "--yes", "--disk", disk + "=" + larger)
                .mustBe(1);
        assertThat(result.err()).contains("warning: update-initramfs -u -k all in the restored system failed");
        assertThat(result.out())
                .contains("Grew ext4")
                .contains("Named 1 file systems by UUID")
                .contains("with warnings");
        assertThat(tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
                .doesNotContain(larger.toString());
    }

    @Test
    void whoIsToldToEndUndoesWhatItSetUpAndGoesOnLater() throws Exception {
        Path disk = disk("vm.img", DISK_BYTES, "label: dos\nstart=2048, type=83\n");
        String root = loop(disk, MIB, DISK_BYTES - MIB);
        tool("mkfs.ext4", "-q", root);
        free(root);
        mounted(disk, MIB, DISK_BYTES - MIB, "rw", tree -> {
            install(tree, "");
            Files.createFile(tree.resolve("wait"));
        });
        client.run("backup", "--image", disk.toString()).mustBe(0);
        rescue = rescueOf("web1");
        Path larger = disk("larger.raw", LARGER_BYTES, "");
        Product.Running running = rescue.launch("restore-machine", "latest", "--yes", "--disk", disk + "=" + larger);
        while (!Files.readString(running.out()).contains("Found the installed system")) {
            assertThat(running.process().isAlive()).isTrue();
            Thread.sleep(50);
        }
        assertThat(tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
                .contains(larger.toString());
        running.process().destroy();
        assertThat(running.process().waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(running.process().exitValue()).isEqualTo(143);
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain("holdfast-system-");
        assertThat(tool("losetup", "--list", "--noheadings", "--output", "BACK-FILE"))
                .doesNotContain(larger.toString());

        JsonNode again = rescue.run(
                        "restore-machine",
                        "latest",
                        "--yes",
                        "--json",
                        "--no-boot-repair",
                        "--disk",
                        disk + "=" + larger)
                .mustBe(0)
                .json();
        // The table, what the larger file system changed, and little else.
        assertThat(again.path("disks").get(0).path("bytesWritten").asLong()).isLessThan(DISK_BYTES / 4);
    }

    @Test
    void refusesWithoutAChange() throws Exception {
        Path disk = disk("vm.img", 8 * MIB, "label: dos\nstart=2048, type=83\n");
        client.run("backup", "--image", disk.toString()).mustBe(0);
        rescue = rescueOf("web1");
        Path target = disk("target.raw", 8 * MIB, "");
        String to = disk + "=" + target;
        assertThat(rescue.run("restore-machine", "latest", "--disk", to)
                        .mustBe(2)
                        .err())
                .contains("--dry-run");
        assertThat(rescue.run("restore-machine", "latest", "--dry-run", "--disk", to)
                        .mustBe(0)
                        .out())
                .contains(target.toString())
                .contains("Nothing was changed");
        Path small = disk("small.raw", 4 * MIB, "");
        assertThat(rescue.run("restore-machine", "latest", "--yes", "--disk", disk + "=" + small)
                        .mustBe(2)
                        .err())
                .contains("as large at least");
        assertThat(rescue.run("restore-machine", "latest", "--yes", "--disk", "/dev/sdq=" + target)
                        .mustBe(2)
                        .err())
                .contains("has no disk '/dev/sdq'");
        assertThat(rescue.run("restore-machine", "latest", "--yes", "--disk", disk + "=" + work.resolve("none"))
                        .mustBe(3)
                        .err())
                .contains("no such disk");
        String used = loop(disk("used.raw", 64 * MIB, ""), 0, 64 * MIB);
        tool("mkfs.ext4", "-q", used);
        tool("mount", used, mount.toString());
        try {
            assertThat(rescue.run("restore-machine", "latest", "--yes", "--disk", disk + "=" + used)
                            .mustBe(2)
                            .err())
                    .contains("is in use: mounted at " + mount);
        } finally {
            tool("umount", mount.toString());
        }
        assertThat(tool("cmp", "--bytes=" + 8 * MIB, target.toString(), "/dev/zero"))
                .isEmpty();
        assertThat(rescue.run("restore-machine", "latest", "--host", "nobody", "--dry-run")
                        .mustBe(6)
                        .err())
                .contains("no snapshot");
        // It may do nothing but restore.
        assertThat(rescue.run("backup", "/etc/hostname").mustBe(5).err()).contains("for restoring only");
    }
}
