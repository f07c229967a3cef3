package dev.holdfast.store.check;

import java.util.List;
import java.util.UUID;

/**
 * Something wrong, and whom it hurts.
 *
 * @param file the damaged file
 * @param what what is wrong with it
 * @param hurts the snapshots and paths that cannot be restored whole, as far as they could be told
 */
public record Finding(Kind kind, String file, String what, List<Hurt> hurts) {
    public enum Kind {
        INDEX,
        CONTAINER,
        CHUNK,
        MANIFEST,
        MISSING_CHUNK,
        PAGE,
        /** The database of nodes, tasks and audit; no snapshot needs it. */
        CONTROL
    }

    /**
     * What cannot be restored whole.
     *
     * @param nodeName what the node was called when the snapshot was made
     * @param path of a file; of the first one where {@code more}
     * @param more whether what follows the path in the snapshot is hurt too: a list of files is lost, and their names with it
     */
    public record Hurt(UUID snapshot, int node, String nodeName, String path, boolean more) {
        private static final String MORE = " and what follows it (file names are lost)";

        /** The path as people read it. */
        public String text() {
            return more ? path + MORE : path;
        }
    }
}
