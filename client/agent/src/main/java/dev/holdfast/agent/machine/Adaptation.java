package dev.holdfast.agent.machine;

import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a machine fit its new hardware after its disks were restored: larger disks are used, the installed system finds its disks and
 * its controller, and the firmware finds the system. What fails is told, and the rest is done. Needs root.
 */
public final class Adaptation {
    private static final int END_BYTES = 1 << 20;

    private final Assignment assignment;
    private final SourceMachine machine;
    private final Told told;
    private final boolean here;
    /** Extents that volume groups got. */
    private final Map<String, Long> gained = new HashMap<>();

    /** @param here whether the disks are to start in this machine */
    public Adaptation(Assignment assignment, SourceMachine machine, boolean here, Told told) {
        this.assignment = assignment;
        this.machine = machine;
        this.here = here;
        this.told = told;
    }

    /**
     * Does it.
     *
     * @param grow whether larger disks are used
     * @param boot whether programs of the restored system are run to make it start on other hardware
     */
    public void run(boolean grow, boolean boot) throws IOException {
        List<RestoredDisk> disks = new ArrayList<>();
        try {
            for (Assignment.Pair each : assignment.pairs()) {
                clearEnd(each);
                disks.add(RestoredDisk.open(
                        each.source(), disks.size(), each.target().device()));
            }
            for (int i = 0; grow && i < disks.size(); i++) {
                grow(disks.get(i), assignment.pairs().get(i));
            }
            if (boot) {
                system(disks);
            }
        } finally {
            while (!disks.isEmpty()) {
                disks.removeLast().close();
            }
        }
    }

    /** Some tables and arrays have their marks at the end of a disk: those that were there belong to nothing any more. */
    private static void clearEnd(Assignment.Pair pair) throws IOException {
        int length = (int) Math.min(END_BYTES, pair.larger());
        if (length > 0) {
            try (FileChannel disk = FileChannel.open(pair.target().device(), StandardOpenOption.WRITE)) {
                ByteBuffer zeros = ByteBuffer.allocate(length);
                long from = pair.target().bytes() - length;
                while (zeros.hasRemaining()) {
                    disk.write(zeros, from + zeros.position());
                }
                disk.force(false);
            }
        }
    }

    private void grow(RestoredDisk disk, Assignment.Pair pair) {
        if (pair.larger() > 0) {
            tried(() -> new Growth(disk, told)
                    .run(pair.target().bytes())
                    .forEach((group, extents) -> gained.merge(group, extents, Long::sum)));
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private void tried(Work work) {
        try {
            work.run();
        } catch (IOException | RuntimeException e) {
            told.warning(String.valueOf(e.getMessage()));
        }
    }

    private void system(List<RestoredDisk> disks) {
        tried(() -> {
            try (Volumes volumes = Volumes.open(disks)) {
                List<Part> parts = new ArrayList<>();
                disks.forEach(each -> parts.addAll(each.parts()));
                parts.addAll(volumes.all());
                Optional<InstalledSystem> found = InstalledSystem.find(parts, told);
                if (found.isPresent()) {
                    try (InstalledSystem system = found.get()) {
                        adapt(system, parts, volumes);
                    }
                } else {
                    told.did(
                            "No Linux was found on the disks; what it needs to start here, if anything, is left to you");
                }
                firmware(disks);
            }
        });
    }

    private void adapt(InstalledSystem system, List<Part> parts, Volumes volumes) {
        told.did("Found the installed system on " + system.root().device());
        if (volumes.all().contains(system.root())) {
            tried(() -> Volumes.grow(system.root(), gained, told));
        }
        tried(() -> names(system, parts));
        if (here) {
            tried(() -> interfaces(system));
        }
        tried(() -> initramfs(system));
        if (here) {
            tried(() -> drivers(system));
        }
    }

    private void drivers(InstalledSystem system) throws IOException {
        Path merged = system.at("/usr/lib/modules");
        Path kernels = Files.isDirectory(merged) ? merged : system.at("/lib/modules");
        for (Assignment.Pair each : assignment.pairs()) {
            Path disk = each.target().device();
            List<String> missing = Drivers.missing(Drivers.of(disk), kernels);
            if (!missing.isEmpty()) {
                told.warning("no kernel of the restored system has " + String.join(", ", missing)
                        + ", the driver of " + disk
                        + " in this machine: it cannot start from it. Install a kernel that has it"
                        + " (chroot), or attach the disk to another controller");
            }
        }
    }

    /** A disk is found by its content then, whatever the controller calls it. */
    private void names(InstalledSystem system, List<Part> parts) throws IOException {
        String text = system.read("/etc/fstab");
        StringBuilder changed = new StringBuilder();
        int count = 0;
        for (String line : text.lines().toList()) {
            String named = FstabLine.parse(line)
                    .filter(FstabLine::byOrder)
                    .flatMap(entry -> entry.find(parts)
                            .flatMap(Part::uuid)
                            .map(uuid -> line.replace(entry.what(), "UUID=" + uuid)))
                    .orElse(line);
            changed.append(named).append('\n');
            count += named.equals(line) ? 0 : 1;
        }
        if (count > 0) {
            system.write("/etc/fstab.before-restore", text);
            system.write("/etc/fstab", changed);
            told.did("Named " + count
                    + " file systems by UUID in /etc/fstab; /etc/fstab.before-restore has it as it was");
        }
    }

    private void interfaces(InstalledSystem system) throws IOException {
        Path links = system.at("/etc/systemd/network");
        if (Files.isDirectory(system.at("/etc/systemd")) && !Files.exists(links)) {
            Files.createDirectory(links);
        }
        if (Files.isDirectory(links)) {
            new NetworkNames(machine.interfaces(), told).write(links);
        }
    }

    /** So that it has the drivers of this machine's controllers. */
    private void initramfs(InstalledSystem system) throws IOException {
        if (system.has("update-initramfs")) {
            system.run("update-initramfs", "-u", "-k", "all");
        } else if (system.has("dracut")) {
            system.run("dracut", "--force", "--no-hostonly", "--regenerate-all");
        } else if (system.has("mkinitcpio")) {
            system.run("mkinitcpio", "-P");
        } else {
            told.did("The system has no program that makes an initramfs; it keeps what it has");
            return;
        }
        told.did("Made the initramfs anew, with the drivers that this machine needs");
    }

    private void firmware(List<RestoredDisk> disks) throws IOException {
        Firmware firmware = new Firmware(told, here);
        for (RestoredDisk each : disks) {
            firmware.look(each);
        }
        firmware.finish();
    }
}
