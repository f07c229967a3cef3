package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
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
            "fuse.gvfsd-fuse",
            // Of which nobody says what they are.
            "fuse",
            "fuseblk");

    /** They number a file when they load it, and give it another number when they load it again. */
    private static final Set<String> NO_INODE_NUMBERS = Set.of("vfat", "msdos", "exfat", "fuse", "fuseblk", "davfs");

    /** Writes past the page cache and through it may be mixed in one file, and the former are about as fast. */
    private static final Set<String> DIRECT_WRITES = Set.of("ext4", "xfs");

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

    static boolean writesDirectly(long device) {
        return DIRECT_WRITES.contains(type(device));
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

    /** The kernel tells only that root mounted a block device by a FUSE driver; the device tells which that must be. */
    private static String driven(String device) {
        byte[] start = new byte[SIGNATURE_END];
        try (var in = Files.newInputStream(Path.of(device))) {
            if (in.readNBytes(start, 0, SIGNATURE_END) == SIGNATURE_END) {
                return switch (new String(
                        start, SIGNATURE_START, SIGNATURE_END - SIGNATURE_START, StandardCharsets.ISO_8859_1)) {
                    case "NTFS    " -> "fuse.ntfs-3g";
                    case "EXFAT   " -> "fuse.exfat";
                    default -> "fuseblk";
                };
            }
        } catch (IOException | InvalidPathException e) {
            // Not for this user to read.
        }
        return "fuseblk";
    }

    private static final int SIGNATURE_START = 3;
    private static final int SIGNATURE_END = 11;

    private static Map<Long, String> mounted() {
        Map<Long, String> found = new HashMap<>();
        Mounts.read()
                .all()
                .forEach(each ->
                        found.put(each.device(), each.type().equals("fuseblk") ? driven(each.source()) : each.type()));
        return found;
    }
}
