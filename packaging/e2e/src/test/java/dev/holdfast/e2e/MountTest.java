package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots as a file system: what is in them, as it was, for as long as the command runs. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MountTest {
    private static final int BLOCK = 256 << 10;
    private static final int PAGE = 4096;

    @TempDir(cleanup = CleanupMode.NEVER)
    Path dir;

    private Product product;
    private Product.Client client;
    private Path tree;
    private Path point;
    private final List<MountedProduct> mounts = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root makes what is compared here");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "the system has no FUSE");
        product = new Product(dir.toRealPath().resolve("work"), "dev");
        client = product.enrol("files1");
        tree = dir.toRealPath().resolve("tree");
        point = dir.toRealPath().resolve("mnt");
    }

    @AfterEach
    void stop() throws Exception {
        for (MountedProduct each : mounts) {
            each.close();
        }
        if (product != null) {
            product.close();
        }
        // Java cannot delete paths beyond PATH_MAX.
        run("rm", "-rf", "--one-file-system", dir.toString());
    }

    private MountedProduct mount(String... words) throws Exception {
        MountedProduct mounted = MountedProduct.mount(client, point, words);
        mounts.add(mounted);
        return mounted;
    }

    private Path mounted(String snapshot) {
        return Path.of(point.resolve(snapshot) + tree.toString());
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    private byte[] random(String name, int length, int seed) throws IOException {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        Files.createDirectories(tree);
        Files.write(tree.resolve(name), content);
        return content;
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    void everythingThatASnapshotHasIsShown() throws Exception {
        new HardTree().make(tree);
        client.run("backup", "--quiet", tree.toString());
        MountedProduct all = mount();
        List<String> first = names(point);
        assertThat(first).hasSize(2).last().isEqualTo("latest");
        Product.mustEqual(tree, mounted("latest"));
        // Twice: what the kernel remembers is right as well.
        Product.mustEqual(tree, mounted(first.getFirst()));
        assertThatThrownBy(() -> Files.writeString(mounted("latest").resolve("new"), ""))
                .hasMessageContaining("Read-only file system");

        Files.writeString(tree.resolve("later"), "later");
        client.run("backup", "--quiet", tree.toString());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (names(point).size() < 3) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(100);
        }
        String second = names(point).get(1);
        assertThat(second).isGreaterThan(first.getFirst());
        while (!Files.readSymbolicLink(point.resolve("latest")).toString().equals(second)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(100);
        }
        assertThat(mounted("latest").resolve("later")).hasContent("later");
        assertThat(mounted(first.getFirst()).resolve("later")).doesNotExist();
        assertThat(all.errors()).doesNotContain("warning");

        assertThat(all.terminate()).isEqualTo(143);
        assertThat(MountedProduct.isMounted(point)).isFalse();
        assertThat(names(point)).isEmpty();
        assertThat(product.run("appliance", "audit", "--data", product.data.toString())
                        .mustBe(0)
                        .out())
                .contains("mount list on " + point);
    }

    /** A disk of 4 GiB with a block here and there, and a part without holes. */
    private Path disk() throws IOException {
        Path disk = dir.toRealPath().resolve("vm1.img");
        Random random = new Random(7);
        byte[] block = new byte[BLOCK];
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength((4L << 30) + 1234);
            for (int i = 0; i < 200; i++) {
                random.nextBytes(block);
                file.seek(i < 100 ? (1L << 30) + (long) i * BLOCK : random.nextInt(16_000) * (long) BLOCK);
                file.write(block);
            }
        }
        return disk;
    }

    private static Callable<Integer> reader(Path source, Path shown, int seed) {
        return () -> {
            Random random = new Random(seed);
            int data = 0;
            try (FileChannel expected = FileChannel.open(source);
                    FileChannel found = FileChannel.open(shown)) {
                for (int i = 0; i < 300; i++) {
                    long at = i % 2 == 0 ? (1L << 30) + random.nextInt(100 * BLOCK) : random.nextLong(expected.size());
                    ByteBuffer one = ByteBuffer.allocate(1 + random.nextInt(100_000));
                    ByteBuffer other = ByteBuffer.allocate(one.capacity());
                    while (one.hasRemaining() && expected.read(one, at + one.position()) > 0) {}
                    while (other.hasRemaining() && found.read(other, at + other.position()) > 0) {}
                    assertThat(other.flip()).as("at " + at).isEqualTo(one.flip());
                    data += one.hasRemaining() && one.get(0) != 0 ? 1 : 0;
                }
            }
            return data;
        };
    }

    private static long allocated(Path file) throws Exception {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip()) * 512;
    }

    @Test
    void aSparseDiskIsReadAnywhereByManyAtOnce() throws Exception {
        Path disk = disk();
        client.run("backup", "--quiet", "--image", disk.toString()).mustBe(0);
        mount("latest:/disks", "--cache", "16MiB");
        Path shown = Path.of(point + disk.toString());
        assertThat(Files.size(shown)).isEqualTo(Files.size(disk));
        assertThat(allocated(shown)).isBetween(100L * BLOCK, 201L * BLOCK);
        List<Callable<Integer>> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            readers.add(reader(disk, shown, i));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(readers.size())) {
            for (Future<Integer> each : threads.invokeAll(readers)) {
                assertThat(each.get()).isGreaterThan(100);
            }
        }
        // By data and holes, as programs copy what is sparse.
        Path copy = dir.resolve("copy.img");
        run("cp", "--sparse=auto", shown.toString(), copy.toString());
        run("cmp", disk.toString(), copy.toString());
        assertThat(allocated(copy)).isLessThanOrEqualTo(201L * BLOCK);
        run("umount", point.toString());
        assertThat(mounts.getFirst().ended()).isZero();
    }

    @Test
    void readsFailWhileTheApplianceIsGoneAndWorkAgainWhenItIsBack() throws Exception {
        byte[] one = random("one", 3_000_000, 1);
        byte[] two = random("two", 3_000_000, 2);
        client.run("backup", "--quiet", tree.toString()).mustBe(0);
        MountedProduct all = mount("--wait", "2", "latest:" + tree);
        assertThat(point.resolve("one")).hasBinaryContent(one);
        product.kill();
        assertThatThrownBy(() -> Files.readAllBytes(point.resolve("two")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Input/output error");
        assertThat(point.resolve("one")).as("still in memory").hasBinaryContent(one);
        product.start();
        assertThat(point.resolve("two")).hasBinaryContent(two);
        assertThat(all.errors()).contains("trying to connect again").contains("connected to the appliance again");
    }

    @Test
    void aReadWaitsForAnApplianceThatIsStartedAgain() throws Exception {
        byte[] content = random("file", 3_000_000, 8);
        client.run("backup", "--quiet", tree.toString()).mustBe(0);
        MountedProduct all = mount("latest:" + tree);
        product.stop();
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Future<byte[]> read = threads.submit(() -> Files.readAllBytes(point.resolve("file")));
            while (!all.errors().contains("trying to connect again")) {
                assertThat(read).isNotDone();
                Thread.sleep(20);
            }
            product.start();
            assertThat(read.get()).isEqualTo(content);
        }
    }

    @Test
    void onlyWhatIsDamagedCannotBeRead() throws Exception {
        byte[] content = random("large", 8_000_000, 3);
        byte[] small = random("small", 3_000_000, 4);
        client.run("backup", "--quiet", tree.toString()).mustBe(0);
        product.stop();
        Path largest;
        try (Stream<Path> files = Files.walk(product.data)) {
            largest = files.filter(file -> file.toString().endsWith(".hfc"))
                    .max(java.util.Comparator.comparingLong(
                            file -> file.toFile().length()))
                    .orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(largest.toFile(), "rw")) {
            file.seek(Files.size(largest) / 3);
            int before = file.read();
            file.seek(Files.size(largest) / 3);
            file.write(before ^ 0x55);
        }
        product.start();
        MountedProduct all = mount("latest:" + tree);
        int failed = 0;
        for (var each : java.util.Map.of("large", content, "small", small).entrySet()) {
            failed += unreadable(point.resolve(each.getKey()), each.getValue());
        }
        assertThat(failed).isBetween(1, (1 << 20) / PAGE + 2);
        assertThat(all.errors()).contains("warning: " + tree);
    }

    /** Reads page by page, and compares; returns how many pages cannot be read. */
    private static int unreadable(Path file, byte[] expected) throws IOException {
        int failed = 0;
        try (FileChannel open = FileChannel.open(file)) {
            for (int at = 0; at < expected.length; at += PAGE) {
                int length = Math.min(PAGE, expected.length - at);
                ByteBuffer page = ByteBuffer.allocate(length);
                try {
                    open.read(page, at);
                    assertThat(page.array()).isEqualTo(Arrays.copyOfRange(expected, at, at + length));
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("Input/output error");
                    failed++;
                }
            }
        }
        return failed;
    }

    @Test
    void whoUsesItIsToldAndItIsUnmountedAllTheSame() throws Exception {
        random("file", 100, 5);
        client.run("backup", "--quiet", tree.toString()).mustBe(0);
        MountedProduct all = mount();
        assertThat(client.run("mount", point.toString()).mustBe(3).err()).contains("is mounted there already");
        Process user = new ProcessBuilder("sleep", "600")
                .directory(mounted("latest").toFile())
                .start();
        try {
            assertThat(all.terminate()).isEqualTo(143);
            assertThat(all.errors()).contains("is in use by process " + user.pid() + " (sleep)");
            assertThat(MountedProduct.isMounted(point)).isFalse();
        } finally {
            user.destroyForcibly().waitFor();
        }
    }

    @Test
    void aDirectoryMustBeThereAndEmpty() throws Exception {
        random("file", 100, 6);
        client.run("backup", "--quiet", tree.toString()).mustBe(0);
        assertThat(client.run("mount", point.toString()).mustBe(3).err()).contains(point.toString());
        assertThat(client.run("mount", tree.toString()).mustBe(3).err()).contains("not empty");
        assertThat(client.run("mount", tree.resolve("file").toString())
                        .mustBe(3)
                        .err())
                .contains("Not a directory");
        Files.createDirectories(point);
        assertThat(client.run("mount", "latest:" + tree.resolve("file"), point.toString())
                        .mustBe(2)
                        .err())
                .contains("is no directory");
        assertThat(MountedProduct.isMounted(point)).isFalse();
    }
}
