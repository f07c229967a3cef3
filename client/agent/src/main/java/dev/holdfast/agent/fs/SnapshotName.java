package dev.holdfast.agent.fs;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The name of a snapshot that a backup takes of what it reads. Nothing else has such a name, and what has another one is never
 * deleted.
 *
 * @param run 32 hexadecimal digits that only one run of a backup has
 * @param number of the snapshot in that run
 */
public record SnapshotName(String run, int number) {
    private static final String PREFIX = "holdfast-snapshot-";
    private static final String RUN = "[0-9a-f]{32}";
    private static final Pattern HIDDEN = Pattern.compile("\\." + PREFIX + RUN + "-[0-9]{1,6}");

    /** @throws IllegalArgumentException where the run is none */
    public SnapshotName {
        if (!isRun(run) || number < 0) {
            throw new IllegalArgumentException("'" + run + "' is no run of a backup");
        }
    }

    public static String newRun() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    public static boolean isRun(String text) {
        return text.matches(RUN);
    }

    /** For volumes and snapshots of ZFS. */
    public String text() {
        return PREFIX + run + "-" + number;
    }

    /** For a directory beside others. */
    public String hidden() {
        return "." + text();
    }

    /** Whether a directory is a snapshot that a backup took, by its name and what it is. */
    public static boolean isOf(byte[] name, Stat directory) {
        return name.length > PREFIX.length()
                && name[0] == '.'
                && Btrfs.isSubvolume(directory)
                && HIDDEN.matcher(new String(name, StandardCharsets.ISO_8859_1)).matches();
    }
}
