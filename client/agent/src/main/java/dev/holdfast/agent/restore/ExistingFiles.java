package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
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

    static @Nullable Stat statOrNull(Directory directory, byte[] name) throws IOException {
        try {
            return directory.stat(name);
        } catch (OsException e) {
            if (e.vanished()) {
                return null;
            }
            throw e;
        }
    }

    static void requireReplaceable(Stat stat) throws IOException {
        if (stat.type() == Stat.Type.DIRECTORY) {
            throw FormatException.corrupt("a directory is in the way; move it aside and restore again");
        }
    }

    /** Whether the policy leaves an existing file in place. */
    boolean keep(TreePath path, Attributes wanted, Stat present, boolean identical) {
        boolean same = identical && sameState(wanted, present);
        boolean keep = switch (policy) {
            case ALWAYS -> false;
            case IF_CHANGED -> same;
            case IF_NEWER -> present.mtime().compareTo(wanted.mtime()) >= 0;
            case NEVER -> true;
        };
        if (keep) {
            stats.skipped.increment();
            if (policy == Overwrite.NEVER && !same) {
                problem(path, "exists already and was left alone (--overwrite never)");
            }
        }
        return keep;
    }

    static boolean sameState(Attributes wanted, Stat present) {
        return present.mtime().equals(wanted.mtime())
                && (present.type() != Stat.Type.FILE || present.size() == wanted.size());
    }
}
