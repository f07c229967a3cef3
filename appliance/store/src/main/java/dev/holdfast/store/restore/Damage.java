package dev.holdfast.store.restore;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.ingest.KnownChunks;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The containers in which a restore, an upload, a collection or anything else could not read something. From then on they are
 * suspect: to backups that begin later their chunks are unknown, so that clients send again what they still have. The control
 * layer takes the list and names the files that are affected. Safe for use by several threads.
 */
public final class Damage {
    /** Beyond this the store is lost rather than damaged; the scrub finds the rest. */
    private static final int MAX_CONTAINERS = 10_000;

    private final KnownChunks known;
    private final Map<Integer, String> found = new HashMap<>();
    /** Reported before; each is reported once, until it is whole again. */
    private final Set<Integer> told = new HashSet<>();

    Damage(KnownChunks known) {
        this.known = known;
    }

    /**
     * A frame of a container, or all of it, could not be read back. Errors of disks and networks say nothing about what is
     * stored and are ignored.
     */
    public void report(int container, IOException cause) {
        if (!(cause instanceof FormatException)) {
            return;
        }
        synchronized (this) {
            if (told.size() >= MAX_CONTAINERS || !told.add(container)) {
                return;
            }
            found.put(container, String.valueOf(cause.getMessage()));
        }
        known.suspect(List.of(container));
    }

    /** The container was healed, or was not damaged after all. */
    public synchronized void trust(int container) {
        told.remove(container);
        found.remove(container);
    }

    /** What was reported since the last call: numbers of containers, and what was wrong first. */
    public synchronized Map<Integer, String> take() {
        Map<Integer, String> taken = Map.copyOf(found);
        found.clear();
        return taken;
    }
}
