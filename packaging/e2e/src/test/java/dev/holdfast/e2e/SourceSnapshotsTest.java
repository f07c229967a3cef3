package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
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

/** Source snapshots of a btrfs in a file, by processes that are killed, by services and by hand. */
class SourceSnapshotsTest {
    private static final long DISK_BYTES = 1L << 30;
    private static final int FILES = 40;
    private static final int FILE_BYTES = 1_500_000;

    @TempDir
    Path temporary;

    private Path mount;
    private Path data;
    private Product product;
    private Product.Client client;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root mounts file systems");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
        Path work = temporary.toRealPath();
        mount = Files.createDirectories(work.resolve("mnt"));
        Path image = work.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        tool("mkfs.btrfs", "--quiet", image.toString());
        tool("mount", "-t", "btrfs", "-o", "loop", image.toString(), mount.toString());
        data = mount.resolve("data");
        tool("btrfs", "subvolume", "create", data.toString());
        Random random = new Random(1);
        for (int i = 0; i < FILES; i++) {
            byte[] content = new byte[FILE_BYTES];
            random.nextBytes(content);
            Files.write(data.resolve("file-" + i), content);
        }
        product = new Product(work.resolve("work"), "dev");
        client = product.enrol("db1");
    }

    @AfterEach
    void stop() throws Exception {
        if (product != null) {
            product.close();
        }
        if (data != null) {
            tool("umount", mount.toString());
        }
    }

    private static void tool(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    }

    private List<Path> snapshots() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(mount, ".holdfast-snapshot-*")) {
            all.forEach(found::add);
        }
        return found;
    }

    /** Starts a backup, and waits until it reads its snapshot. */
    private Product.Running startBackup() throws Exception {
        Product.Running running =
                client.launch("backup", "-q", "--snapshot", "btrfs", "--readers", "1", data.toString());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (snapshots().isEmpty()) {
            assertThat(running.process().isAlive())
                    .as(Files.readString(running.err()))
                    .isTrue();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(2);
        }
        return running;
    }

    private void killBackup() throws Exception {
        Product.Running running = startBackup();
        running.process().destroyForcibly().waitFor();
        assertThat(snapshots()).hasSize(1);
    }

    @Test
    void whatAKilledBackupLeftIsRemovedByTheNextOneAndByTheService() throws Exception {
        killBackup();
        Path small = Files.createDirectories(mount.resolve("small"));
        Product.Result next = client.run("backup", small.toString()).mustBe(0);
        assertThat(next.err()).contains("which an interrupted backup left");
        assertThat(snapshots()).isEmpty();

        killBackup();
        Product.Running service = service();
        assertThat(snapshots()).isEmpty();
        assertThat(Files.readString(service.out())).contains("which an interrupted backup left");
        end(service);
    }

    @Test
    void aBackupThatIsToldToEndLeavesNothing() throws Exception {
        Product.Running running = startBackup();
        running.process().destroy();
        assertThat(running.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(running.process().exitValue()).isNotZero();
        assertThat(snapshots()).isEmpty();
        assertThat(client.run("backup", "-q", "--snapshot", "auto", data.toString())
                        .mustBe(0)
                        .err())
                .isEmpty();
        client.mustRestore(data, temporary.toRealPath().resolve("back"));
    }

    @Test
    void filesWrittenDuringTheBackupAreAsOfTheSnapshot() throws Exception {
        Path before = Files.createDirectories(temporary.toRealPath().resolve("before"));
        tool("cp", "--archive", data.toString(), before.toString());
        Product.Running running = startBackup();
        for (int i = 0; i < FILES; i++) {
            Files.writeString(data.resolve("file-" + i), "written during the backup");
        }
        Files.writeString(data.resolve("new"), "written during the backup");
        Product.finish(running).mustBe(0);
        client.mustRestore(before.resolve("data"), data, temporary.toRealPath().resolve("back"));
        assertThat(snapshots()).isEmpty();
    }

    private Product.Result appliance(int code, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("appliance"));
        command.addAll(List.of(words));
        command.addAll(List.of("--data", product.data.toString()));
        return product.run(command.toArray(String[]::new)).mustBe(code);
    }

    private Product.Running service() throws Exception {
        Product.Running running = client.launch("service");
        for (int i = 0; i < 600 && !Files.readString(running.out()).contains("Ready for orders"); i++) {
            Thread.sleep(50);
        }
        assertThat(Files.readString(running.out())).contains("Ready for orders");
        return running;
    }

    private static void end(Product.Running running) throws Exception {
        running.process().destroy();
        assertThat(running.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void plansAskServicesForSnapshots() throws Exception {
        Product.Running service = service();
        appliance(2, "plan", "set", "frozen", "--path", data.toString(), "--snapshot", "vss");
        appliance(0, "plan", "set", "frozen", "--path", data.toString(), "--snapshot", "btrfs");
        assertThat(appliance(0, "plan", "list").out()).contains("from source snapshots (btrfs)");
        appliance(0, "plan", "bind", "frozen", "db1");
        JsonNode done = appliance(0, "plan", "run", "frozen", "--json").json().get(0);
        assertThat(done.path("state").asText()).isEqualTo("DONE");
        client.mustRestore(data, temporary.toRealPath().resolve("back"));
        appliance(0, "plan", "set", "frozen", "--path", data.toString(), "--snapshot", "lvm", "--snapshot-size", "20%");
        assertThat(appliance(3, "plan", "run", "frozen", "db1").err())
                .contains("cannot take a source snapshot of " + mount, "have no such snapshots");
        assertThat(snapshots()).isEmpty();
        end(service);
    }
}
