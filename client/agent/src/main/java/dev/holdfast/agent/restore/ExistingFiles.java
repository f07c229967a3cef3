package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.fs.Xattrs;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What to do about files that are there already, by the policy chosen. Safe for use by several threads. */
record ExistingFiles(Overwrite policy, RestoreStats stats, Restore.Reporter reporter) {
    void problem(TreePath path, @Nullable String what) {
        stats.problems.increment();
        reporter.problem(path, String.valueOf(what));
    }

    void stripped(TreePath path, String what) {
        stats.problems.increment();
        stats.stripped.increment();
        reporter.stripped(path, what);
    }

    /** Notes what the target did not take of an entry that it has; told once for each kind, at the end. */
    void lost(TreePath path, List<String> kinds) {
        kinds.forEach(kind -> stats.lost(kind, path));
    }

    static @Nullable Stat statOrNull(Directory directory, byte[] name) throws IOException {
        try {
            return directory.stat(name);
        } catch (OsException e) {
            // Under a name that the file system cannot have there is nothing.
            if (e.vanished() || e.ofName()) {
                return null;
            }
            throw e;
        }
    }

    static void requireReplaceable(Stat stat) throws IOException {
        if (stat.type() == Stat.Type.DIRECTORY) {
            throw FormatException.corrupt("a directory is in the way; move it aside and rerun the restore");
        }
    }

    /**
     * Whether the policy leaves an existing entry alone.
     *
     * @param identical whether it is sure to be the same, but for its attributes
     */
    boolean keep(TreePath path, Attributes wanted, Stat present, boolean identical) {
        boolean keep = switch (policy) {
            case ALWAYS, IF_CHANGED, QUICK -> false;
            case IF_NEWER -> present.mtime().compareTo(wanted.mtime()) >= 0;
            case NEVER -> true;
        };
        if (keep) {
            stats.skipped.increment();
            if (policy == Overwrite.NEVER && !(identical && sameState(wanted, present))) {
                problem(path, "exists already and was left alone (--overwrite never)");
            }
        }
        return keep;
    }

    static boolean sameState(Attributes wanted, Stat present) {
        return present.mtime().equals(wanted.mtime())
                && (present.type() != Stat.Type.FILE || present.size() == wanted.size());
    }

    /** Something whose attributes may have to be set. */
    interface Settable {
        Stat stat() throws IOException;

        List<Xattr> xattrs() throws IOException;

        List<String> apply(Attributes attributes) throws IOException;
    }

    /**
     * Gives an entry that stays the attributes of the snapshot, if it has others.
     *
     * @param recorded as the snapshot has them
     * @param wanted what of these the restore may set
     * @return whether it had others
     */
    boolean settle(TreePath path, Settable entry, Attributes recorded, Attributes wanted) throws IOException {
        Stat stat = entry.stat();
        List<Xattr> xattrs = entry.xattrs();
        if (sameAttributes(recorded, stat, xattrs) || sameAttributes(wanted, stat, xattrs)) {
            return false;
        }
        lost(path, entry.apply(wanted));
        return true;
    }

    private static boolean sameAttributes(Attributes a, Stat present, List<Xattr> xattrs) {
        return (present.type() == Stat.Type.SYMLINK || a.mode() == present.mode())
                && (a.uid() == -1 || a.uid() == present.uid())
                && (a.gid() == -1 || a.gid() == present.gid())
                && a.mtime().equals(present.mtime())
                && Xattrs.same(a.xattrs(), xattrs);
    }

    static Settable named(Directory directory, byte[] name, Stat.Type type) {
        return new Settable() {
            @Override
            public Stat stat() throws IOException {
                return directory.stat(name);
            }

            @Override
            public List<Xattr> xattrs() throws IOException {
                return directory.xattrs(name);
            }

            @Override
            public List<String> apply(Attributes attributes) throws IOException {
                return directory.apply(name, type, attributes);
            }
        };
    }

    static Settable open(Directory.FileHandle file) {
        return new Settable() {
            @Override
            public Stat stat() throws IOException {
                return file.stat();
            }

            @Override
            public List<Xattr> xattrs() throws IOException {
                return file.xattrs();
            }

            @Override
            public List<String> apply(Attributes attributes) throws IOException {
                return file.apply(attributes);
            }
        };
    }
}
