package dev.holdfast.store.gc;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Finds, among condemned chunks, those that newer snapshots refer to, and copies them. Used by one thread. */
final class Rescue {
    private final ContainerContents contents;
    private final UnreadableNodes unreadable;
    private final long[] ids;
    private final BitSet wanted;

    /**
     * @param entries all that the condemned containers hold
     * @param unreadable nodes whose newer snapshots cannot be read completely, so that all of their chunks are wanted
     */
    Rescue(ContainerContents contents, List<FrameEntry> entries, UnreadableNodes unreadable) {
        this.contents = contents;
        this.unreadable = unreadable;
        ids = entries.stream()
                .mapToLong(entry -> entry.id().a())
                .sorted()
                .distinct()
                .toArray();
        wanted = new BitSet(ids.length);
    }

    /** A newer snapshot refers to this chunk. */
    void wanted(ChunkId id) {
        int at = Arrays.binarySearch(ids, id.a());
        if (at >= 0) {
            wanted.set(at);
        }
    }

    private boolean isWanted(Census.Container container, FrameEntry entry) throws IOException {
        int at = Arrays.binarySearch(ids, entry.id().a());
        boolean needed = at >= 0 && wanted.get(at) || unreadable.mayNeed(entry.id());
        return needed && contents.pointsTo(container.number(), entry);
    }

    void copyWanted(Census.Container container, Moves moves) throws IOException {
        if (contents.isFrozen(container) && !isStillWanted(container)) {
            // It cannot be read, and need not be.
            return;
        }
        try (ContainerReader from = contents.open(container)) {
            for (FrameEntry entry : from.entries()) {
                if (isWanted(container, entry)) {
                    moves.copy(from, container.number(), entry);
                }
            }
        }
    }

    /** Whether the container holds something wanted that was not copied. */
    boolean isStillWanted(Census.Container container) throws IOException {
        for (FrameEntry entry : contents.frames(container)) {
            if (isWanted(container, entry)) {
                return true;
            }
        }
        return false;
    }
}
