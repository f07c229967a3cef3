package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;

/** Deletes containers from the volumes, since the vault holds them, where room is wanted. */
final class Eviction implements VaultJob {
    private static final System.Logger LOG = System.getLogger(Eviction.class.getName());
    /** Per cent of the capacity: nothing is evicted unless somebody asks. */
    private static final int NEVER = 100;

    private final ServiceState state;
    private final Store store;
    private final VaultWriter writer;

    Eviction(ServiceState state, Store store, VaultWriter writer) {
        this.state = state;
        this.store = store;
        this.writer = writer;
    }

    @Override
    public boolean due(Round round) {
        return true;
    }

    @Override
    public void run(Round round) {
        try {
            evict(round.look() ? state.policy().evictAbove() : NEVER);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "nothing could be evicted", e);
            state.status().error(Phrase.why(e));
        }
    }

    /**
     * Frees what somebody asked for.
     *
     * @param evictAbove share of the capacity in per cent above which more is freed, 100 for never
     */
    private void evict(int evictAbove) throws IOException {
        ControlDb control = state.control();
        long asked =
                control.vaults().find(VaultRegistry.FIRST).map(VaultRow::evict).orElse(0L);
        long above = evictAbove == NEVER ? 0 : store.usedBytes() - store.capacityBytes() / 100 * evictAbove;
        try {
            long wanted = Math.max(asked, above);
            long freed = wanted <= 0 ? 0 : free(wanted);
            if (freed > 0) {
                control.audit().append("appliance", "evict", state.url(), freed + " bytes");
            }
            if (asked > 0) {
                state.status().set("evicted", freed);
            }
        } finally {
            if (asked > 0) {
                control.vaults().requestEviction(VaultRegistry.FIRST, 0);
            }
        }
    }

    private long free(long wanted) throws IOException {
        // What somebody else may delete by now must not be the only copy.
        writer.join();
        long freed = 0;
        for (StoredContainer each : state.vault()
                .journal()
                .containers()
                .leastRecentlyRead(store.archiving().onVolumes())) {
            if (freed >= wanted || state.closing()) {
                break;
            }
            if (isThere(each)) {
                freed += store.archiving().evict(each.number());
            }
        }
        return freed;
    }

    /** One request a container, against losing the last copy to somebody who tidied up the bucket. */
    private boolean isThere(StoredContainer container) throws IOException {
        String key = ObjectKind.CONTAINER.key(container.id());
        try {
            if (state.vault().objects().head(key).bytes() == container.objectBytes()) {
                return true;
            }
        } catch (ObjectStoreException e) {
            if (e.kind() != ObjectStoreException.Kind.NOT_FOUND) {
                throw e;
            }
        }
        LOG.log(System.Logger.Level.ERROR, "object " + key + " of the vault is missing or damaged; run vault check");
        return false;
    }
}
