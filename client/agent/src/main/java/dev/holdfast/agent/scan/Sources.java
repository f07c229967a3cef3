package dev.holdfast.agent.scan;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a backup begins at. Paths are kept as they were given, below symlinks too, so that whoever typed a path finds it in
 * the snapshot.
 *
 * @param paths what was asked for, in order, each once; present or not, so that the snapshots of one job stay one series
 * @param present those to walk
 * @param followed each symlink on the way to a source, and the directory that it leads to
 * @param links sources that are symlinks themselves and are stored as such
 * @param missing sources that are not there and were not optional, with the reason
 */
public record Sources(
        List<TreePath> paths,
        List<TreePath> present,
        SortedMap<TreePath, TreePath> followed,
        List<TreePath> links,
        SortedMap<TreePath, String> missing) {

    /** Only these, which are there and lie below no symlink. */
    public static Sources of(TreePath... paths) {
        List<TreePath> sorted = Arrays.stream(paths).sorted().distinct().toList();
        return new Sources(sorted, sorted, new TreeMap<>(), List.of(), new TreeMap<>());
    }

    /**
     * Looks for the paths. Symlinks on the way are followed, the last name only where a slash is behind it.
     *
     * @param optional paths that need not be there
     * @throws IllegalArgumentException where none is there, or a path cannot be one
     */
    public static Sources find(Platform platform, List<byte[]> paths, List<byte[]> optional) throws IOException {
        Finder finder = new Finder(platform);
        for (byte[] path : paths) {
            finder.add(path, false);
        }
        for (byte[] path : optional) {
            finder.add(path, true);
        }
        return finder.found();
    }

    /** What to tell of how the paths were understood; a line each. */
    public List<String> remarks() {
        List<String> lines = new ArrayList<>();
        followed.forEach((link, target) -> lines.add("following the symbolic link " + link + " to " + target));
        for (TreePath link : links) {
            lines.add(
                    link + " is a symbolic link and is stored as one; to store what it leads to, write " + link + "/");
        }
        return lines;
    }

    private static final class Finder {
        private final Platform platform;
        private final TreeSet<TreePath> paths = new TreeSet<>();
        private final TreeSet<TreePath> present = new TreeSet<>();
        private final SortedMap<TreePath, TreePath> followed = new TreeMap<>();
        private final TreeSet<TreePath> links = new TreeSet<>();
        private final SortedMap<TreePath, String> missing = new TreeMap<>();
        private String reason = "";

        Finder(Platform platform) {
            this.platform = platform;
        }

        Sources found() {
            if (present.isEmpty()) {
                throw new PhrasedArgumentException(
                        paths.isEmpty()
                                ? Phrase.of("client.nothing-to-back-up")
                                : Phrase.of("client.nothing-there").with("reason", reason),
                        null);
            }
            return new Sources(List.copyOf(paths), List.copyOf(present), followed, List.copyOf(links), missing);
        }

        void add(byte[] given, boolean optional) throws IOException {
            TreePath path = absolute(given);
            boolean whole = given.length > 0 && given[given.length - 1] == '/';
            paths.add(path);
            try {
                look(path, whole);
                present.add(path);
                missing.remove(path);
            } catch (OsException e) {
                reason = String.valueOf(e.getMessage());
                if (!optional && !present.contains(path)) {
                    missing.put(path, reason);
                }
            }
        }

        /**
         * As it was given, from the root. What stands before a {@code ..} must be resolved to know what that means; so is the
         * working directory, which the system knows only that way.
         */
        private TreePath absolute(byte[] given) throws IOException {
            if (given.length == 0) {
                throw new PhrasedArgumentException(Phrase.of("client.path-empty"), null);
            }
            String text = new String(given, StandardCharsets.ISO_8859_1);
            int up = Math.max(text.lastIndexOf("/../") + 3, text.endsWith("/..") ? text.length() : 0);
            up = up > 2 ? up : text.equals("..") || text.startsWith("../") ? 2 : 0;
            String rest = text.substring(up);
            ByteArrayOutputStream joined = new ByteArrayOutputStream();
            if (up > 0 || !text.startsWith("/")) {
                String base = up > 0 ? text.substring(0, up) : ".";
                try {
                    joined.writeBytes(platform.resolve(base.getBytes(StandardCharsets.ISO_8859_1)));
                } catch (OsException e) {
                    throw new PhrasedArgumentException(
                            Phrase.of("client.path-unusable")
                                    .with("path", TreePath.escape(given))
                                    .with("reason", e),
                            e);
                }
            }
            for (String name : rest.split("/")) {
                if (!name.isEmpty() && !name.equals(".")) {
                    joined.write('/');
                    joined.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
                }
            }
            byte[] bytes = joined.toByteArray();
            int from = 0;
            while (from < bytes.length && bytes[from] == '/') {
                from++;
            }
            try {
                return TreePath.of(Arrays.copyOfRange(bytes, from, bytes.length));
            } catch (FormatException e) {
                throw new IllegalArgumentException(
                        "cannot back up " + TreePath.escape(given) + ": " + e.getMessage(), e);
            }
        }

        /** Notes what is followed on the way. */
        private void look(TreePath path, boolean whole) throws IOException {
            TreePath at = TreePath.ROOT;
            SortedMap<TreePath, TreePath> way = new TreeMap<>();
            List<byte[]> names = path.names();
            for (int i = 0; i < names.size(); i++) {
                TreePath next = at.child(names.get(i));
                boolean last = i == names.size() - 1;
                Stat stat;
                try (Directory directory = platform.open(bytes(at))) {
                    stat = directory.stat(names.get(i));
                }
                if (stat.type() == Stat.Type.SYMLINK && (!last || whole)) {
                    way.put(next, target(next));
                } else if (stat.type() == Stat.Type.SYMLINK) {
                    links.add(path);
                }
                at = next;
            }
            if (whole && !names.isEmpty()) {
                // A slash behind what is no directory means nothing.
                platform.open(bytes(path)).close();
            }
            followed.putAll(way);
        }

        private TreePath target(TreePath link) throws IOException {
            byte[] real = platform.resolve(bytes(link));
            return real.length == 1 ? TreePath.ROOT : TreePath.of(Arrays.copyOfRange(real, 1, real.length));
        }

        private static byte[] bytes(TreePath path) {
            byte[] below = path.toBytes();
            byte[] absolute = new byte[below.length + 1];
            absolute[0] = '/';
            System.arraycopy(below, 0, absolute, 1, below.length);
            return absolute;
        }
    }
}
