package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.lease.Leases;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Enters stored chunks into the index, where another copy may be entered already. Used by the committer's thread, which holds
 * the index's lock of changes; {@link #shared} by any.
 */
final class ChunkEntries {
    private final ChunkIndex index;
    private final Leases leases;
    private volatile boolean shared;
    /** Whether any group was lost; of the committer's thread alone. */
    private boolean lossy;

    ChunkEntries(ChunkIndex index, Leases leases) {
        this.index = index;
        this.leases = leases;
    }

    /** From now on chunks are entered by others than sessions, so that each entry is looked up before it is written. */
    void shared() {
        shared = true;
    }

    /** A group was lost. */
    void lostGroup() {
        lossy = true;
    }

    /**
     * After a lost group a sealed container may have brought a copy of the chunk, and an owner, that must not go. A condemned
     * copy gives way; its owner may be a session's that relies on it.
     */
    void add(ChunkIndex.Batch batch, ChunkId id, Location location) throws IOException {
        Location known = lossy || shared || leases.everCondemned() ? index.find(id) : null;
        enter(batch, id, location, known);
    }

    /** @param known where the index finds the chunk now */
    void enter(ChunkIndex.Batch batch, ChunkId id, Location location, @Nullable Location known) throws IOException {
        if (known == null || known.equals(location)) {
            batch.chunk(id, location);
            return;
        }
        boolean replaces = !leases.counts(known.container());
        if (replaces) {
            batch.chunk(id, location);
            if (leases.isSuspect(known.container())) {
                leases.mend();
            }
        }
        if (known.owner() != location.owner()) {
            // Only who stored it as a page had what it lists checked.
            Location other = replaces ? known : location;
            batch.owner(other.owner(), id, Adoption.unknown(other.kind() == ChunkKind.PAGE));
        }
    }
}
