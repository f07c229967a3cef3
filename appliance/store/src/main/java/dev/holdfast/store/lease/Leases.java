package dev.holdfast.store.lease;

import dev.holdfast.store.envelope.ChunkId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The backup sessions under way, and the containers that they may rely on. A container that the garbage collector condemned,
 * or that was found damaged, holds nothing for a session that began later: its chunks are stored anew. A session that began
 * before may rely on them, and until it has ended nothing of the container is deleted. The same holds for a page that lists
 * unreadable chunks, wherever the page itself lies. No clock is involved. Safe for use by several threads.
 */
public final class Leases {
    private final IntSupplier nextContainer;
    private final Set<Lease> open = new HashSet<>();
    private final Map<Integer, Long> condemned = new ConcurrentHashMap<>();
    private final Map<Integer, Long> suspects = new ConcurrentHashMap<>();
    /** Pages that list unreadable chunks; replaced as a whole. */
    private volatile Map<ChunkId, Long> distrusted = Map.of();

    private volatile boolean ever;
    private long epoch;
    /** The newest time that something of a suspect container was stored anew; 0 where that was told. */
    private long mended;

    /** @param nextContainer a number above that of every container so far */
    public Leases(IntSupplier nextContainer) {
        this.nextContainer = nextContainer;
    }

    /** One session's; it ends when this is closed. */
    public final class Lease implements AutoCloseable {
        private final long began;
        private final int firstContainer;

        private Lease(long began, int firstContainer) {
            this.began = began;
            this.firstContainer = firstContainer;
        }

        @Override
        public void close() {
            synchronized (Leases.this) {
                open.remove(this);
            }
        }
    }

    /** A session begins. */
    public synchronized Lease open() {
        Lease lease = new Lease(epoch, nextContainer.getAsInt());
        open.add(lease);
        return lease;
    }

    /** Sessions under way. */
    public synchronized int count() {
        return open.size();
    }

    /** Containers from this number on may hold what a session under way stored. */
    public synchronized int firstInUse() {
        return open.stream().mapToInt(lease -> lease.firstContainer).min().orElseGet(nextContainer);
    }

    /** From now on no new session relies on these; returns the condemnation to ask {@link #ended} for. */
    public synchronized long condemn(Collection<Integer> containers) {
        epoch++;
        ever = true;
        containers.forEach(each -> condemned.put(each, epoch));
        return epoch;
    }

    /**
     * These containers are damaged: clients that back up from now on send again what they still have of their chunks. What no
     * client has any more stays where it is.
     */
    public synchronized void suspect(Collection<Integer> containers) {
        epoch++;
        ever = true;
        containers.forEach(each -> suspects.putIfAbsent(each, epoch));
    }

    /**
     * These pages list chunks that cannot be read, and no others do: a client that backs up from now on sends such a page
     * again, and with it the chunks that it lists. Otherwise it would take files that seem unchanged over by their page.
     */
    public synchronized void distrust(Collection<ChunkId> pages) {
        epoch++;
        Map<ChunkId, Long> now = new HashMap<>();
        pages.forEach(page -> now.put(page, distrusted.getOrDefault(page, epoch)));
        distrusted = new ConcurrentHashMap<>(now);
    }

    /** A session sent a page, and all chunks that it lists count for the session. */
    public void accept(ChunkId page, Lease lease) {
        Long since = distrusted.get(page);
        if (since != null && !isBefore(lease, since) && distrusted.remove(page, since)) {
            mend();
        }
    }

    /** Whether a session may take this page, if it is one, for whole. */
    public boolean trusts(ChunkId page, Lease lease) {
        return isBefore(lease, distrusted.get(page));
    }

    /** Something of a suspect container was stored anew, or waits for sessions to end before it may be looked at again. */
    public synchronized void mend() {
        epoch++;
        mended = epoch;
    }

    /** Whether {@link #mend} was called since this was true last, and every session that was under way has ended. */
    public synchronized boolean takeMended() {
        boolean told = mended != 0 && ended(mended);
        if (told) {
            mended = 0;
        }
        return told;
    }

    /** The container was healed. */
    public void trust(int container) {
        suspects.remove(container);
    }

    public boolean isSuspect(int container) {
        return suspects.containsKey(container);
    }

    public boolean isCondemned(int container) {
        return condemned.containsKey(container);
    }

    /** Whether every session that began before a condemnation has ended. */
    public synchronized boolean ended(long condemnation) {
        return open.stream().noneMatch(lease -> lease.began < condemnation);
    }

    /** The container counts again. One that is deleted stays condemned: a session may still remember it. */
    public synchronized void pardon(int container) {
        condemned.remove(container);
    }

    /** Whether the index may ever have pointed to containers that do not count. */
    public boolean everCondemned() {
        return ever;
    }

    /** Whether a session may take a chunk in this container for stored. */
    public boolean counts(int container, Lease lease) {
        return isBefore(lease, condemned.get(container)) && isBefore(lease, suspects.get(container));
    }

    private static boolean isBefore(Lease lease, @Nullable Long since) {
        return since == null || lease.began < since;
    }

    /** Whether every session may. */
    public boolean counts(int container) {
        return !condemned.containsKey(container) && !suspects.containsKey(container);
    }
}
