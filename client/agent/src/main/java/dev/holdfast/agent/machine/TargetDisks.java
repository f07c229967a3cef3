package dev.holdfast.agent.machine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.image.LoopDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The disks of this machine that a restore can write to. */
public final class TargetDisks {
    private static final String COLUMNS = "PATH,TYPE,SIZE,LOG-SEC,MODEL,RO,RM,TRAN,MOUNTPOINT";
    /** A file has none of its own; loop devices have this. */
    private static final int FILE_SECTOR = 512;

    private TargetDisks() {}

    /** Disks that are not in use and are built into the machine: none that are removable or attached by USB. */
    public static List<TargetDisk> free() throws IOException {
        List<TargetDisk> free = new ArrayList<>();
        for (JsonNode each : devices()) {
            Path path = Path.of(each.path("path").asText());
            boolean fixed = !each.path("rm").asBoolean()
                    && !each.path("tran").asText().equals("usb")
                    && !path.toString().matches("/dev/(zram|ram|nbd|fd)[0-9]+");
            if (each.path("type").asText().equals("disk")
                    && fixed
                    && !each.path("ro").asBoolean()
                    && each.path("size").asLong() > 0
                    && uses(each).isEmpty()) {
                free.add(disk(path, each));
            }
        }
        return free;
    }

    /**
     * A disk or file that was named.
     *
     * @throws IllegalArgumentException where it is no whole disk, or is in use
     */
    public static TargetDisk named(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "there is no such disk; 'lsblk' lists them");
        }
        if (Files.isRegularFile(path)) {
            Path file = path.toRealPath();
            String loops = LoopDevice.of(file);
            if (!loops.isEmpty()) {
                throw new IllegalArgumentException(path + " is in use: attached as " + loops.replaceAll("\\s+", ", ")
                        + "; unmount it, or restore to another file");
            }
            return new TargetDisk(file, Files.size(file) / FILE_SECTOR * FILE_SECTOR, FILE_SECTOR, "", content(file));
        }
        Path real = path.toRealPath();
        JsonNode found = null;
        for (JsonNode each : devices()) {
            if (each.path("path").asText().equals(real.toString())) {
                found = each;
            }
        }
        if (found == null) {
            throw new IllegalArgumentException(path + " is no whole disk; 'lsblk' lists disks");
        }
        List<String> uses = uses(found);
        if (!uses.isEmpty()) {
            throw new IllegalArgumentException(
                    path + " is in use: " + String.join(", ", uses) + "; unmount it, or restore to another disk");
        }
        if (found.path("ro").asBoolean()) {
            throw new IllegalArgumentException(path + " is read-only");
        }
        return disk(real, found);
    }

    private static Iterable<JsonNode> devices() throws IOException {
        return Tools.json("lsblk", "--json", "--bytes", "--output", COLUMNS).path("blockdevices");
    }

    /** How a disk is in use: mounted, also read-only, as swap, or as a member of a volume or pool. Empty where it is not. */
    private static List<String> uses(JsonNode device) throws IOException {
        List<String> uses = new ArrayList<>();
        String place = device.path("mountpoint").asText("");
        if (place.equals("[SWAP]")) {
            uses.add("swap on " + device.path("path").asText());
        } else if (!place.isEmpty() && !place.equals("null")) {
            uses.add("mounted at " + place);
        }
        for (JsonNode each : device.path("children")) {
            String type = each.path("type").asText();
            if (type.equals("part")) {
                uses.addAll(uses(each));
            } else {
                uses.add("part of " + each.path("path").asText() + " (" + type + ")");
            }
        }
        if (Tools.fileSystem(Path.of(device.path("path").asText())).orElse("").equals("zfs_member")) {
            uses.add("part of a ZFS pool");
        }
        return uses;
    }

    private static TargetDisk disk(Path path, JsonNode told) throws IOException {
        return new TargetDisk(
                path,
                told.path("size").asLong(),
                told.path("log-sec").asInt(),
                told.path("model").asText("").strip(),
                content(path));
    }

    private static String content(Path path) throws IOException {
        String type = Tools.probe(path).getOrDefault("PTTYPE", "");
        return !type.isEmpty()
                ? "a partition table (" + type + ")"
                : Tools.fileSystem(path).orElse("");
    }
}
