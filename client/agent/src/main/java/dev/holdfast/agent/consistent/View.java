package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The file tree of this machine with snapshots in place of what they were taken of, as if they were mounted there. What is mounted
 * below a snapshot is not in it, so that each such place is led to where it lives, or to a snapshot of its own.
 */
final class View {
    private static final byte[] SELF = {'.'};

    private final Platform live;
    private final TreeMap<TreePath, Target> targets = new TreeMap<>();
    /** Those directly in a directory, by their names. */
    private final Map<TreePath, Map<String, Target>> below = new TreeMap<>();

    private volatile boolean ended;

    View(Platform live) {
        this.live = live;
    }

    /**
     * Where a place leads.
     *
     * @param path of a directory or, where that is so, of something else
     */
    private record Target(TreePath path, boolean directory, Devices devices) {}

    /** Leads a place to a directory of a snapshot, or to something else in one; the first word counts. */
    void put(TreePath place, TreePath path, boolean directory, Devices devices) {
        Target target = new Target(path, directory, devices);
        if (targets.putIfAbsent(place, target) == null && !place.isRoot()) {
            below.computeIfAbsent(place.parent(), parent -> new TreeMap<>()).put(key(place.name()), target);
        }
    }

    /** Leads a place to where it lives, unless it leads to a snapshot. */
    void putLive(TreePath place, boolean directory) {
        put(place, place, directory, Devices.SAME);
    }

    /** Makes everything fail that is asked from now on: the backup ends. */
    void end() {
        ended = true;
    }

    void requireOpen() {
        if (ended) {
            throw new CancellationException("interrupted");
        }
    }

    Directory root() throws IOException {
        Target target = targets.get(TreePath.ROOT);
        return target == null
                ? new MergedDirectory(this, live.openRoot(), TreePath.ROOT, Devices.SAME)
                : new MergedDirectory(this, open(target), TreePath.ROOT, target.devices);
    }

    /** A directory as it is shown: itself where nothing in it or below it is shown otherwise. */
    Directory shown(Directory directory, TreePath place, Devices devices) {
        TreePath next = targets.higherKey(place);
        boolean plain = devices.equals(Devices.SAME) && (next == null || !next.startsWith(place));
        return plain ? directory : new MergedDirectory(this, directory, place, devices);
    }

    /** What leads from names in a directory elsewhere. */
    Redirects from(TreePath place) {
        return new Redirects(place, below.getOrDefault(place, Map.of()));
    }

    private Directory open(Target target) throws IOException {
        return live.open(absolute(target.path));
    }

    static byte[] absolute(TreePath path) {
        byte[] below = path.toBytes();
        byte[] absolute = new byte[below.length + 1];
        absolute[0] = '/';
        System.arraycopy(below, 0, absolute, 1, below.length);
        return absolute;
    }

    private static String key(byte[] name) {
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    /** Something to do with a name in a directory. */
    interface Use<T> {
        T with(Directory directory, byte[] name, Devices devices) throws IOException;
    }

    /** The names of one directory that lead elsewhere. */
    final class Redirects {
        private final TreePath place;
        private final Map<String, Target> targets;

        private Redirects(TreePath place, Map<String, Target> targets) {
            this.place = place;
            this.targets = targets;
        }

        private @Nullable Target of(byte[] name) {
            return targets.isEmpty() ? null : targets.get(key(name));
        }

        boolean lead(byte[] name) {
            return of(name) != null;
        }

        /** @param name that leads elsewhere */
        Directory open(byte[] name) throws IOException {
            Target target = Objects.requireNonNull(of(name));
            return shown(View.this.open(target), place.child(name), target.devices);
        }

        /** Uses what a name leads to. */
        <T> T use(byte[] name, Use<T> use) throws IOException {
            Target target = Objects.requireNonNull(of(name));
            TreePath opened = target.directory ? target.path : target.path.parent();
            try (Directory directory = live.open(absolute(opened))) {
                return use.with(directory, target.directory ? SELF : target.path.name(), target.devices);
            }
        }

        Stat stat(byte[] name) throws IOException {
            return use(name, (directory, own, devices) -> devices.asLive(directory.stat(own)));
        }
    }
}
