package dev.holdfast.agent.machine;

import dev.holdfast.agent.image.Command;
import dev.holdfast.agent.machine.PartitionTable.Partition;
import dev.holdfast.agent.machine.RestoredDisk.Part;
import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Gives the room that a larger disk has to its last partition and what lies on it. Swap behind that moves to the end. */
final class Growth {
    /** Less is not worth a change. */
    private static final long LEAST_BYTES = 4 << 20;

    private static final long ALIGN_BYTES = 1 << 20;
    /** Of e2fsck: errors that were corrected. */
    private static final int CORRECTED = 1;

    private static final String PV = "LVM2_member";
    private static final Set<String> GROWING = Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "ntfs", PV);

    private final RestoredDisk disk;
    private final Told told;

    Growth(RestoredDisk disk, Told told) {
        this.disk = disk;
        this.told = told;
    }

    /**
     * Returns by how many extents each volume group has more room now.
     *
     * @param diskBytes of the disk
     */
    Map<String, Long> run(long diskBytes) throws IOException {
        Map<String, Long> groups = new LinkedHashMap<>();
        Optional<PartitionTable> found = PartitionTable.read(disk.device());
        if (found.isEmpty()) {
            growContent(disk.parts().getFirst(), groups);
            return groups;
        }
        PartitionTable table = found.get();
        table.useWholeDisk();
        List<Partition> holding = table.holding();
        if (holding.isEmpty()) {
            return groups;
        }
        Partition last = holding.getLast();
        // A GPT has its second copy at the end.
        long end = Math.min(diskBytes, table.mostBytes()) / ALIGN_BYTES * ALIGN_BYTES - (table.gpt() ? ALIGN_BYTES : 0);
        long more = end - last.end() * table.sectorBytes();
        if (more < LEAST_BYTES) {
            return groups;
        }
        if (disk.part(last.number()).type().equals("swap") && holding.size() > 1) {
            Partition before = holding.get(holding.size() - 2);
            if (!moveSwap(table, last, before, end)) {
                return groups;
            }
            last = before;
        } else if (GROWING.contains(disk.part(last.number()).type())) {
            table.grow(last);
        } else {
            told.did(disk.device() + " has " + ByteText.of(more) + " more, which stay unused: "
                    + what(disk.part(last.number())) + " is at its end");
            return groups;
        }
        disk.look();
        growContent(disk.part(last.number()), groups);
        return groups;
    }

    private static String what(Part part) {
        return part.type().isEmpty() ? "a partition with unknown content" : part.type();
    }

    /** Swap has nothing to keep: it is made again at the end of the disk, by its names, and what was in front of it grows. */
    private boolean moveSwap(PartitionTable table, Partition swap, Partition before, long endBytes) throws IOException {
        if (!GROWING.contains(disk.part(before.number()).type())) {
            told.did("The room behind " + disk.part(before.number()).device() + " stays unused: "
                    + what(disk.part(before.number())) + " is in front of the swap partition");
            return false;
        }
        if (table.renumbers(swap)) {
            told.did("The room behind " + disk.part(swap.number()).device()
                    + " stays unused: logical partitions are not in the order of their numbers");
            return false;
        }
        Map<String, String> names = disk.part(swap.number()).values();
        int sector = table.sectorBytes();
        long align = ALIGN_BYTES / sector;
        long start = (endBytes / sector - swap.size()) / align * align;
        String former = table.dump();
        try {
            move(table, swap, before, start);
        } catch (IOException e) {
            table.load(former);
            disk.look();
            throw e;
        }
        disk.look();
        List<String> words = new ArrayList<>();
        Optional.ofNullable(names.get("UUID")).ifPresent(id -> words.addAll(List.of("--uuid", id)));
        Optional.ofNullable(names.get("LABEL")).ifPresent(label -> words.addAll(List.of("--label", label)));
        words.add(disk.part(swap.number()).device().toString());
        Tools.run("mkswap", words.toArray(String[]::new));
        told.did("Moved the swap partition to the end of " + disk.device());
        return true;
    }

    private static void move(PartitionTable table, Partition swap, Partition before, long start) throws IOException {
        long until = start;
        table.delete(swap.number());
        if (table.logical(swap)) {
            Partition container = table.container().orElseThrow();
            // The table of a logical partition takes sectors in front of it.
            long align = ALIGN_BYTES / table.sectorBytes();
            until = start - align;
            table.change(
                    container.number(),
                    table.logical(before) ? ", +" : "start=" + until + ", size=" + (align + swap.size()));
        }
        table.change(before.number(), ", " + (until - before.start()));
        String uuid = table.gpt() ? ", uuid=" + swap.uuid() : "";
        table.change(swap.number(), "start=" + start + ", size=" + swap.size() + ", type=" + swap.type() + uuid);
    }

    private void growContent(Part part, Map<String, Long> groups) throws IOException {
        Path device = part.device();
        switch (part.type()) {
            case "ext2", "ext3", "ext4" -> {
                Command.Result check = Tools.tried("e2fsck", "", "-f", "-p", device.toString());
                if (check.code() > CORRECTED) {
                    throw new IOException("the file system on " + device + " has errors and was not grown: "
                            + Tools.told(check.output()) + ". Check it: e2fsck -f " + device);
                }
                Tools.run("resize2fs", device.toString());
            }
            case "xfs" -> mounted(part, place -> Tools.run("xfs_growfs", place.toString()));
            case "btrfs" -> mounted(part, place -> Tools.run("btrfs", "filesystem", "resize", "max", place.toString()));
            case "ntfs" -> Tools.fed("y\n", "ntfsresize", "--force", "--force", device.toString());
            case PV -> {
                Optional<String> group = group(device);
                if (group.isEmpty()) {
                    return;
                }
                Volumes.requireOwn(group.get());
                long before = free(device);
                Tools.run("pvresize", device.toString());
                groups.merge(group.get(), free(device) - before, Long::sum);
            }
            default -> {
                return;
            }
        }
        told.did("Grew " + (part.type().equals(PV) ? "the LVM physical volume" : part.type()) + " on "
                + (part.number() == 0
                        ? disk.device().toString()
                        : "partition " + part.number() + " of " + disk.device())
                + " to the size of the disk");
    }

    /** Extents that its volume group has free. */
    private static long free(Path volume) throws IOException {
        return Long.parseLong(Tools.printed("pvs", "--noheadings", "--options", "vg_free_count", volume.toString())
                .strip());
    }

    static Optional<String> group(Path volume) throws IOException {
        String name = Tools.printed("pvs", "--noheadings", "--options", "vg_name", volume.toString())
                .strip();
        return name.isEmpty() ? Optional.empty() : Optional.of(name);
    }

    private interface AtPlace {
        void run(Path place) throws IOException;
    }

    private static void mounted(Part part, AtPlace work) throws IOException {
        try (MountPlace place = MountPlace.make("grow")) {
            place.mount(part.device(), part.type(), place.root());
            work.run(place.root());
        }
    }
}
