package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.fs.Platform;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What file systems have not allocated is left out of backups of disks, and nothing else; with real file systems. */
class UnallocatedTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MIB = 1 << 20;
    /** Of each file system; XFS takes no less. */
    private static final long BYTES = 320 * MIB;

    private static final int LARGE = 40 << 20;

    @TempDir
    Path temporary;

    private Path work;
    private Path mount;
    private Product product;
    private Product.Client client;
    private final List<String> loops = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root mounts file systems");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
        work = temporary.toRealPath();
        mount = Files.createDirectories(work.resolve("mnt"));
        product = new Product(work.resolve("work"), "dev");
        client = product.enrol("vm1");
    }

    @AfterEach
    void stop() throws Exception {
        new ProcessBuilder("umount", "--quiet", mount.toString()).start().waitFor(60, TimeUnit.SECONDS);
        for (String each : loops) {
            new ProcessBuilder("losetup", "--detach", each).start().waitFor(60, TimeUnit.SECONDS);
        }
        product.close();
        try (Stream<Path> devices = Files.list(Path.of("/dev"))) {
            String own = "holdfast-jail-" + ProcessHandle.current().pid() + "-";
            assertThat(devices.map(Path::getFileName).map(Path::toString))
                    .as("nothing is left in /dev")
                    .noneMatch(name -> name.startsWith(own));
        }
    }

    // ---- file systems

    private static String fed(String input, String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output.strip();
    }

    private static String tool(String... command) throws Exception {
        return fed("", command);
    }

    private Path image(String name, long bytes) throws Exception {
        Path image = work.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return image;
    }

    private interface InTree {
        void run(Path root) throws Exception;
    }

    private void mounted(Path image, long start, String options, InTree inside) throws Exception {
        String loop = tool(
                "losetup", "--find", "--show", "--offset", "" + start, "--sizelimit", "" + BYTES, image.toString());
        loops.add(loop);
        tool("mount", "-o", options, loop, mount.toString());
        try {
            inside.run(mount);
        } finally {
            tool("umount", mount.toString());
            tool("losetup", "--detach", loop);
            loops.remove(loop);
        }
    }

    private static byte[] random(int length, int seed) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return content;
    }

    /** Small files among large ones, of which some are deleted: their blocks stay as they are, and are free. */
    private static void fill(Path root) throws Exception {
        Files.createDirectories(root.resolve("kept/deep"));
        Files.write(root.resolve("deleted-1"), random(LARGE, 1));
        for (int i = 0; i < 200; i++) {
            Files.write(root.resolve("kept/file-" + i), random(1 + i * 211, 100 + i));
            Files.write(root.resolve("gap-" + i), random(70_000, 1000 + i));
        }
        Files.write(root.resolve("kept/deep/large"), random(12 << 20, 2));
        Files.write(root.resolve("deleted-2"), random(LARGE, 3));
        Files.write(root.resolve("kept/last"), random(300_000, 4));
        tool("sync", "--file-system", root.toString());
        Files.delete(root.resolve("deleted-1"));
        Files.delete(root.resolve("deleted-2"));
        for (int i = 0; i < 200; i++) {
            Files.delete(root.resolve("gap-" + i));
        }
    }

    private JsonNode backup(Path image, String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of("backup", "--json", "--image", image.toString()));
        words.addAll(List.of(more));
        return JSON.readTree(client.run(words.toArray(String[]::new)).mustBe(0).out());
    }

    private Path restored(String name) throws Exception {
        Path copy = work.resolve(name);
        client.run("restore-disk", "-q", "latest", copy.toString()).mustBe(0);
        return copy;
    }

    private Path tree(Path image, long start, String options, String name) throws Exception {
        Path copy = work.resolve(name);
        mounted(image, start, options, root -> {
            tool("cp", "-a", "--", root.toString(), copy.toString());
        });
        return copy;
    }

    /** Backs an image of one file system up, restores it, and compares what it has. */
    private void leavesOut(Path image, String type, String options, String... check) throws Exception {
        mounted(image, 0, "rw", UnallocatedTest::fill);
        JsonNode made = backup(image);
        assertThat(made.path("remarks")).as(type).isEmpty();
        assertThat(made.path("bytesUnallocated").asLong()).as(type).isGreaterThan(2L * LARGE);
        assertThat(made.path("bytesRead").asLong()).isLessThan(BYTES - 2L * LARGE);
        JsonNode machine = JSON.readTree(
                client.run("cat", "latest:/disks/machine.json").mustBe(0).out());
        JsonNode told = machine.path("disks").get(0).path("unallocated");
        assertThat(told).hasSize(1);
        assertThat(told.get(0).path("type").asText()).isEqualTo(type);
        assertThat(told.get(0).path("leftOut").asLong())
                .isEqualTo(made.path("bytesUnallocated").asLong());
        Path copy = restored("copy.img");
        assertThat(copy).hasSize(BYTES);
        List<String> words = new ArrayList<>(List.of(check));
        words.add(copy.toString());
        tool(words.toArray(String[]::new));
        tool(
                "diff",
                "--recursive",
                "--no-dereference",
                tree(image, 0, options, "before").toString(),
                tree(copy, 0, options, "after").toString());
        // Whatever an image has, it can be had.
        JsonNode whole = backup(image, "--full-read");
        assertThat(whole.path("bytesUnallocated").asLong()).isZero();
        Files.delete(copy);
        assertThat(restored("copy.img")).hasSameBinaryContentAs(image);
    }

    @Test
    void ext4() throws Exception {
        Path image = image("ext4.img", BYTES);
        tool("mkfs.ext4", "-q", image.toString());
        leavesOut(image, "ext4", "ro", "fsck.ext4", "-f", "-n");
    }

    @Test
    void ext4WithSmallBlocksAndInlineData() throws Exception {
        Path image = image("ext4.img", BYTES);
        tool("mkfs.ext4", "-q", "-b", "1024", "-I", "256", "-O", "inline_data,^flex_bg", image.toString());
        leavesOut(image, "ext4", "ro", "fsck.ext4", "-f", "-n");
    }

    @Test
    void xfs() throws Exception {
        Path image = image("xfs.img", BYTES);
        tool("mkfs.xfs", "-q", image.toString());
        leavesOut(image, "XFS", "ro,nouuid", "xfs_repair", "-n", "-f");
    }

    @Test
    void btrfs() throws Exception {
        Path image = image("btrfs.img", BYTES);
        tool("mkfs.btrfs", "-q", image.toString());
        leavesOut(image, "btrfs", "ro", "btrfs", "check", "--check-data-csum");
    }

    @Test
    void fat() throws Exception {
        for (String size : List.of("16", "32")) {
            Path image = image("fat-" + size + ".img", BYTES);
            tool("mkfs.fat", "-F", size, image.toString());
            // By mtools, since not every kernel has FAT.
            byte[] kept = random(3 << 20, 5);
            Path file = Files.write(work.resolve("kept"), kept);
            Path large = Files.write(work.resolve("large"), random(LARGE, 6));
            tool("mcopy", "-i", image.toString(), large.toString(), "::deleted");
            tool("mcopy", "-i", image.toString(), file.toString(), "::kept");
            tool("mdel", "-i", image.toString(), "::deleted");
            JsonNode made = backup(image);
            assertThat(made.path("remarks")).isEmpty();
            assertThat(made.path("bytesUnallocated").asLong()).isGreaterThan(LARGE);
            assertThat(made.path("bytesRead").asLong()).isLessThan(BYTES - LARGE);
            Path copy = restored("copy-" + size + ".img");
            tool("fsck.fat", "-n", copy.toString());
            Path back = work.resolve("back-" + size);
            tool("mcopy", "-i", copy.toString(), "::kept", back.toString());
            assertThat(back).hasBinaryContent(kept);
            // As the kernel marks one that is mounted.
            patch(image, size.equals("32") ? 65 : 37, new byte[] {1});
            isReadInFull(image, "not unmounted cleanly");
        }
    }

    @Test
    void ntfs() throws Exception {
        Path image = image("ntfs.img", BYTES);
        tool("mkfs.ntfs", "-q", "-F", "-f", image.toString());
        // By the tools of ntfs-3g, since few kernels and no container write to it.
        byte[] kept = random(3 << 20, 5);
        Path file = Files.write(work.resolve("kept"), kept);
        Path large = Files.write(work.resolve("large"), random(LARGE, 6));
        tool("ntfscp", "-q", image.toString(), large.toString(), "deleted");
        tool("ntfscp", "-q", image.toString(), file.toString(), "kept");
        // Gives the clusters of the large file back, and leaves what they hold.
        tool("ntfstruncate", image.toString(), inode(image, "deleted"), "0x80", "0");
        JsonNode made = backup(image);
        assertThat(made.path("remarks")).isEmpty();
        assertThat(made.path("bytesUnallocated").asLong()).isGreaterThan(LARGE);
        assertThat(made.path("bytesRead").asLong()).isLessThan(BYTES - LARGE);
        Path copy = restored("copy.img");
        tool("ntfsfix", "-n", copy.toString());
        Process cat = new ProcessBuilder("ntfscat", copy.toString(), "kept").start();
        assertThat(cat.getInputStream().readAllBytes()).isEqualTo(kept);
        assertThat(cat.waitFor()).isZero();

        // Fast start of Windows: what is on disk is not what Windows goes on with.
        Path asleep = work.resolve("hibernation");
        Files.write(asleep, "HIBR".getBytes(StandardCharsets.US_ASCII));
        try (RandomAccessFile grown = new RandomAccessFile(asleep.toFile(), "rw")) {
            grown.setLength(MIB);
        }
        tool("ntfscp", "-q", image.toString(), asleep.toString(), "hiberfil.sys");
        isReadInFull(image, "hibernated");
    }

    private static String inode(Path image, String name) throws Exception {
        return tool("ntfsls", "-i", image.toString())
                .lines()
                .map(String::strip)
                .filter(line -> line.endsWith(" " + name))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .findFirst()
                .orElseThrow();
    }

    // ---- partitions

    @Test
    void partitionsOfBothKindsOfTables() throws Exception {
        for (String label : List.of("gpt", "dos")) {
            Path image = image("disk-" + label + ".img", 2 * BYTES + 32 * MIB);
            byte[] gap = random(1 << 20, 8);
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.seek(BYTES + 4 * MIB);
                file.write(gap);
            }
            long second = BYTES + 8 * MIB;
            String inside = label.equals("dos") ? "start=" + (second - MIB) / 512 + ",type=5\n" : "";
            fed(
                    "label: " + label + "\nstart=4096,size=" + BYTES / 512 + "\n" + inside + "start=" + second / 512
                            + ",size=" + BYTES / 512 + "\n",
                    "sfdisk",
                    "--quiet",
                    image.toString());
            for (long start : List.of(4096 * 512L, second)) {
                String loop = tool(
                        "losetup",
                        "--find",
                        "--show",
                        "--offset",
                        "" + start,
                        "--sizelimit",
                        "" + BYTES,
                        image.toString());
                loops.add(loop);
                tool("mkfs.ext4", "-q", loop);
                tool("losetup", "--detach", loop);
                loops.remove(loop);
                mounted(image, start, "rw", UnallocatedTest::fill);
            }
            String table = tool("sfdisk", "--dump", image.toString());
            JsonNode made = backup(image);
            assertThat(made.path("remarks")).isEmpty();
            assertThat(made.path("bytesUnallocated").asLong()).isGreaterThan(4L * LARGE);
            Path copy = restored("copy-" + label + ".img");
            assertThat(tool("sfdisk", "--dump", copy.toString()).replace(copy.toString(), image.toString()))
                    .isEqualTo(table);
            try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "r")) {
                byte[] read = new byte[gap.length];
                file.seek(BYTES + 4 * MIB);
                file.readFully(read);
                assertThat(read).as("between partitions").isEqualTo(gap);
            }
            for (long start : List.of(4096 * 512L, second)) {
                tool(
                        "diff",
                        "--recursive",
                        tree(image, start, "ro", "before-" + label + start).toString(),
                        tree(copy, start, "ro", "after-" + label + start).toString());
            }
        }
    }

    // ---- what is in doubt is read

    private void isReadInFull(Path image, String why) throws Exception {
        JsonNode made = backup(image);
        assertThat(made.path("bytesUnallocated").asLong()).isZero();
        assertThat(made.path("remarks").toString()).contains("read in full").contains(why);
        Path copy = work.resolve("whole.img");
        Files.deleteIfExists(copy);
        assertThat(restored("whole.img")).hasSameBinaryContentAs(image);
    }

    /** Copies the disk while it is mounted and written to, as a power failure would leave it. */
    private Path torn(Path image) throws Exception {
        Path copy = work.resolve("torn.img");
        mounted(image, 0, "rw", root -> {
            fill(root);
            Files.write(root.resolve("synced"), random(100_000, 9));
            tool("sync", root.resolve("synced").toString());
            tool("cp", "--sparse=never", image.toString(), copy.toString());
        });
        return copy;
    }

    @Test
    void fileSystemsThatWereNotUnmountedAreReadInFull() throws Exception {
        Path ext = image("ext4.img", BYTES);
        tool("mkfs.ext4", "-q", ext.toString());
        isReadInFull(torn(ext), "journal must be replayed");
        Path xfs = image("xfs.img", BYTES);
        tool("mkfs.xfs", "-q", xfs.toString());
        isReadInFull(torn(xfs), "log must be replayed");
        Path btrfs = image("btrfs.img", BYTES);
        tool("mkfs.btrfs", "-q", btrfs.toString());
        isReadInFull(torn(btrfs), "log must be replayed");
    }

    @Test
    void disksThatOthersWriteToAreReadInFull() throws Exception {
        Path image = image("ext4.img", BYTES);
        tool("mkfs.ext4", "-q", image.toString());
        mounted(image, 0, "rw", UnallocatedTest::fill);
        assertThat(backup(image).path("bytesUnallocated").asLong()).isPositive();
        try (RandomAccessFile writer = new RandomAccessFile(image.toFile(), "rw")) {
            assertThat(writer.length()).isEqualTo(BYTES);
            isReadInFull(image, "open for writing");
        }
        String loop = tool("losetup", "--find", "--show", image.toString());
        loops.add(loop);
        isReadInFull(image, "open for writing");
        // The device itself is left alone.
        JsonNode made = backup(Path.of(loop));
        assertThat(made.path("remarks")).isEmpty();
        assertThat(made.path("bytesUnallocated").asLong()).isPositive();
        try (RandomAccessFile writer = new RandomAccessFile(loop, "rw")) {
            assertThat(writer.length()).isEqualTo(BYTES);
            JsonNode open = backup(Path.of(loop));
            assertThat(open.path("bytesUnallocated").asLong()).isZero();
            assertThat(open.path("remarks").toString()).contains("open for writing by process");
        }
        String over = tool("losetup", "--find", "--show", loop);
        try {
            JsonNode below = backup(Path.of(loop));
            assertThat(below.path("bytesUnallocated").asLong()).isZero();
            assertThat(below.path("remarks").toString()).contains("under loop device");
        } finally {
            tool("losetup", "--detach", over);
        }
        tool("mount", "-o", "ro", loop, mount.toString());
        JsonNode used = backup(Path.of(loop));
        assertThat(used.path("bytesUnallocated").asLong()).isZero();
        assertThat(used.path("remarks").toString()).contains("mounted at");
        tool("umount", mount.toString());
        // Where this process does not see it, as in a container.
        Process elsewhere = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -o ro \"$1\" \"$2\" && echo mounted && read -r end",
                        "sh",
                        loop,
                        mount.toString())
                .start();
        try {
            assertThat(elsewhere.inputReader().readLine()).isEqualTo("mounted");
            JsonNode hidden = backup(Path.of(loop));
            assertThat(hidden.path("bytesUnallocated").asLong()).isZero();
            assertThat(hidden.path("remarks").toString()).contains("in use");
        } finally {
            elsewhere.outputWriter().close();
            elsewhere.waitFor();
        }
    }

    @Test
    void damagedAndStrangeDisksAreReadInFull() throws Exception {
        Path image = image("ext4.img", BYTES);
        tool("mkfs.ext4", "-q", image.toString());
        mounted(image, 0, "rw", UnallocatedTest::fill);
        byte[] whole = Files.readAllBytes(image);
        // A bitmap that does not agree with its checksum.
        long bitmap = Long.parseLong(
                tool("dumpe2fs", image.toString()).replaceAll("(?s).*?Group 1:.*?Block bitmap at (\\d+).*", "$1"));
        patch(image, bitmap * blockSize(image) + 100, new byte[] {0x5A, 0x5A, 0x5A, 0x5A});
        isReadInFull(image, "partclone.ext4");
        // Larger than its disk.
        Files.write(image, whole);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES - MIB);
        }
        isReadInFull(image, "does not fit");
        // Errors were found.
        Files.write(image, whole);
        tool("debugfs", "-w", "-R", "ssv state 2", image.toString());
        isReadInFull(image, "has errors");
        // What else lies there is not this file system's to give away.
        Files.write(image, whole);
        patch(image, 65536 + 64, "_BHRfS_M".getBytes(StandardCharsets.US_ASCII));
        isReadInFull(image, "seems to be ext4 and btrfs");
        // What is left of it in a member of a RAID, whose label is at the end.
        Files.write(image, whole);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES + 2 * MIB);
        }
        patch(image, BYTES + 2 * MIB - 64 * 1024, new byte[] {(byte) 0xfc, 0x4e, 0x2b, (byte) 0xa9, 0, 0, 0, 0, 90});
        isReadInFull(image, "blkid finds linux_raid_member");
    }

    private static long blockSize(Path image) throws Exception {
        return Long.parseLong(tool("dumpe2fs", "-h", image.toString()).replaceAll("(?s).*Block size: +(\\d+).*", "$1"));
    }

    private static void patch(Path image, long at, byte[] bytes) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(at);
            file.write(bytes);
        }
    }
}
