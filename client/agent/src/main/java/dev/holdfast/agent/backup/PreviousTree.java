package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The previous snapshot, read along with the walk: both go through the same order, so that finding a file's record is a
 * step ahead, in memory bounded by the depth. A previous snapshot that cannot be read is as good as none. Used by one
 * thread.
 */
final class PreviousTree {
    private final long started;
    private @Nullable TreeCursor cursor;
    private TreeCursor.@Nullable Entry current;

    /** @param started when the previous snapshot's walk began, ms since 1970 */
    PreviousTree(TreeCursor cursor, long started) {
        this.started = started;
        this.cursor = cursor;
        advance();
    }

    private void advance() {
        try {
            current = cursor == null ? null : cursor.next();
        } catch (IOException e) {
            System.getLogger(PreviousTree.class.getName())
                    .log(System.Logger.Level.DEBUG, "previous snapshot unreadable, reading files instead", e);
            cursor = null;
            current = null;
        }
    }

    /** The record at {@code path}, if the file is surely in the state recorded. Paths must ascend from call to call. */
    Node.@Nullable Named unchanged(TreePath path, Stat stat) {
        while (current != null
                && (current.node() instanceof Node.More || current.path().compareTo(path) < 0)) {
            advance();
        }
        if (current == null || !current.path().equals(path) || !(current.node() instanceof Node.Named named)) {
            return null;
        }
        // Whatever happens next, this record is used up.
        advance();
        Attributes recorded = named.attributes();
        return stat.matches(recorded) && !racy(stat) ? named : null;
    }

    /** More content of the file just returned, or null. */
    Node.@Nullable More more() {
        if (current != null && current.node() instanceof Node.More more) {
            advance();
            return more;
        }
        return null;
    }

    /** Whether the file changed so shortly before the previous snapshot that it may have changed again unseen. */
    private boolean racy(Stat stat) {
        // Any write moves ctime, which nobody can set; mtime may lie in the future for good.
        return Ticks.millis(stat.ctime()) >= started - Ticks.millis(stat);
    }
}
