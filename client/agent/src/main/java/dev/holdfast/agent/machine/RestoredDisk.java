package dev.holdfast.agent.machine;

import dev.holdfast.agent.image.LoopDevice;
import dev.holdfast.agent.machine.PartitionTable.Partition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A disk with what was restored to it, and the devices of its partitions. Closing it gives back what was set up for that. */
final class RestoredDisk implements AutoCloseable {
    private static final int LETTERS = 26;
    /** Whatever the disk has. */
    private static final int KERNEL_SECTOR = 512;

    private final SourceDisk source;
    private final int order;
    private final Path device;
    private final List<LoopDevice> loops = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();

    /**
     * A partition, or a disk without partitions.
     *
     * @param number 0 for a disk without partitions
     * @param formerly how the machine that was backed up may have named it
     * @param values of blkid: TYPE, UUID, LABEL
     */
    record Part(
            Path disk,
            int number,
            Path device,
            Set<String> formerly,
            boolean esp,
            String partUuid,
            Map<String, String> values) {
        String type() {
            return values.getOrDefault("TYPE", "");
        }

        Optional<String> uuid() {
            return Optional.ofNullable(values.get("UUID"));
        }
    }

    private RestoredDisk(SourceDisk source, int order, Path device) {
        this.source = source;
        this.order = order;
        this.device = device;
    }

    /** @param order among the disks of the machine, from 0 */
    static RestoredDisk open(SourceDisk source, int order, Path device) throws IOException {
        RestoredDisk opened = new RestoredDisk(source, order, device);
        try {
            opened.look();
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** Finds the partitions anew, after the table changed. */
    void look() throws IOException {
        close();
        settle();
        // Fails while any partition is open, as by udev itself. The other way tells the kernel of each one.
        if (Tools.tried("blockdev", "", "--rereadpt", device.toString()).code() != 0) {
            Tools.tried("partx", "", "--update", device.toString());
        }
        settle();
        parts.clear();
        Optional<PartitionTable> table = PartitionTable.read(device);
        if (table.isEmpty()) {
            parts.add(new Part(device, 0, device, Set.of(source.path()), false, "", Tools.probe(device)));
            return;
        }
        for (Partition each : table.get().holding()) {
            Path node = node(table.get(), each);
            parts.add(new Part(
                    device,
                    each.number(),
                    node,
                    formerly(each.number()),
                    table.get().esp(each),
                    each.uuid(),
                    Tools.probe(node)));
        }
    }

    /** Waits for udev, where the system has it. */
    private static void settle() throws IOException {
        if (Tools.has("udevadm")) {
            Tools.tried("udevadm", "", "settle", "--timeout=60");
        }
    }

    /** The kernel's device where there is one; a loop device over the range of the disk otherwise. */
    private Path node(PartitionTable table, Partition partition) throws IOException {
        Path node = Path.of(named(device.toString(), partition.number()));
        long bytes = partition.size() * table.sectorBytes();
        if (Files.exists(node) && bytes(node) == bytes && begins(node, partition.start() * table.sectorBytes())) {
            return node;
        }
        LoopDevice loop = LoopDevice.over(
                device,
                "--offset",
                Long.toString(partition.start() * table.sectorBytes()),
                "--sizelimit",
                Long.toString(bytes));
        loops.add(loop);
        return loop.path();
    }

    private static boolean begins(Path node, long at) throws IOException {
        Path start = Path.of("/sys/class/block", String.valueOf(node.getFileName()), "start");
        return Files.exists(start) && Long.parseLong(Files.readString(start).strip()) * KERNEL_SECTOR == at;
    }

    private static long bytes(Path device) throws IOException {
        return Long.parseLong(
                Tools.run("blockdev", "--getsize64", device.toString()).strip());
    }

    /** Of a disk image, the machine that had it is not known: then as the first disk, second, and so on of any controller. */
    private Set<String> formerly(int partition) {
        if (source.type().equals("disk")) {
            return Set.of(named(source.path(), partition));
        }
        Set<String> names = new LinkedHashSet<>();
        if (order < LETTERS) {
            for (String each : List.of("sd", "vd", "hd", "xvd")) {
                names.add(named("/dev/" + each + (char) ('a' + order), partition));
            }
        }
        names.add(named("/dev/nvme" + order + "n1", partition));
        return names;
    }

    /** {@code /dev/sda} and 1 make {@code /dev/sda1}, {@code /dev/nvme0n1} and 1 {@code /dev/nvme0n1p1}. */
    static String named(String disk, int number) {
        boolean digit = !disk.isEmpty() && Character.isDigit(disk.charAt(disk.length() - 1));
        return disk + (digit ? "p" : "") + number;
    }

    SourceDisk source() {
        return source;
    }

    Path device() {
        return device;
    }

    /** In the order of the disk. */
    List<Part> parts() {
        return List.copyOf(parts);
    }

    Part part(int number) {
        return parts.stream().filter(each -> each.number == number).findFirst().orElseThrow();
    }

    @Override
    public void close() throws IOException {
        while (!loops.isEmpty()) {
            loops.removeLast().close();
        }
    }
}
