package dev.holdfast.store.ingest;

import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who relies on what: sessions under way, and the containers that the garbage collector condemned or that were found damaged. To a session that began
 * after a container was condemned its chunks are unknown, so that they are stored anew; one that began before may rely on
 * them, and until it has ended nothing of the container is deleted. No clock is involved. Safe for use by several threads.
 */
public final class Leases {
    private final IntSupplier nextContainer;
    private final Set<Lease> open = new HashSet<>();
    private final Map<Integer, Long> condemned = new ConcurrentHashMap<>();
    private final Map<Integer, Long> doubted = new ConcurrentHashMap<>();
    private volatile boolean ever;
    private long epoch;

    Leases(IntSupplier nextContainer) {
        this.nextContainer = nextContainer;
    }

    /** One session's. */
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

    public synchronized Lease open() {
        Lease lease = new Lease(epoch, nextContainer.getAsInt());
        open.add(lease);
        return lease;
    }

    public synchronized int count() {
        return open.size();
    }

    /** Containers from this number on may hold what a session under way stored. */
    public synchronized int firstInUse() {
        return open.stream().mapToInt(lease -> lease.firstContainer).min().orElseGet(nextContainer);
    }

    /** From now on nobody new relies on these; returns what to ask {@link #ended} for. */
    public synchronized long condemn(Collection<Integer> containers) {
        epoch++;
        ever = true;
        containers.forEach(each -> condemned.put(each, epoch));
        return epoch;
    }

    /**
     * These are damaged: whoever backs up from now on sends what they hold again, where he still has it. What he no longer
     * has stays where it is, as good as it is.
     */
    synchronized void doubt(Collection<Integer> containers) {
        epoch++;
        ever = true;
        containers.forEach(each -> doubted.putIfAbsent(each, epoch));
    }

    /** It was healed. */
    void trust(int container) {
        doubted.remove(container);
    }

    public boolean isDoubted(int container) {
        return doubted.containsKey(container);
    }

    public boolean isCondemned(int container) {
        return condemned.containsKey(container);
    }

    /** Whether every session that began before a condemnation has ended. */
    public synchronized boolean ended(long condemnation) {
        return open.stream().noneMatch(lease -> lease.began < condemnation);
    }

    /** It counts again. One that is deleted stays condemned: somebody may still remember it. */
    public synchronized void pardon(int container) {
        condemned.remove(container);
    }

    /** Whether the index may ever have pointed to containers that do not count. */
    boolean everCondemned() {
        return ever;
    }

    /** Whether a session may take a chunk in this container for stored. */
    boolean counts(int container, Lease lease) {
        return isBefore(lease, condemned.get(container)) && isBefore(lease, doubted.get(container));
    }

    private static boolean isBefore(Lease lease, @Nullable Long since) {
        return since == null || lease.began < since;
    }

    /** Whether everybody may. */
    public boolean counts(int container) {
        return !condemned.containsKey(container) && !doubted.containsKey(container);
    }
}
