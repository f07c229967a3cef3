package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Running machines, backed up through their monitors: in full and what changed, also after failures of all kinds. Every snapshot is
 * compared with the disk byte for byte.
 */
class VmBackupTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long BLOCK = 256 << 10;
    private static final long SIZE = 32 * BLOCK;
    /** The second disk: raw, whose bitmaps end with the machine, and not of whole blocks. */
    private static final long RAW_SIZE = 10 * BLOCK + 4096;

    @TempDir
    Path dir;

    private Product product;
    private Product.Client client;
    private VirtualMachine machine;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("host1");
        tool("qemu-img", "create", "-q", "-f", "qcow2", dir.resolve("system.qcow2"), SIZE);
        tool("qemu-img", "create", "-q", "-f", "raw", dir.resolve("data.raw"), RAW_SIZE);
        // Reads of the raw disk can be slowed down, so that a backup is under way as long as a test needs it.
        machine = new VirtualMachine(
                dir,
                "-drive",
                "file=" + dir.resolve("system.qcow2") + ",format=qcow2,if=virtio,id=system",
                "-object",
                "throttle-group,id=slow",
                "-drive",
                "driver=raw,file.driver=throttle,file.throttle-group=slow,file.file.driver=file,file.file.filename="
                        + dir.resolve("data.raw") + ",if=virtio,id=data",
                "-drive",
                "if=ide,media=cdrom,id=cd");
        machine.write("system", 1, 0, 3 * BLOCK);
        machine.write("system", 2, 20 * BLOCK + 4096, 8192);
        machine.write("data", 3, BLOCK, 7 * BLOCK);
        machine.write("data", 4, RAW_SIZE - 4096, 4096);
    }

    @AfterEach
    void stop() throws Exception {
        machine.close();
        product.close();
    }

    private static String tool(Object... words) throws Exception {
        List<String> command = Stream.of(words).map(Object::toString).toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
        return output;
    }

    private String[] command(String... more) {
        return Stream.concat(
                        Stream.of("backup", "--json", "--vm", machine.monitor().toString()), Stream.of(more))
                .toArray(String[]::new);
    }

    private JsonNode backup(String... more) throws Exception {
        JsonNode made = JSON.readTree(client.run(command(more)).mustBe(0).out());
        machine.mustBeClean();
        return made;
    }

    private static String remarks(JsonNode backup) {
        return backup.path("remarks").toString();
    }

    /** What the disk has now; the machine goes on. */
    private byte[] content(String device, long size) throws Exception {
        Path copy = dir.resolve(device + ".now");
        Files.deleteIfExists(copy);
        tool("qemu-img", "create", "-q", "-f", "raw", copy, size);
        machine.qmp("blockdev-add", Map.of("driver", "file", "filename", copy.toString(), "node-name", "copy"));
        machine.qmp(
                "blockdev-backup",
                Map.of("job-id", "copy", "device", machine.node(device), "target", "copy", "sync", "full"));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!machine.qmp("query-jobs", Map.of()).isEmpty()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(10);
        }
        machine.qmp("blockdev-del", Map.of("node-name", "copy"));
        return Files.readAllBytes(copy);
    }

    private void mustRestore(JsonNode snapshot, String disk, byte[] expected) throws Exception {
        Path target = dir.resolve("restored.raw");
        client.run(
                        "restore-disk",
                        "--overwrite",
                        snapshot.path("snapshot").asText() + ":/disks/mail/" + disk + ".raw",
                        target.toString())
                .mustBe(0);
        assertThat(Arrays.equals(Files.readAllBytes(target), expected))
                .as(disk + " as restored")
                .isTrue();
    }

    /** Both disks, as they are now. */
    private void mustRestoreBoth(JsonNode snapshot) throws Exception {
        mustRestore(snapshot, "system", content("system", SIZE));
        mustRestore(snapshot, "data", content("data", RAW_SIZE));
    }

    /** A backup whose client is stopped after the moment of the backup, before it has read all. */
    private Product.Running suspended(String... more) throws Exception {
        slow(1 << 19);
        Product.Running running = client.launch(command(more));
        machine.awaitExports(2);
        VirtualMachine.suspend(running);
        slow(0);
        return running;
    }

    /** A backup that is under way for some time yet. */
    private Product.Running slowed(String... more) throws Exception {
        slow(1 << 17);
        Product.Running running = client.launch(command(more));
        machine.awaitExports(2);
        return running;
    }

    private void slow(long bytesPerSecond) throws Exception {
        machine.qmp(
                "qom-set",
                Map.of("path", "/objects/slow", "property", "limits", "value", Map.of("bps-read", bytesPerSecond)));
    }

    @Test
    void whatChangedIsReadAndAllElseIsTakenOver() throws Exception {
        JsonNode first = backup();
        assertThat(remarks(first)).contains("system is read in full", "data is read in full", "no earlier snapshot");
        assertThat(first.path("bytes").asLong()).isGreaterThanOrEqualTo(SIZE + RAW_SIZE);
        byte[] system = content("system", SIZE);
        byte[] data = content("data", RAW_SIZE);
        mustRestoreBoth(first);

        JsonNode same = backup();
        assertThat(same.path("remarks")).isEmpty();
        // The description alone.
        assertThat(same.path("bytesRead").asLong()).isLessThan(4096);
        assertThat(same.path("bytesReused").asLong()).isEqualTo(11 * BLOCK + 4096);
        mustRestoreBoth(same);

        machine.write("system", 5, BLOCK - 4096, 8192);
        machine.write("system", 0, 2 * BLOCK, BLOCK);
        machine.write("system", 6, 31 * BLOCK, 4096);
        machine.write("data", 7, 8 * BLOCK, 512);
        JsonNode changed = backup();
        assertThat(changed.path("remarks")).isEmpty();
        assertThat(changed.path("bytesRead").asLong()).isBetween(3 * BLOCK, 5 * BLOCK + 4096);
        // Two blocks that changed, two new ones, the description, and the page.
        assertThat(changed.path("chunksSent").asInt()).isEqualTo(6);
        mustRestoreBoth(changed);
        // Earlier ones stay as they were.
        mustRestore(first, "system", system);
        mustRestore(same, "data", data);
        assertThat(machine.bitmaps("system")).hasSize(1);
        assertThat(machine.bitmaps("data")).hasSize(1);

        JsonNode all = backup("--full-read");
        assertThat(all.path("bytesReused").asLong()).isZero();
        assertThat(all.path("chunksSent").asInt()).isLessThanOrEqualTo(2);
        assertThat(backup().path("bytesRead").asLong()).isLessThan(4096);
        client.run("verify", "latest").mustBe(0);
    }

    @Test
    void aSnapshotTellsOfTheMachineAndHasTheDisksOfOneMoment() throws Exception {
        byte[] system = content("system", SIZE);
        byte[] data = content("data", RAW_SIZE);
        Product.Running running = suspended();
        // Not in the snapshot, wherever the backup is.
        machine.write("system", 9, 0, SIZE);
        machine.write("data", 9, 0, RAW_SIZE);
        VirtualMachine.goOn(running);
        JsonNode made = JSON.readTree(Product.finish(running).mustBe(0).out());
        machine.mustBeClean();
        mustRestore(made, "system", system);
        mustRestore(made, "data", data);
        mustRestoreBoth(backup());

        JsonNode told = JSON.readTree(
                client.run("cat", "latest:/disks/machine.json").mustBe(0).out());
        assertThat(told.path("virtualMachine").path("name").asText()).isEqualTo("mail");
        assertThat(told.path("virtualMachine").path("uuid").asText()).isEqualTo(VirtualMachine.UUID);
        assertThat(told.path("virtualMachine").path("qemu").asText()).matches("\\d+\\.\\d+\\..*");
        assertThat(told.has("firmware")).isFalse();
        JsonNode disk = told.path("disks").get(1);
        assertThat(disk.path("name").asText()).isEqualTo("/mail/system.raw");
        assertThat(disk.path("format").asText()).isEqualTo("qcow2");
        assertThat(disk.path("path").asText()).endsWith("system.qcow2");
        assertThat(disk.path("bytes").asLong()).isEqualTo(SIZE);
    }

    @Test
    void aBackupThatFailsLosesNoChange() throws Exception {
        backup();
        machine.write("system", 10, 5 * BLOCK, 4096);
        machine.write("data", 10, 5 * BLOCK, 4096);
        Product.Running running = suspended("--retries", "0");
        machine.write("system", 11, 6 * BLOCK, 4096);
        machine.write("data", 11, 0, 4096);
        machine.endExports();
        VirtualMachine.goOn(running);
        assertThat(Product.finish(running).mustBe(3).err()).contains("NBD server at");
        machine.mustBeClean();

        // The second time by a signal.
        Product.Running ended = suspended();
        machine.write("system", 12, 7 * BLOCK, 4096);
        ended.process().destroy();
        VirtualMachine.goOn(ended);
        Product.finish(ended).mustBe(143);
        machine.mustBeClean();
        assertThat(machine.bitmaps("system")).hasSize(1);

        JsonNode next = backup();
        assertThat(next.path("remarks")).isEmpty();
        assertThat(next.path("bytesReused").asLong()).isPositive();
        assertThat(next.path("bytesRead").asLong()).isLessThan(6 * BLOCK);
        mustRestoreBoth(next);
    }

    @Test
    void aKilledBackupLeavesNothingAfterTheNextOne() throws Exception {
        backup();
        machine.write("system", 13, 5 * BLOCK, 4096);
        Product.Running running = suspended();
        machine.write("system", 14, 6 * BLOCK, 4096);
        machine.write("data", 14, 0, 4096);
        running.process().descendants().forEach(ProcessHandle::destroyForcibly);
        running.process().destroyForcibly().waitFor();
        assertThat(machine.qmp("query-jobs", Map.of())).hasSize(2);
        machine.write("system", 15, 9 * BLOCK, 4096);

        JsonNode next = backup();
        assertThat(remarks(next)).contains("was killed").doesNotContain("in full");
        assertThat(next.path("bytesRead").asLong()).isLessThan(5 * BLOCK);
        mustRestoreBoth(next);
        assertThat(machine.bitmaps("system")).hasSize(1);
        try (Stream<Path> files = Files.walk(client.state.resolve("machines"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .noneMatch(each -> each.startsWith("holdfast-scratch") || each.equals("running"));
        }
    }

    @Test
    void whereABitmapCannotBeTrustedTheDiskIsReadInFull() throws Exception {
        backup();
        String bitmap = machine.bitmaps("system").getFirst();
        machine.qmp("block-dirty-bitmap-remove", Map.of("node", machine.node("system"), "name", bitmap));
        machine.write("system", 16, 5 * BLOCK, 4096);
        JsonNode lost = backup();
        assertThat(remarks(lost)).contains("system is read in full: its dirty bitmap is missing");
        assertThat(remarks(lost)).doesNotContain("the disk data");
        mustRestoreBoth(lost);

        // Somebody else's, by the same name.
        bitmap = machine.bitmaps("data").getFirst();
        machine.qmp("block-dirty-bitmap-remove", Map.of("node", machine.node("data"), "name", bitmap));
        machine.qmp(
                "block-dirty-bitmap-add", Map.of("node", machine.node("data"), "name", bitmap, "granularity", 65536));
        machine.write("data", 17, 0, 4096);
        JsonNode other = backup();
        assertThat(remarks(other)).contains("data is read in full: its dirty bitmap has a granularity of 65536 bytes");
        mustRestoreBoth(other);

        machine.qmp(
                "block-dirty-bitmap-disable",
                Map.of(
                        "node",
                        machine.node("system"),
                        "name",
                        machine.bitmaps("system").getFirst()));
        machine.write("system", 18, 11 * BLOCK, 4096);
        JsonNode disabled = backup();
        assertThat(remarks(disabled)).contains("system is read in full: its dirty bitmap is disabled");
        mustRestoreBoth(disabled);

        // A size that changed.
        machine.qmp("block_resize", Map.of("device", "data", "size", RAW_SIZE + BLOCK));
        JsonNode grown = backup();
        assertThat(remarks(grown)).contains("data is read in full: its size changed");
        mustRestore(grown, "data", content("data", RAW_SIZE + BLOCK));

        // Another client makes a snapshot in between: each has bitmaps of its own.
        Product.Client other2 = product.enrol("host2");
        JsonNode theirs = JSON.readTree(other2.run(command()).mustBe(0).out());
        assertThat(remarks(theirs)).contains("read in full");
        assertThat(machine.bitmaps("system")).hasSize(2);
        assertThat(backup().path("bytesRead").asLong()).isLessThan(4096);
        assertThat(JSON.readTree(other2.run(command()).mustBe(0).out())
                        .path("bytesRead")
                        .asLong())
                .isLessThan(4096);

        // The snapshot from which it counts is not the newest any more.
        Path saved = dir.resolve("saved");
        tool("cp", "-a", client.state.resolve("machines"), saved);
        machine.write("system", 19, 12 * BLOCK, 4096);
        backup();
        tool("rm", "-r", client.state.resolve("machines"));
        tool("cp", "-a", saved, client.state.resolve("machines"));
        JsonNode stale = backup();
        assertThat(remarks(stale)).contains("system is read in full");
        mustRestore(stale, "system", content("system", SIZE));
    }

    @Test
    void bitmapsOfQcow2OutliveTheMachineAndOthersDoNot() throws Exception {
        backup();
        machine.write("system", 20, 5 * BLOCK, 4096);
        machine.write("data", 20, 5 * BLOCK, 4096);
        machine.shutDown();
        machine.start();
        machine.write("system", 21, 6 * BLOCK, 4096);
        JsonNode restarted = backup();
        assertThat(remarks(restarted)).contains("data is read in full: its dirty bitmap is missing");
        assertThat(remarks(restarted)).doesNotContain("the disk system");
        mustRestoreBoth(restarted);

        machine.write("system", 22, 7 * BLOCK, 4096);
        machine.kill();
        machine.start();
        JsonNode crashed = backup();
        assertThat(remarks(crashed)).contains("system is read in full: its dirty bitmap is missing");
        mustRestoreBoth(crashed);
        // A bitmap that was stored before.
        machine.shutDown();
        machine.start();
        machine.write("system", 23, 7 * BLOCK, 4096);
        machine.kill();
        machine.start();
        JsonNode again = backup();
        assertThat(remarks(again)).contains("system is read in full: its dirty bitmap is inconsistent");
        mustRestoreBoth(again);
        assertThat(backup().path("remarks")).isEmpty();

        // The machine is shut down in the middle of a backup.
        Product.Running running = slowed("--retries", "0");
        machine.write("system", 23, 8 * BLOCK, 4096);
        machine.shutDown();
        assertThat(Product.finish(running).mustBe(3).err()).contains("the next one removes");
        machine.start();
        machine.write("system", 24, 9 * BLOCK, 4096);
        JsonNode after = backup();
        assertThat(remarks(after)).doesNotContain("the disk system");
        mustRestoreBoth(after);
    }

    @Test
    void whereThePreviousSnapshotCannotBeReadTheDisksAreReadInFull() throws Exception {
        backup();
        machine.write("system", 25, 5 * BLOCK, 4096);
        // Without the copy, the appliance has the list.
        tool("rm", "-r", client.state.resolve("previous"));
        JsonNode fetched = backup();
        assertThat(fetched.path("remarks")).isEmpty();
        assertThat(fetched.path("bytesReused").asLong()).isPositive();
        mustRestoreBoth(fetched);

        try (Stream<Path> files = Files.list(client.state.resolve("previous"))) {
            for (Path each : files.toList()) {
                byte[] bytes = Files.readAllBytes(each);
                bytes[bytes.length / 2] ^= 1;
                Files.write(each, bytes);
            }
        }
        machine.write("system", 26, 6 * BLOCK, 4096);
        JsonNode damaged = backup();
        assertThat(remarks(damaged)).contains("in full: the previous snapshot cannot be read");
        mustRestoreBoth(damaged);
    }

    /** With the other machines of this host. */
    private void listed() throws Exception {
        JsonNode mine = null;
        Product.Result list = client.run("vm", "list", "--json");
        for (JsonNode each : list.json().path("machines")) {
            mine = each.path("source").asText().equals(machine.monitor().toString()) ? each : mine;
        }
        assertThat(mine).as(list.out()).isNotNull();
        assertThat(mine.path("name").asText()).isEqualTo("mail");
        assertThat(mine.path("manager").asText()).isEqualTo("qemu");
        assertThat(mine.path("running").asBoolean()).isTrue();
        assertThat(mine.path("problem").isNull()).isTrue();
    }

    @Test
    void oneOfTheDisksCanBeChosenAndMistakesAreTold() throws Exception {
        assertThat(client.run("backup", "--dry-run", "--vm", machine.monitor().toString())
                        .mustBe(0)
                        .out())
                .contains("system", "data", "Would back up 2 disks")
                .doesNotContain("cd");
        JsonNode one = backup("--disk", "data");
        mustRestore(one, "data", content("data", RAW_SIZE));
        assertThat(client.run("ls", "-r", "latest:/disks").mustBe(0).out()).doesNotContain("system");
        backup();
        machine.write("data", 27, 0, 4096);
        // Both series count on their own.
        assertThat(backup("--disk", "data").path("remarks")).isEmpty();
        JsonNode both = backup();
        assertThat(both.path("remarks")).isEmpty();
        mustRestoreBoth(both);

        String[] agent = command("--guest-agent", dir.resolve("none").toString());
        assertThat(JSON.readTree(client.run(agent).mustBe(1).out())
                        .path("remarks")
                        .toString())
                .contains("warning: the file systems in the machine were not frozen");
        assertThat(backup("--guest-agent", dir.resolve("none").toString(), "--no-freeze")
                        .path("remarks"))
                .isEmpty();

        assertThat(client.run(command("--disk", "none")).mustBe(2).err()).contains("no disk none", "system, data");
        assertThat(client.run(command("--disk", "data", "--disk", "data"))
                        .mustBe(2)
                        .err())
                .contains("given twice");
        client.run(command("--image", "/dev/null")).mustBe(2);
        client.run("backup", "--disk", "data", "/etc").mustBe(2);
        assertThat(client.run("backup", "--vm", "/var/run/qemu-server/104.qmp")
                        .mustBe(2)
                        .err())
                .contains("Proxmox VE needs the monitor", "qm set 104 --args");
        listed();
        assertThat(client.run("backup", "--vm", dir.resolve("none").toString())
                        .mustBe(3)
                        .err())
                .contains("check that the machine runs");
        assertThat(client.run(command("--scratch", dir.resolve("none").toString()))
                        .mustBe(3)
                        .err())
                .contains("none");
        machine.mustBeClean();

        machine.qmp(
                "nbd-server-start",
                Map.of(
                        "addr",
                        Map.of(
                                "type",
                                "unix",
                                "data",
                                Map.of("path", dir.resolve("other").toString()))));
        assertThat(client.run(command()).mustBe(3).err()).contains("NBD server", "already running");
        machine.qmp("nbd-server-stop", Map.of());
        machine.mustBeClean();
        assertThat(backup().path("remarks")).isEmpty();
    }
}
