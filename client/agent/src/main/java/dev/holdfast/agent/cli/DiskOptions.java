package dev.holdfast.agent.cli;

import dev.holdfast.agent.allocation.AllocatedDisks;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskImages;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.image.ImageFormat;
import dev.holdfast.agent.vm.MachineSource;
import dev.holdfast.agent.vm.VmDisks;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that name disks to back up. */
final class DiskOptions {
    @Option(
            names = "--image",
            paramLabel = "DISK",
            description =
                    "Back up a whole disk instead of paths: a block device, or a disk image file; may be given several"
                            + " times. The snapshot has the bytes of each disk below /disks, in blocks of 256 KiB without those of"
                            + " zeros, and a description of the machine. See restore-disk.")
    private List<Path> images = List.of();

    @Option(
            names = "--image-format",
            paramLabel = "FORMAT",
            description =
                    "Format of the disk image files: raw, qcow2, vhd, vhdx or vmdk. By default each file tells its own.")
    private @Nullable String format;

    @Option(
            names = "--vm",
            paramLabel = "MACHINE",
            description =
                    "Back up the disks of a running virtual machine of QEMU, all at one moment, instead of paths. MACHINE is"
                            + " libvirt:NAME for a machine of libvirt, or the Unix socket of its monitor: qemu-system-... -qmp"
                            + " unix:SOCKET,server=on,wait=off. 'vm list' lists the machines of this host. From the second"
                            + " snapshot on, only what changed is read.")
    private @Nullable String vm;

    @Option(
            names = "--disk",
            paramLabel = "NAME",
            description =
                    "With --vm: back up this disk of the machine; may be given several times. By default all that the"
                            + " machine can write to and that cannot be removed from it. --dry-run lists them.")
    private List<String> names = List.of();

    @Option(
            names = "--guest-agent",
            paramLabel = "SOCKET",
            description =
                    "With --vm SOCKET: the Unix socket of qemu-ga in the machine (libvirt knows it). It freezes the file systems"
                            + " for the moment of the backup. If it does not answer, that is a warning.")
    private @Nullable Path agent;

    @Option(names = "--no-freeze", description = "With --vm: do not ask the guest agent.")
    private boolean noFreeze;

    @Option(
            names = "--scratch",
            paramLabel = "DIR",
            description =
                    "With --vm: where the machine keeps what it overwrites while the backup runs, by default below the state"
                            + " directory, with libvirt beside the machine's first disk. Whoever runs the machine must be able"
                            + " to reach it.")
    private @Nullable Path scratch;

    /** What the last opening told, on whichever thread. */
    private final List<String> remarks = new CopyOnWriteArrayList<>();

    private final AtomicInteger warnings = new AtomicInteger();

    boolean given() {
        return !images.isEmpty() || vm != null;
    }

    /** Block devices and files; none for a running machine. */
    List<Path> paths() {
        return images;
    }

    /** Whether the disks are those of a running machine. */
    boolean ofMachine() {
        return vm != null;
    }

    /** @throws IllegalArgumentException where options do not go together */
    void check() {
        if (vm == null) {
            if (!names.isEmpty() || agent != null || noFreeze || scratch != null) {
                throw new IllegalArgumentException("--disk, --guest-agent, --no-freeze and --scratch go with --vm");
            }
        } else if (!images.isEmpty() || format != null) {
            throw new IllegalArgumentException("give either --vm or --image");
        } else {
            machine(vm).check();
        }
    }

    private MachineSource machine(String machine) {
        return new MachineSource(
                machine, names, Optional.ofNullable(agent), !noFreeze, Optional.ofNullable(scratch), Optional.empty());
    }

    /** What the snapshot will have. */
    List<TreePath> names(Platform platform, Path state) throws IOException {
        if (vm == null) {
            try (Disks disks = images(platform)) {
                return disks.names();
            }
        }
        return Disks.names(listed(vm, state).stream().map(VmDisks.Listed::name).toList());
    }

    /**
     * Opens them.
     *
     * @param all whether blocks are read that file systems have not allocated
     * @param tell takes lines for people
     */
    Disks open(Platform platform, Path state, boolean all, Consumer<String> tell) throws IOException {
        VmDisks.Told told = told(tell);
        if (vm != null) {
            return machine(vm).open(state, told);
        }
        Disks opened = images(platform);
        return all ? opened : AllocatedDisks.of(opened, told::remark);
    }

    private List<VmDisks.Listed> listed(String machine, Path state) throws IOException {
        return machine(machine).list(state, told(line -> {}));
    }

    private DiskImages images(Platform platform) throws IOException {
        return DiskImages.open(platform, images, format == null ? null : ImageFormat.parse(format));
    }

    private VmDisks.Told told(Consumer<String> tell) {
        remarks.clear();
        warnings.set(0);
        return new VmDisks.Told() {
            @Override
            public void remark(String text) {
                remarks.add(text);
                tell.accept(text);
            }

            @Override
            public void warning(String text) {
                warnings.incrementAndGet();
                remark("warning: " + text);
            }
        };
    }

    /** Lines that were told since the disks were opened last. */
    List<String> remarks() {
        return List.copyOf(remarks);
    }

    /** How many of them are warnings. */
    int warnings() {
        return warnings.get();
    }

    /** Prints what would be backed up. */
    void list(Platform platform, Path state, PrintWriter out, boolean json) throws IOException {
        List<VmDisks.Listed> listed = new ArrayList<>();
        if (vm == null) {
            try (Disks disks = images(platform)) {
                disks.all()
                        .forEach(each -> listed.add(new VmDisks.Listed(
                                each.name(), each.source(), each.blocks().size())));
            }
        } else {
            listed.addAll(listed(vm, state));
        }
        long bytes = listed.stream().mapToLong(VmDisks.Listed::bytes).sum();
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("disks", listed.size());
            result.put("bytes", bytes);
            Output.json(out, result);
        } else {
            listed.forEach(
                    each -> out.println(each.source() + ": " + Output.bytes(each.bytes()) + " as " + each.name()));
            out.println("Would back up " + listed.size() + " disks, " + Output.bytes(bytes));
        }
    }
}
