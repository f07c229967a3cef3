package dev.holdfast.agent.fs;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The table of mounted file systems, as Linux has it in {@code /proc/self/mountinfo}; empty where there is none. */
public final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mountinfo");

    /**
     * A line of the table.
     *
     * @param id the mount's own number, until it is unmounted
     * @param device as {@link Stat} has it
     * @param root the directory of the file system that is mounted, null where it has no path
     * @param source what is mounted, as the file system names it: a device, an export
     */
    public record Mount(long id, long device, @Nullable TreePath root, TreePath point, String type, String source) {}

    private final List<Mount> mounts;

    private Mounts(List<Mount> mounts) {
        this.mounts = mounts;
    }

    public static Mounts read() {
        try {
            return parse(Files.readString(TABLE, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // Another system, or no /proc.
            return new Mounts(List.of());
        }
    }

    /** Lines are {@code id parent major:minor root point options [fields] - type source options}; others are left out. */
    static Mounts parse(String table) {
        List<Mount> found = new ArrayList<>();
        for (String line : table.split("\n")) {
            String[] sides = line.split(" - ", 2);
            String[] fields = sides[0].split(" ");
            String[] what = sides.length == 2 ? sides[1].split(" ") : new String[0];
            if (fields.length < 5 || what.length < 2) {
                continue;
            }
            TreePath point = path(fields[4]);
            String[] number = fields[2].split(":");
            try {
                long device = Long.parseLong(number[0]) << 32 | Long.parseLong(number[1]);
                if (point != null) {
                    String source = new String(unescape(what[1]), StandardCharsets.UTF_8);
                    found.add(new Mount(Long.parseLong(fields[0]), device, path(fields[3]), point, what[0], source));
                }
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                // No line that the kernel writes.
            }
        }
        return new Mounts(List.copyOf(found));
    }

    private static @Nullable TreePath path(String escaped) {
        byte[] bytes = unescape(escaped);
        if (bytes.length == 0 || bytes[0] != '/') {
            return null;
        }
        try {
            return TreePath.of(Arrays.copyOfRange(bytes, 1, bytes.length));
        } catch (FormatException e) {
            // The root of a subdirectory that was removed ends in "//deleted".
            return null;
        }
    }

    /** Blanks, tabs, line feeds and backslashes are three octal digits behind a backslash. */
    private static byte[] unescape(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && text.substring(i + 1).matches("(?s)[0-3][0-7]{2}.*")) {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    List<Mount> all() {
        return mounts;
    }

    /** The mount that a path lies on; empty where the system does not tell. */
    public Optional<Mount> onto(TreePath real) {
        return of(SourceMounts.mountId(real), real);
    }

    /** Those that are not hidden behind others at the same place or above it, of those at places that are wanted. */
    public List<Mount> visible(Predicate<TreePath> wanted) {
        return mounts.stream()
                .filter(each ->
                        wanted.test(each.point) && onto(each.point).stream().anyMatch(each::equals))
                .toList();
    }

    /**
     * The mount that a path lies on.
     *
     * @param id its number, 0 where the kernel does not say
     * @param real without symlinks
     */
    Optional<Mount> of(long id, TreePath real) {
        Mount best = null;
        for (Mount each : mounts) {
            if (id != 0 && each.id == id) {
                return Optional.of(each);
            }
            // Of those at one place, the last is on top.
            boolean deeper = best == null || each.point.length() >= best.point.length();
            if (real.startsWith(each.point) && deeper) {
                best = each;
            }
        }
        return Optional.ofNullable(best);
    }
}
