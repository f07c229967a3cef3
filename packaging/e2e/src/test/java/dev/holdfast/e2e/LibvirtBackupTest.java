package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines of a real libvirt, backed up by its own backup job: in full and what changed, also after failures of all kinds. Every
 * snapshot is compared with the disk byte for byte.
 */
class LibvirtBackupTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long BLOCK = 256 << 10;
    private static final long SIZE = 32 * BLOCK;
    /** The second disk: raw, of which libvirt does not note changes, and not of whole blocks; so large that reading it takes a while. */
    private static final long RAW_SIZE = 512 * BLOCK + 4096;

    private static final String NAME = "mail & web";
    private static final String SOURCE = "libvirt:" + NAME;

    @TempDir
    Path dir;

    private Product product;
    private Product.Client client;
    private LibvirtMachine machine;
    private Path system;
    private Path data;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("host1");
        machine = new LibvirtMachine(dir, NAME);
        product.environment.putAll(machine.environment());
        system = machine.image("system.qcow2", "qcow2", SIZE);
        data = machine.image("data.raw", "raw", RAW_SIZE);
        byte[] content = new byte[(int) RAW_SIZE];
        new Random(1).nextBytes(content);
        Files.write(data, content);
        machine.define(
                LibvirtMachine.disk(system, "qcow2", "vda", ""),
                LibvirtMachine.disk(data, "raw", "vdb", ""),
                "<disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>");
        machine.write("vda", 1, 0, 3 * BLOCK);
        machine.write("vda", 2, 20 * BLOCK + 4096, 8192);
    }

    @AfterEach
    void stop() throws Exception {
        machine.close();
        product.close();
    }

    private String[] command(String... more) {
        return Stream.concat(Stream.of("backup", "--json", "--vm", SOURCE), Stream.of(more))
                .toArray(String[]::new);
    }

    private JsonNode backup(String... more) throws Exception {
        JsonNode made = JSON.readTree(client.run(command(more)).mustBe(0).out());
        machine.mustBeClean();
        return made;
    }

    /** Of the first disk alone. */
    private JsonNode backupSystem() throws Exception {
        return backup("--disk", "vda");
    }

    private static String remarks(JsonNode backup) {
        return backup.path("remarks").toString();
    }

    private void mustRestore(JsonNode snapshot, String disk, byte[] expected) throws Exception {
        Path target = dir.resolve("restored.raw");
        client.run(
                        "restore-disk",
                        "--overwrite",
                        snapshot.path("snapshot").asText() + ":/disks/mail___web/" + disk + ".raw",
                        target.toString())
                .mustBe(0);
        assertThat(Arrays.equals(Files.readAllBytes(target), expected))
                .as(disk + " as restored")
                .isTrue();
    }

    private void mustRestoreSystem(JsonNode snapshot) throws Exception {
        mustRestore(snapshot, "vda", machine.content("vda", SIZE));
    }

    /** A backup whose client is stopped after the moment of the backup, before it has read all. */
    private Product.Running suspended(String... more) throws Exception {
        Product.Running running = client.launch(command(more));
        machine.awaitExports(2);
        VirtualMachine.suspend(running);
        return running;
    }

    @Test
    void whatChangedIsReadAndAllElseIsTakenOver() throws Exception {
        JsonNode first = backup();
        assertThat(remarks(first))
                .contains("vda is read in full: this client has no earlier", "no channel for a guest agent");
        assertThat(remarks(first)).contains("vdb is read in full: libvirt notes changes of qcow2 disks only");
        byte[] before = machine.content("vda", SIZE);
        byte[] raw = machine.content("vdb", RAW_SIZE);
        mustRestore(first, "vda", before);
        mustRestore(first, "vdb", raw);
        assertThat(machine.checkpoints()).hasSize(1);

        machine.write("vda", 5, BLOCK - 4096, 8192);
        machine.write("vda", 0, 2 * BLOCK, BLOCK);
        machine.write("vdb", 6, 3 * BLOCK + 512, 512);
        JsonNode second = backup();
        assertThat(remarks(second)).doesNotContain("vda");
        assertThat(second.path("bytesReused").asLong()).isBetween(BLOCK, 4 * BLOCK);
        mustRestoreSystem(second);
        mustRestore(second, "vdb", machine.content("vdb", RAW_SIZE));
        mustRestore(first, "vda", before);
        assertThat(machine.checkpoints()).hasSize(1);
        assertThat(machine.bitmaps("vda")).isEqualTo(machine.checkpoints());

        // The series of one disk alone counts on its own.
        assertThat(remarks(backupSystem())).contains("vda is read in full");
        machine.write("vda", 7, 31 * BLOCK, 4096);
        JsonNode alone = backupSystem();
        assertThat(remarks(alone)).doesNotContain("in full");
        assertThat(alone.path("bytesRead").asLong()).isLessThan(2 * BLOCK);
        mustRestoreSystem(alone);
        assertThat(machine.checkpoints()).hasSize(2);
        assertThat(remarks(backup())).doesNotContain("vda is");

        JsonNode told = JSON.readTree(
                client.run("cat", "latest:/disks/machine.json").mustBe(0).out());
        assertThat(told.path("virtualMachine").path("name").asText()).isEqualTo(NAME);
        assertThat(told.path("virtualMachine").path("qemu").asText()).matches("\\d+\\.\\d+\\..*");
        assertThat(told.path("processor").asText()).isEqualTo("x86_64");
        assertThat(told.path("disks").get(0).path("path").asText()).isEqualTo(system.toString());
        client.run("verify", "latest").mustBe(0);
    }

    @Test
    void aBackupThatFailsOrIsKilledLosesNoChange() throws Exception {
        backup();
        List<String> checkpoints = machine.checkpoints();
        machine.write("vda", 10, 5 * BLOCK, 4096);
        byte[] atMoment = machine.content("vda", SIZE);
        Product.Running whole = suspended();
        // Not in the snapshot.
        machine.write("vda", 9, 0, SIZE);
        VirtualMachine.goOn(whole);
        mustRestore(JSON.readTree(Product.finish(whole).mustBe(0).out()), "vda", atMoment);
        machine.mustBeClean();
        mustRestoreSystem(backup());
        checkpoints = machine.checkpoints();

        // Somebody ends the job.
        machine.write("vda", 11, 6 * BLOCK, 4096);
        Product.Running aborted = suspended("--retries", "0");
        machine.write("vda", 12, 7 * BLOCK, 4096);
        machine.virsh("domjobabort", "--domain", NAME);
        VirtualMachine.goOn(aborted);
        Product.finish(aborted).mustBe(3);
        machine.mustBeClean();
        assertThat(machine.checkpoints()).isEqualTo(checkpoints);

        Product.Running ended = suspended();
        machine.write("vda", 13, 8 * BLOCK, 4096);
        ended.process().destroy();
        VirtualMachine.goOn(ended);
        Product.finish(ended).mustBe(143);
        machine.mustBeClean();
        assertThat(machine.checkpoints()).isEqualTo(checkpoints);

        Product.Running killed = suspended();
        machine.write("vda", 14, 9 * BLOCK, 4096);
        // Only one backup of a machine runs.
        assertThat(client.run(command()).mustBe(3).err()).contains("another backup of the machine " + NAME + " runs");
        Product.Client other = product.enrol("host2");
        assertThat(other.run(command()).mustBe(3).err())
                .contains("another program backs the machine up", "domjobabort");
        killed.process().descendants().forEach(ProcessHandle::destroyForcibly);
        killed.process().destroyForcibly().waitFor();
        assertThat(machine.checkpoints()).hasSize(2);
        machine.write("vda", 15, 10 * BLOCK, 4096);

        JsonNode next = backup();
        assertThat(remarks(next)).contains("was killed").doesNotContain("vda is read in full");
        assertThat(next.path("bytesReused").asLong()).isGreaterThan(20 * BLOCK);
        mustRestoreSystem(next);
        assertThat(machine.checkpoints()).hasSize(1);

        // What others made stays, and each client has its own.
        JsonNode theirs =
                JSON.readTree(other.run(command("--disk", "vda")).mustBe(0).out());
        assertThat(remarks(theirs)).contains("vda is read in full");
        assertThat(machine.checkpoints()).hasSize(2);
        assertThat(remarks(backup())).doesNotContain("vda");
    }

    @Test
    void whereThereIsAnyDoubtTheDiskIsReadInFull() throws Exception {
        backupSystem();
        // Restarts keep bitmaps.
        machine.write("vda", 20, 5 * BLOCK, 4096);
        machine.shutDown();
        assertThat(client.run(command()).mustBe(3).err()).contains("does not run", "--image");
        machine.startAgain();
        machine.write("vda", 21, 6 * BLOCK, 4096);
        JsonNode restarted = backupSystem();
        assertThat(remarks(restarted)).doesNotContain("in full");
        mustRestoreSystem(restarted);

        // A crash, with a bitmap that was stored before.
        machine.shutDown();
        machine.startAgain();
        machine.write("vda", 22, 7 * BLOCK, 4096);
        machine.kill();
        machine.startAgain();
        JsonNode crashed = backupSystem();
        assertThat(remarks(crashed)).contains("vda is read in full", "missing or broken bitmap");
        mustRestoreSystem(crashed);
        assertThat(machine.checkpoints()).hasSize(1);
        assertThat(remarks(backupSystem())).doesNotContain("in full");

        // Somebody removes the bitmap, or the checkpoint.
        String bitmap = machine.bitmaps("vda").getFirst();
        machine.qmp("block-dirty-bitmap-remove", Map.of("node", machine.node("vda"), "name", bitmap));
        machine.write("vda", 23, 8 * BLOCK, 4096);
        JsonNode lost = backupSystem();
        assertThat(remarks(lost)).contains("vda is read in full", "missing or broken bitmap", "bitmaps of this name");
        mustRestoreSystem(lost);
        machine.virsh(
                "checkpoint-delete", "--domain", NAME, machine.checkpoints().getFirst());
        machine.write("vda", 24, 9 * BLOCK, 4096);
        JsonNode deleted = backupSystem();
        assertThat(remarks(deleted)).contains("libvirt does not have the checkpoint");
        mustRestoreSystem(deleted);

        // The snapshot from which it counts is not the newest any more.
        Path saved = dir.resolve("saved");
        assertThat(new ProcessBuilder(
                                "cp", "-a", client.state.resolve("machines").toString(), saved.toString())
                        .start()
                        .waitFor())
                .isZero();
        machine.write("vda", 25, 12 * BLOCK, 4096);
        backupSystem();
        assertThat(new ProcessBuilder(
                                "sh",
                                "-c",
                                "rm -r \"$1\" && cp -a \"$0\" \"$1\"",
                                saved.toString(),
                                "" + client.state.resolve("machines"))
                        .start()
                        .waitFor())
                .isZero();
        JsonNode stale = backupSystem();
        assertThat(remarks(stale)).contains("vda is read in full");
        mustRestoreSystem(stale);

        // The machine lies in another file.
        machine.virsh("snapshot-create-as", "--domain", NAME, "s1", "--disk-only", "--no-metadata");
        machine.write("vda", 26, 13 * BLOCK, 4096);
        JsonNode moved = backupSystem();
        assertThat(remarks(moved)).contains("vda is read in full: it lies in another file");
        mustRestoreSystem(moved);
    }

    @Test
    void machinesEndAndLibvirtIsStartedAnewDuringABackup() throws Exception {
        backup();
        machine.write("vda", 30, 5 * BLOCK, 4096);
        Product.Running running = suspended("--retries", "0");
        machine.write("vda", 31, 6 * BLOCK, 4096);
        machine.stopDaemon();
        machine.startDaemon();
        VirtualMachine.goOn(running);
        JsonNode made = JSON.readTree(Product.finish(running).mustBe(0).out());
        machine.mustBeClean();
        assertThat(made.path("bytesReused").asLong()).isPositive();
        mustRestoreSystem(backup());

        Product.Running left = suspended("--retries", "0");
        machine.write("vda", 32, 7 * BLOCK, 4096);
        machine.shutDown();
        VirtualMachine.goOn(left);
        assertThat(Product.finish(left).mustBe(3).err()).contains("the next one removes");
        machine.startAgain();
        machine.write("vda", 33, 8 * BLOCK, 4096);
        JsonNode after = backup();
        assertThat(remarks(after)).doesNotContain("vda");
        mustRestoreSystem(after);
        assertThat(machine.checkpoints()).hasSize(1);
    }

    @Test
    void disksOfIoThreadsAndOfTransientMachinesAreReadInFull() throws Exception {
        machine.shutDown();
        machine.define(LibvirtMachine.disk(system, "qcow2", "vda", "iothread='1'"));
        backup();
        machine.write("vda", 40, 5 * BLOCK, 4096);
        JsonNode threaded = backup();
        assertThat(remarks(threaded)).contains("vda is read in full: an I/O thread writes to it");
        mustRestoreSystem(threaded);
        assertThat(machine.checkpoints()).isEmpty();

        machine.shutDown();
        machine.define(LibvirtMachine.disk(system, "qcow2", "vda", ""));
        machine.virsh("undefine", "--domain", NAME);
        backup();
        machine.write("vda", 41, 6 * BLOCK, 4096);
        JsonNode transients = backup();
        assertThat(remarks(transients)).contains("vda is read in full: libvirt has no definition of the machine");
        mustRestoreSystem(transients);
        assertThat(machine.checkpoints()).isEmpty();
    }

    @Test
    void machinesAreListedAndMistakesAreTold() throws Exception {
        JsonNode listed = client.run("vm", "list", "--json").mustBe(0).json();
        JsonNode mine = null;
        for (JsonNode each : listed.path("machines")) {
            mine = each.path("name").asText().equals(NAME) ? each : mine;
        }
        assertThat(mine).isNotNull();
        assertThat(mine.path("source").asText()).isEqualTo(SOURCE);
        assertThat(mine.path("manager").asText()).isEqualTo("libvirt");
        assertThat(client.run("vm", "list").mustBe(0).out()).contains("holdfast backup --vm 'libvirt:" + NAME + "'");

        assertThat(client.run("backup", "--vm", SOURCE, "--dry-run").mustBe(0).out())
                .contains("vda", "vdb", "Would back up 2 disks")
                .doesNotContain("hda");
        assertThat(client.run("backup", "--vm", "libvirt:none").mustBe(2).err()).contains("no machine none", NAME);
        assertThat(client.run(command("--disk", "vdz")).mustBe(2).err()).contains("no disk vdz", "vda, vdb");
        assertThat(client.run(command("--guest-agent", "/run/agent")).mustBe(2).err())
                .contains("asks the guest agent itself");
        assertThat(client.run(command("--scratch", dir.resolve("none").toString()))
                        .mustBe(3)
                        .err())
                .contains("none");
        machine.mustBeClean();

        // By its UUID, with the scratch files elsewhere.
        Path scratch = Files.createDirectory(dir.resolve("disks/elsewhere"));
        String uuid = mine.path("uuid").asText();
        client.run("backup", "--json", "--vm", "libvirt:" + uuid, "--scratch", scratch.toString(), "--disk", "vda")
                .mustBe(0);
        machine.mustBeClean();

        // Another program serves something from the machine.
        machine.qmp(
                "nbd-server-start",
                Map.of(
                        "addr",
                        Map.of(
                                "type",
                                "unix",
                                "data",
                                Map.of("path", dir.resolve("run/other").toString()))));
        assertThat(client.run(command()).mustBe(3).err()).contains("NBD server already running");
        machine.qmp("nbd-server-stop", Map.of());
        machine.mustBeClean();
        assertThat(remarks(backup())).contains("vda is read in full");

        machine.shutDown();
        assertThat(client.run("vm", "list").mustBe(0).out())
                .contains(NAME + " (libvirt, not running)", "it does not run");
        machine.stopDaemon();
        Product.Result without = client.run("vm", "list").mustBe(1);
        assertThat(without.err()).contains("libvirt cannot be asked for its machines");
        assertThat(client.run(command()).mustBe(3).err()).contains("failed to connect");
    }
}
