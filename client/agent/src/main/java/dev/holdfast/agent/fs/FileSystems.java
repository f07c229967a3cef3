package dev.holdfast.agent.fs;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the mounted file systems can be relied on for, by device number. What is not listed as mounted, as the subvolumes
 * of btrfs are not, counts as reliable. Safe for use by several threads.
 */
final class FileSystems {
    /** They report the modification time, which everybody can set, as the change time. */
    private static final Set<String> NO_CHANGE_TIMES = Set.of(
            "vfat",
            "msdos",
            "exfat",
            "hfs",
            "davfs",
            "fuse.davfs",
            "fuse.exfat",
            "fuse.sshfs",
            "fuse.curlftpfs",
            "fuse.rclone",
            "fuse.s3fs",
            "fuse.jmtpfs",
            "fuse.simple-mtpfs",
            "fuse.gvfsd-fuse");

    /** They number a file when they load it, and give it another number when they load it again. */
    private static final Set<String> NO_INODE_NUMBERS = Set.of("vfat", "msdos", "exfat", "fuse", "fuseblk", "davfs");

    private static volatile Map<Long, String> types = Map.of();

    private FileSystems() {}

    /** Whether every change of a file moves a time that programs cannot set. */
    static boolean keepsChangeTimes(long device) {
        return !NO_CHANGE_TIMES.contains(type(device));
    }

    /** Whether a file has the same inode number for as long as it exists. */
    static boolean keepsInodeNumbers(long device) {
        String type = type(device);
        return !NO_INODE_NUMBERS.contains(type) && !type.startsWith("fuse.");
    }

    private static String type(long device) {
        String type = types.get(device);
        if (type == null) {
            type = load(device);
        }
        return type;
    }

    /** Device numbers are used again after an unmount, so a table with a new device is read as a whole. */
    private static synchronized String load(long device) {
        String known = types.get(device);
        if (known != null) {
            return known;
        }
        Map<Long, String> loaded = new HashMap<>(mounted());
        String type = loaded.computeIfAbsent(device, unlisted -> "");
        // What is not in the table is kept as unknown, so that it is not looked up for each file.
        types.forEach((each, was) -> {
            if (was.isEmpty()) {
                loaded.putIfAbsent(each, was);
            }
        });
        types = Map.copyOf(loaded);
        return type;
    }

    private static Map<Long, String> mounted() {
        Map<Long, String> found = new HashMap<>();
        Mounts.read().all().forEach(each -> found.put(each.device(), each.type()));
        return found;
    }
}
