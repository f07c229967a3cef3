package dev.holdfast.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.LoopDevice;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restored disks that mean harm to the machine that restores them, or that are unusual, with real file systems. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class HostileDiskTest {
    private static final long MIB = 1 << 20;
    private static final long SECTORS = MIB / 512;
    private static final String FSTAB = "/dev/sda1 / ext4 defaults 0 1\n";

    @TempDir
    Path work;

    private Path disk;
    private final List<String> steps = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Platform.current().privileged(), "only root mounts file systems");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
        work = work.toRealPath();
        disk = work.resolve("disk");
        resize(128 * MIB);
    }

    private void resize(long bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    private interface InTree {
        void run(Path root) throws Exception;
    }

    /** One partition with a system that has a program of this content. */
    private void system(String fstab, String program, InTree more) throws Exception {
        Tools.fed("label: dos\nstart=2048, type=83\n", "sfdisk", "--quiet", disk.toString());
        try (LoopDevice part = LoopDevice.over(disk, "--offset", Long.toString(MIB))) {
            Tools.run("mkfs.ext4", "-q", part.path().toString());
        }
        mounted(root -> {
            for (String each : List.of("etc/systemd/network", "usr/sbin", "usr/bin", "proc", "sys", "dev", "run")) {
                Files.createDirectories(root.resolve(each));
            }
            Files.writeString(root.resolve("etc/fstab"), fstab);
            Path shell = root.resolve("usr/bin/busybox");
            Files.copy(Path.of("/bin/busybox"), shell);
            shell.toFile().setExecutable(true);
            for (String each : List.of("sh", "env", "sleep", "yes", "dd")) {
                Files.createSymbolicLink(root.resolve("usr/bin/" + each), Path.of("busybox"));
            }
            Path made =
                    Files.writeString(root.resolve("usr/sbin/update-initramfs"), "#!/usr/bin/sh\n" + program + "\n");
            assertThat(made.toFile().setExecutable(true)).isTrue();
            more.run(root);
        });
    }

    private void mounted(InTree todo) throws Exception {
        try (LoopDevice part = LoopDevice.over(disk, "--offset", Long.toString(MIB));
                MountPlace place = MountPlace.make("test")) {
            Tools.run("mount", part.path().toString(), place.root().toString());
            try {
                todo.run(place.root());
            } finally {
                Tools.run("umount", place.root().toString());
            }
        }
    }

    private void adapt(long formerBytes, boolean here) throws Exception {
        SourceDisk source = new SourceDisk(TreePath.parse("disks/disk"), "/disk", formerBytes, 512, "");
        TargetDisk target = new TargetDisk(disk, Files.size(disk), 512, "", "");
        Assignment assignment = new Assignment(List.of(new Assignment.Pair(source, target)));
        Told told = new Told() {
            @Override
            public void did(String text) {
                steps.add(text);
            }

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        try (AttachedTargets attached = AttachedTargets.of(assignment)) {
            new Adaptation(attached.assignment(), new SourceMachine(List.of(source), List.of()), here, told)
                    .run(true, true);
        }
        assertFree();
    }

    /** A loop device ends when nothing is mounted from it, and nobody looks at it. */
    private void assertFree() throws IOException {
        if (Tools.has("udevadm")) {
            Tools.tried("udevadm", "", "settle", "--timeout=60");
        }
        assertThat(LoopDevice.of(disk)).isEmpty();
    }

    // ---- files of this machine

    @Test
    void writesToNoDeviceThatADeviceNodeOfTheDiskNames() throws Exception {
        Path victim = Files.write(work.resolve("victim"), new byte[(int) MIB]);
        try (LoopDevice device = LoopDevice.over(victim)) {
            String[] number = Tools.run(
                            "stat", "--format", "%t %T", device.path().toString())
                    .strip()
                    .split(" ");
            system(
                    FSTAB,
                    "exit 0",
                    root -> Tools.run(
                            "mknod",
                            root.resolve("etc/fstab.before-restore").toString(),
                            "b",
                            "0x" + number[0],
                            "0x" + number[1]));
            adapt(128 * MIB, false);
        }
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("/etc/fstab.before-restore")
                .contains("no text file");
        assertThat(victim).hasBinaryContent(new byte[(int) MIB]);
    }

    @Test
    void writesToNoFileOfThisMachineThatALinkNames() throws Exception {
        String name = Files.readString(Path.of("/proc/sys/kernel/hostname"));
        system(
                FSTAB,
                "exit 0",
                root -> Files.createSymbolicLink(
                        root.resolve("etc/fstab.before-restore"), Path.of("../proc/sys/kernel/hostname")));
        adapt(128 * MIB, false);
        assertThat(Path.of("/proc/sys/kernel/hostname")).hasContent(name.strip());
    }

    @Test
    void waitsForNoFileWithoutEnd() throws Exception {
        system(FSTAB, "exit 0", root -> {
            Tools.run("mkfifo", root.resolve("etc/fstab.before-restore").toString());
            Path modules = Files.createDirectories(root.resolve("usr/lib/modules/1"));
            Files.createSymbolicLink(modules.resolve("modules.dep"), Path.of("/proc/kmsg"));
            Tools.run("mkfifo", modules.resolve("modules.builtin").toString());
        });
        adapt(128 * MIB, true);
        assertThat(warnings).anyMatch(each -> each.contains("/etc/fstab.before-restore"));
    }

    @Test
    void readsNoTableThatIsTooLong() throws Exception {
        system(FSTAB, "exit 0", root -> {
            try (RandomAccessFile file =
                    new RandomAccessFile(root.resolve("etc/fstab").toFile(), "rw")) {
                file.setLength(8L << 30);
            }
        });
        adapt(128 * MIB, false);
        assertThat(warnings).singleElement().asString().contains("/etc/fstab").contains("no text file");
    }

    // ---- programs of the disk

    @Test
    void programsThatStayBehindOrMountEndWithTheFirst() throws Exception {
        system(
                FSTAB,
                "sleep 1000 &\nsleep 1000 </dev/null >/dev/null 2>&1 &\nbusybox mount -t tmpfs mine /run\nexit 0",
                root -> {});
        adapt(128 * MIB, false);
        assertThat(warnings).isEmpty();
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain("mine ");
    }

    @Test
    void programsThatPrintALotEnd() throws Exception {
        system(FSTAB, "dd if=/dev/zero bs=1024k count=64\nexit 1", root -> {});
        adapt(128 * MIB, false);
        assertThat(warnings).singleElement().asString().contains("exit code 1");
    }

    // ---- tables of file systems

    @Test
    void oneFileSystemThatFailsLeavesTheRest() throws Exception {
        system(FSTAB + "/dev/sda1 /var/ ext4 subvol=none 0 0\n", "exit 0", root -> {
            Files.createDirectory(root.resolve("var"));
            Files.delete(root.resolve("run"));
            Files.createSymbolicLink(root.resolve("run"), Path.of("/var/run"));
        });
        adapt(128 * MIB, false);
        assertThat(warnings).singleElement().asString().contains("/var of the restored system was left out");
        assertThat(steps).anyMatch(each -> each.startsWith("Made the initramfs anew"));
    }

    // ---- partition tables

    private String table() throws IOException {
        return Tools.printed("sfdisk", "--dump", disk.toString());
    }

    /** Sectors of the disk with this signature. */
    private void make(long start, long sectors, String... command) throws Exception {
        try (LoopDevice part = LoopDevice.over(
                disk, "--offset", Long.toString(start * 512), "--sizelimit", Long.toString(sectors * 512))) {
            List<String> words = new ArrayList<>(List.of(command).subList(1, command.length));
            words.add(part.path().toString());
            Tools.run(command[0], words.toArray(String[]::new));
        }
    }

    @Test
    void logicalPartitionsOutOfOrderStayAsTheyAre() throws Exception {
        Tools.fed(
                "label: dos\nstart=2048, size=20480, type=83\nstart=22528, type=5\nstart=225280, size=20480, type=82\n"
                        + "start=24576, size=198656, type=83\n",
                "sfdisk",
                "--quiet",
                disk.toString());
        make(225280, 20480, "mkswap");
        make(24576, 198656, "mkfs.ext4", "-q");
        String before = table();
        resize(512 * MIB);
        adapt(128 * MIB, false);
        assertThat(table()).isEqualTo(before);
        assertThat(steps)
                .anyMatch(each -> each.contains("not in the order of their numbers"))
                .noneMatch(each -> each.startsWith("Grew"));
    }

    @Test
    void anMbrGrowsToWhatItCanName() throws Exception {
        Tools.fed(
                "label: dos\nstart=2048, size=204800, type=83\nstart=206848, size=40960, type=82\n",
                "sfdisk",
                "--quiet",
                disk.toString());
        make(2048, 204800, "mkfs.ext4", "-q", "-b", "4096");
        make(206848, 40960, "mkswap", "--label", "my swap");
        resize(3L << 40);
        adapt(128 * MIB, false);
        PartitionTable after = PartitionTable.read(disk).orElseThrow();
        assertThat(after.partitions()).hasSize(2);
        assertThat(after.partitions().getFirst().size()).isGreaterThan((1L << 32) - 1024 * SECTORS);
        assertThat(after.partitions().getLast().end()).isLessThanOrEqualTo(1L << 32);
        assertThat(after.partitions().getLast().size()).isEqualTo(40960);
        try (LoopDevice swap = LoopDevice.over(
                disk, "--offset", Long.toString(after.partitions().getLast().start() * 512))) {
            assertThat(Tools.probe(swap.path())).containsEntry("LABEL", "my swap");
        }
    }

    // ---- targets

    @Test
    void aFileOfHalfASectorMoreIsAsLongAsItsSectors() throws Exception {
        resize(8 * MIB + 1);
        TargetDisk target = TargetDisks.named(disk);
        assertThat(target.bytes()).isEqualTo(8 * MIB);
        try (LoopDevice loop = LoopDevice.over(disk)) {
            assertThat(loop.path()).exists();
            assertThatThrownBy(() -> TargetDisks.named(disk))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is in use: attached as " + loop.path());
        }
        assertFree();
    }
}
