package dev.holdfast.agent.scan;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks the sources in the order of the manifest: depth first, names sorted as bytes. The directories that lead to a
 * source are visited too, without their other content. Follows no symlink but those on the way to a source, which it
 * visits as the directories that they lead to. Memory is the names of the directories on the way down.
 */
public final class Walker {
    /** Told what the walk finds, on the walking thread. */
    public interface Visitor {
        /**
         * A directory; its content follows, then {@link #leave}.
         *
         * @param parent where it really lies, and {@code name} there: behind a symlink another than {@code path} says
         */
        void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException;

        void leave(TreePath path) throws IOException;

        /** Anything else. */
        void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException;

        void problem(TreePath path, Problem.Kind kind, String detail);
    }

    /** What to walk below a directory: everything, or only these names. */
    private static final class Scope {
        static final Scope ALL = new Scope(true);

        boolean everything;
        final TreeMap<byte[], Scope> only = new TreeMap<>(Arrays::compareUnsigned);

        Scope(boolean everything) {
            this.everything = everything;
        }
    }

    /** How often to look again at a directory that was replaced between two looks. */
    private static final int LOOKS = 3;

    /**
     * A directory that the walk stands in.
     *
     * @param parent where it really lies, null for the root, and {@code name} there
     * @param path where the snapshot has it
     * @param real its path without symlinks
     * @param stat as it was entered
     */
    private record Level(
            DirectoryNode node,
            @Nullable DirectoryNode parent,
            byte[] name,
            TreePath path,
            TreePath real,
            Iterator<byte[]> names,
            Scope scope,
            Stat stat) {}

    private final Scope scope = new Scope(false);
    private final Map<TreePath, TreePath> followed;
    private final Excludes excludes;
    private final boolean oneFileSystem;

    /** @param oneFileSystem whether to stay on the file system that each source lies on */
    public Walker(Sources sources, Excludes excludes, boolean oneFileSystem) {
        this.followed = sources.followed();
        this.excludes = excludes;
        this.oneFileSystem = oneFileSystem;
        for (TreePath source : sources.present()) {
            Scope at = scope;
            for (byte[] name : source.names()) {
                at = at.only.computeIfAbsent(name, n -> new Scope(false));
            }
            at.everything = true;
        }
    }

    /**
     * Walks from the root of the file system.
     *
     * @param top the root; its pool must stay open for as long as anybody uses the nodes the visitor was given
     */
    public void walk(DirectoryNode top, Visitor visitor) throws IOException {
        Deque<Level> levels = new ArrayDeque<>();
        levels.push(new Level(
                top,
                null,
                new byte[0],
                TreePath.ROOT,
                TreePath.ROOT,
                list(top, scope, false),
                scope,
                top.use(Directory::stat)));
        while (true) {
            Level level = levels.element();
            if (level.names.hasNext()) {
                Level below = visit(top, level, level.names.next(), visitor);
                if (below != null) {
                    levels.push(below);
                }
            } else if (levels.size() == 1) {
                return;
            } else {
                levels.pop();
                checkPlace(level, visitor);
                visitor.leave(level.path);
                level.node.release();
            }
        }
    }

    /** @param below whether the directory lies below a source, so that what it holds may be left out */
    private Iterator<byte[]> list(DirectoryNode node, Scope scope, boolean below) throws IOException {
        if (!scope.everything) {
            return scope.only.keySet().iterator();
        }
        List<byte[]> names = node.use(Directory::names);
        byte[] marker = below ? excludes.marker(node, names) : null;
        if (marker != null) {
            return List.of(marker).iterator();
        }
        names.sort(Arrays::compareUnsigned);
        return names.iterator();
    }

    /** What was found in a directory was there under its path only if the directory was. */
    private static void checkPlace(Level level, Visitor visitor) {
        String detail = "moved or removed while its content was listed";
        try {
            if (level.parent == null
                    || level.parent.use(directory -> directory.stat(level.name)).sameFile(level.stat)) {
                return;
            }
            detail = "replaced by another while its content was listed";
        } catch (IOException e) {
            // The name is gone, or what is above it.
        }
        visitor.problem(level.path, Problem.Kind.CHANGED, detail);
    }

    /** Returns the level to descend to, or null. */
    private @Nullable Level visit(DirectoryNode top, Level level, byte[] name, Visitor visitor) throws IOException {
        for (int look = 1; ; look++) {
            try {
                return look(place(top, level, name), visitor, look < LOOKS);
            } catch (ReplacedException e) {
                // Look again at what is there now.
            }
        }
    }

    /** Another directory took the place of the one that was looked at. */
    private static final class ReplacedException extends Exception {
        private static final long serialVersionUID = 1;
    }

    /** A name to look at: in {@code level} for the snapshot, in {@code parent} for the file system. */
    private record Place(Level level, DirectoryNode parent, byte[] name, TreePath path, TreePath real) {}

    private Place place(DirectoryNode top, Level level, byte[] name) {
        TreePath path = level.path.child(name);
        TreePath target = level.scope.only.containsKey(name) ? followed.get(path) : null;
        if (target == null) {
            return new Place(level, level.node, name, path, level.real.child(name));
        }
        if (target.isRoot()) {
            return new Place(level, top, new byte[] {'.'}, path, target);
        }
        DirectoryNode parent = top;
        for (byte[] each : target.parent().names()) {
            parent = parent.child(each);
        }
        return new Place(level, parent, target.name(), path, target);
    }

    private @Nullable Level look(Place place, Visitor visitor, boolean again) throws IOException, ReplacedException {
        Level level = place.level;
        TreePath path = place.path;
        byte[] name = path.name();
        if (path.length() > TreePath.MAX_BYTES) {
            visitor.problem(path, Problem.Kind.UNREADABLE, "its path is longer than " + TreePath.MAX_BYTES + " bytes");
            return null;
        }
        Stat stat;
        try {
            stat = place.parent.use(directory -> directory.stat(place.name));
        } catch (IOException e) {
            boolean vanished = level.scope.everything && e instanceof OsException os && os.vanished();
            visitor.problem(path, vanished ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE, text(e));
            return null;
        }
        boolean directory = stat.type() == Stat.Type.DIRECTORY;
        Scope chosen = level.scope.only.get(name);
        if (chosen == null) {
            // Below it the names chosen beside it no longer matter.
            chosen = Scope.ALL;
        } else if (level.scope.everything) {
            chosen.everything = true;
        }
        if (!excludes.isEmpty() && level.scope.everything && excluded(path, place.real, directory)) {
            return null;
        }
        if (directory && level.scope.everything && SnapshotName.isOf(name, stat)) {
            // Another backup reads it.
            return null;
        }
        if (!directory && level.scope.everything && excludes.tooLarge(stat)) {
            return null;
        }
        if (!directory) {
            visitor.file(place.parent, place.name, path, stat);
            return null;
        }
        boolean crossing = oneFileSystem && level.scope.everything && stat.device() != level.stat.device();
        DirectoryNode node = place.parent.child(place.name, stat);
        Iterator<byte[]> names;
        try {
            names = crossing ? List.<byte[]>of().iterator() : list(node, chosen, level.scope.everything);
        } catch (IOException e) {
            if (again && e instanceof OsException os && os.replaced()) {
                throw new ReplacedException();
            }
            // The directory itself is kept, with its attributes; what it holds cannot be.
            names = List.<byte[]>of().iterator();
            boolean vanished = e instanceof OsException os && os.vanished();
            visitor.problem(path, vanished ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE, text(e));
            if (vanished) {
                return null;
            }
        }
        visitor.enter(place.parent, place.name, path, stat);
        return new Level(node, place.parent, place.name, path, place.real, names, chosen, stat);
    }

    private boolean excluded(TreePath path, TreePath real, boolean directory) {
        return excludes.matches(path, directory) || (!real.equals(path) && excludes.matches(real, directory));
    }

    private static String text(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
