package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which mounted file systems a backup reads, found before anything is read. */
final class Survey {
    private final Platform platform;
    private final Sources sources;
    private final Excludes excludes;
    private final boolean oneFileSystem;
    private final Set<TreePath> starts = new TreeSet<>();
    private final List<FileSystem> walked = new ArrayList<>();
    private List<Mounts.Mount> visible = List.of();

    /**
     * A file system that is read.
     *
     * @param ofSource whether a source lies on it; others are mounted below one
     * @param starts where the walk comes to it, without symlinks
     */
    record FileSystem(Mounts.Mount mount, boolean ofSource, Set<TreePath> starts) {
        /** In words. */
        String told() {
            return mount.point() + " (" + mount.type() + ")";
        }

        /** Whether files are stored there, rather than made up by the kernel. */
        boolean stores() {
            String source = mount.source();
            return ofSource
                    || source.startsWith("/")
                    || source.contains(":")
                    || mount.type().equals("zfs");
        }
    }

    private Survey(Platform platform, Sources sources, Excludes excludes, boolean oneFileSystem) {
        this.platform = platform;
        this.sources = sources;
        this.excludes = excludes.again();
        this.oneFileSystem = oneFileSystem;
    }

    static Survey of(Platform platform, Sources sources, Excludes excludes, boolean oneFileSystem) {
        Survey survey = new Survey(platform, sources, excludes, oneFileSystem);
        survey.look();
        return survey;
    }

    /** Those that are read. */
    List<FileSystem> walked() {
        return walked;
    }

    /** All mounts at places that the walk comes to, or passes on the way. */
    List<Mounts.Mount> visible() {
        return visible;
    }

    private void look() {
        Set<TreePath> ways = new TreeSet<>(sources.present());
        ways.addAll(sources.followed().keySet());
        ways.addAll(sources.followed().values());
        for (TreePath source : sources.present()) {
            real(source).ifPresent(starts::add);
        }
        ways.addAll(starts);
        Mounts mounts = Mounts.read();
        visible = mounts.visible(point -> ways.stream().anyMatch(way -> way.startsWith(point))
                || starts.stream().anyMatch(point::startsWith));
        Map<Mounts.Mount, FileSystem> found = new LinkedHashMap<>();
        for (TreePath start : starts) {
            Optional<Mounts.Mount> own = mounts.onto(start);
            own.ifPresent(mount -> add(found, mount, true, start));
            for (Mounts.Mount each : visible) {
                boolean below = each.point().startsWith(start) && !each.point().equals(start);
                if (below && own.stream().noneMatch(each::equals) && isWalked(start, each.point())) {
                    add(found, each, false, each.point());
                }
            }
        }
        walked.addAll(found.values());
    }

    private static void add(Map<Mounts.Mount, FileSystem> found, Mounts.Mount mount, boolean ofSource, TreePath start) {
        FileSystem before = found.get(mount);
        Set<TreePath> starts = before == null ? new TreeSet<>() : before.starts;
        starts.add(start);
        found.put(mount, new FileSystem(mount, ofSource || (before != null && before.ofSource), starts));
    }

    private Optional<TreePath> real(TreePath source) {
        try {
            return Optional.of(
                    sources.links().contains(source) && !source.isRoot()
                            ? resolved(source.parent()).child(source.name())
                            : resolved(source));
        } catch (IOException e) {
            // Gone meanwhile, which the walk will tell.
            return Optional.empty();
        }
    }

    private TreePath resolved(TreePath path) throws IOException {
        byte[] real = platform.resolve(View.absolute(path));
        return TreePath.of(Arrays.copyOfRange(real, 1, real.length));
    }

    /** Whether the walk that begins at a place comes to another one below it, as the walker decides it. */
    boolean isWalked(TreePath start, TreePath place) {
        TreePath at = place;
        try {
            if (oneFileSystem && stat(start).device() != stat(place).device()) {
                return false;
            }
        } catch (IOException e) {
            return false;
        }
        while (!at.equals(start) && !at.isRoot()) {
            if (excludes.matches(at, true)) {
                return false;
            }
            at = at.parent();
        }
        return true;
    }

    /** Of what is at a place, whatever is mounted there. */
    Stat stat(TreePath place) throws IOException {
        if (place.isRoot()) {
            try (Directory root = platform.openRoot()) {
                return root.stat();
            }
        }
        try (Directory parent = platform.open(View.absolute(place.parent()))) {
            return parent.stat(place.name());
        }
    }

    boolean isDirectory(TreePath place) {
        try {
            return stat(place).type() == Stat.Type.DIRECTORY;
        } catch (IOException e) {
            return true;
        }
    }

    /** Whether a place is on a mount itself, and not on another one on top. */
    boolean isOn(Mounts.Mount mount, TreePath place) {
        return visible.stream()
                .filter(each -> place.startsWith(each.point()))
                .max((a, b) -> Integer.compare(a.point().length(), b.point().length()))
                .filter(mount::equals)
                .isPresent();
    }
}
