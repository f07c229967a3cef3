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

    public record Hurt(UUID snapshot, String node, String path) {}
}
