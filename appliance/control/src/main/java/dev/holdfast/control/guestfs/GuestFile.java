package dev.holdfast.control.guestfs;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** What guestfish tells of a file: lines of names and decimal numbers. */
record GuestFile(TreePath path, Map<String, Long> numbers) {
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;

    static GuestFile parse(TreePath path, byte[] printed) {
        Map<String, Long> numbers = new HashMap<>();
        for (String line : new String(printed, StandardCharsets.US_ASCII).split("\n")) {
            String[] words = line.split(": ", 2);
            if (words.length == 2 && words[1].matches("-?[0-9]{1,18}")) {
                numbers.put(words[0].strip(), Long.parseLong(words[1]));
            }
        }
        return new GuestFile(path, numbers);
    }

    private long number(String name) {
        return numbers.getOrDefault(name, 0L);
    }

    private int type() {
        return (int) number("st_mode") & TYPE;
    }

    boolean isDirectory() {
        return type() == DIRECTORY;
    }

    boolean isRegular() {
        return type() == REGULAR;
    }

    long size() {
        return number("st_size");
    }

    SnapshotTree.Entry entry() {
        String kind = switch (type()) {
            case DIRECTORY -> "directory";
            case REGULAR -> "file";
            case LINK -> "symlink";
            default -> "special";
        };
        return new SnapshotTree.Entry(
                path.isRoot() ? "/" : TreePath.escape(path.name()),
                path.toString(),
                kind,
                size(),
                Moments.ofForeign(number("st_mtime_sec"), (int) number("st_mtime_nsec")),
                (int) number("st_mode") & 07777,
                (int) number("st_uid"),
                (int) number("st_gid"),
                false);
    }
}
