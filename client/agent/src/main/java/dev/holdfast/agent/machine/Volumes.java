package dev.holdfast.agent.machine;

import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The LVM volume groups on restored disks, active while this is open. */
final class Volumes implements AutoCloseable {
    private static final String PV = "LVM2_member";

    private final Set<String> groups = new LinkedHashSet<>();
    private final List<Part> volumes = new ArrayList<>();

    private Volumes() {}

    static Volumes open(List<RestoredDisk> disks) throws IOException {
        Volumes opened = new Volumes();
        Set<String> found = new LinkedHashSet<>();
        try {
            for (RestoredDisk disk : disks) {
                for (Part each : disk.parts()) {
                    if (each.type().equals(PV)) {
                        Growth.group(each.device()).ifPresent(found::add);
                    }
                }
            }
            for (String group : found) {
                opened.activate(group);
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private void activate(String group) throws IOException {
        requireOwn(group);
        Tools.run("vgchange", "--activate", "y", group);
        groups.add(group);
        for (String line : Tools.printed("lvs", "--noheadings", "--options", "lv_path", group)
                .lines()
                .map(String::strip)
                .filter(each -> each.startsWith("/dev/"))
                .toList()) {
            Path device = Path.of(line);
            volumes.add(new Part(device, 0, device, Set.of(line, mapped(line)), false, "", Tools.probe(device)));
        }
    }

    /** It may be a copy of a group that this machine itself runs on, with the same names and identifiers. */
    static void requireOwn(String group) throws IOException {
        long same = Tools.printed("vgs", "--noheadings", "--options", "vg_uuid", "--select", "vg_name=" + group)
                .lines()
                .filter(line -> !line.isBlank())
                .count();
        boolean active = Tools.printed("lvs", "--noheadings", "--options", "lv_active", group)
                .lines()
                .anyMatch(line -> !line.isBlank());
        if (same != 1 || active) {
            throw new IOException("this machine has a volume group " + group
                    + " of its own; the one on the restored disks is left as it is. The rescue system can adapt it");
        }
    }

    /** {@code /dev/group/volume} is {@code /dev/mapper/group-volume}, too; hyphens in names are doubled there. */
    private static String mapped(String device) {
        String[] names = device.split("/");
        return "/dev/mapper/" + names[2].replace("-", "--") + "-" + names[3].replace("-", "--");
    }

    List<Part> all() {
        return List.copyOf(volumes);
    }

    /**
     * Gives the room that its group got to the volume of the root file system, and grows that. What was free before stays free: it may
     * be meant for snapshots.
     *
     * @param gained extents, by group
     */
    static void grow(Part volume, Map<String, Long> gained, Told told) throws IOException {
        String device = volume.device().toString();
        String group = Tools.printed("lvs", "--noheadings", "--options", "vg_name", device)
                .strip();
        long extents = gained.getOrDefault(group, 0L);
        if (extents > 0) {
            Tools.run("lvextend", "--resizefs", "--extents", "+" + extents, device);
            told.did("Grew the logical volume " + device + " and its file system by what its group got");
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (String group : groups) {
            try {
                Tools.run("vgchange", "--activate", "n", group);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
