package dev.holdfast.agent.scan;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks the sources in the order of the manifest: depth first, names sorted as bytes. The directories that lead to a
 * source are visited too, without their other content. Follows no symlink. Memory is the names of the directories on the
 * way down.
 */
public final class Walker {
    /** Told what the walk finds, on the walking thread. */
    public interface Visitor {
        /** A directory; its content follows, then {@link #leave}. */
        void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException;

        void leave(TreePath path) throws IOException;

        /** Anything else. */
        void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException;

        void problem(TreePath path, Problem.Kind kind, String detail);
    }

    /** What to walk below a directory: everything, or only these names. */
    private static final class Scope {
        boolean everything;
        final TreeMap<byte[], Scope> only = new TreeMap<>(Arrays::compareUnsigned);
    }

    /** How often to look again at a directory that was replaced between two looks. */
    private static final int LOOKS = 3;

    /** A directory that the walk stands in, {@code stat} as it was entered. */
    private record Level(DirectoryNode node, TreePath path, Iterator<byte[]> names, Scope scope, Stat stat) {}

    private final Scope scope = new Scope();
    private final Excludes excludes;
    private final boolean oneFileSystem;

    /** @param oneFileSystem whether to stay on the file system that each source lies on */
    public Walker(List<TreePath> sources, Excludes excludes, boolean oneFileSystem) {
        this.excludes = excludes;
        this.oneFileSystem = oneFileSystem;
        for (TreePath source : sources) {
            Scope at = scope;
            for (byte[] name : source.names()) {
                at = at.only.computeIfAbsent(name, n -> new Scope());
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
        levels.push(new Level(top, TreePath.ROOT, list(top, scope), scope, top.use(Directory::stat)));
        while (true) {
            Level level = levels.element();
            if (level.names.hasNext()) {
                Level below = visit(level, level.names.next(), visitor);
                if (below != null) {
                    levels.push(below);
                }
            } else if (levels.size() == 1) {
                return;
            } else {
                levels.pop();
                checkPlace(levels.element(), level, visitor);
                visitor.leave(level.path);
                level.node.release();
            }
        }
    }

    private static Iterator<byte[]> list(DirectoryNode node, Scope scope) throws IOException {
        if (!scope.everything) {
            return scope.only.keySet().iterator();
        }
        List<byte[]> names = node.use(Directory::names);
        names.sort(Arrays::compareUnsigned);
        return names.iterator();
    }

    /** What was found in a directory was there under its path only if the directory was. */
    private static void checkPlace(Level above, Level level, Visitor visitor) {
        String detail;
        try {
            byte[] name = level.path.name();
            if (above.node.use(directory -> directory.stat(name)).sameFile(level.stat)) {
                return;
            }
            detail = "replaced by another while its content was listed";
        } catch (IOException e) {
            detail = "moved or removed while its content was listed";
        }
        visitor.problem(level.path, Problem.Kind.CHANGED, detail);
    }

    /** Returns the level to descend to, or null. */
    private @Nullable Level visit(Level level, byte[] name, Visitor visitor) throws IOException {
        for (int look = 1; ; look++) {
            try {
                return look(level, name, visitor, look < LOOKS);
            } catch (ReplacedException e) {
                // Look again at what is there now.
            }
        }
    }

    /** Another directory took the place of the one that was looked at. */
    private static final class ReplacedException extends Exception {
        private static final long serialVersionUID = 1;
    }

    private @Nullable Level look(Level level, byte[] name, Visitor visitor, boolean again)
            throws IOException, ReplacedException {
        TreePath path = level.path.child(name);
        Stat stat;
        try {
            stat = level.node.use(directory -> directory.stat(name));
        } catch (IOException e) {
            boolean vanished = level.scope.everything && e instanceof OsException os && os.vanished();
            visitor.problem(path, vanished ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE, text(e));
            return null;
        }
        boolean directory = stat.type() == Stat.Type.DIRECTORY;
        Scope chosen = level.scope.only.get(name);
        if (chosen == null) {
            chosen = level.scope;
        } else if (level.scope.everything) {
            chosen.everything = true;
        }
        if (!excludes.isEmpty() && level.scope.everything && excludes.matches(path, directory)) {
            return null;
        }
        if (!directory) {
            visitor.file(level.node, name, path, stat);
            return null;
        }
        boolean crossing = oneFileSystem && level.scope.everything && stat.device() != level.stat.device();
        DirectoryNode node = level.node.child(name, stat);
        Iterator<byte[]> names;
        try {
            names = crossing ? List.<byte[]>of().iterator() : list(node, chosen);
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
        visitor.enter(level.node, name, path, stat);
        return new Level(node, path, names, chosen.everything ? everything(chosen) : chosen, stat);
    }

    /** Below a chosen directory the names chosen beside it no longer matter. */
    private static Scope everything(Scope scope) {
        if (scope.only.isEmpty()) {
            return scope;
        }
        Scope all = new Scope();
        all.everything = true;
        return all;
    }

    private static String text(IOException e) {
        return String.valueOf(e.getMessage());
    }
}
