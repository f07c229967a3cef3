package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.store.Store;
import dev.holdfast.vault.format.Journal;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Which containers lie on the volumes beside the vault: heals those that are damaged there, evicts where room is wanted. */
final class Residence {
    private static final System.Logger LOG = System.getLogger(Residence.class.getName());

    private final String url;
    private final ObjectStore objects;
    private final Journal journal;
    private final ControlDb control;
    private final Store store;
    private final VaultWriter writer;
    private final VaultStatus status;

    Residence(Vaults.OpenVault vault, ControlDb control, Store store, VaultWriter writer, VaultStatus status) {
        this.url = vault.settings().url();
        this.objects = vault.objects();
        this.journal = vault.journal();
        this.control = control;
        this.store = store;
        this.writer = writer;
        this.status = status;
    }

    void heal() throws IOException {
        for (int number : store.archiving().damaged()) {
            String name = String.format("container %08x", number);
            try {
                store.archiving().heal(number);
                LOG.log(System.Logger.Level.WARNING, name + " was damaged and is whole again, from " + url);
                control.audit().append("appliance", "heal", name, "from " + url);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, name + " is damaged and could not be replaced", e);
                control.audit().append("appliance", "heal", name, "failed");
            }
        }
    }

    /**
     * Frees what somebody asked for.
     *
     * @param evictAbove share of the capacity in per cent above which more is freed, 100 for never
     */
    void evict(int evictAbove, BooleanSupplier stopping) throws IOException {
        long asked =
                control.vaults().find(VaultRegistry.FIRST).map(VaultRow::evict).orElse(0L);
        long above = evictAbove == 100 ? 0 : store.usedBytes() - store.capacityBytes() / 100 * evictAbove;
        try {
            long wanted = Math.max(asked, above);
            long freed = wanted <= 0 ? 0 : free(wanted, stopping);
            if (freed > 0) {
                control.audit().append("appliance", "evict", url, freed + " bytes");
            }
            if (asked > 0) {
                status.tell("evicted", freed);
            }
        } finally {
            if (asked > 0) {
                control.vaults().requestEviction(VaultRegistry.FIRST, 0);
            }
        }
    }

    private long free(long wanted, BooleanSupplier stopping) throws IOException {
        // What somebody else may delete by now must not be the only copy.
        writer.join();
        long freed = 0;
        for (Journal.StoredContainer each : journal.coldest(store.archiving().onVolumes())) {
            if (freed >= wanted || stopping.getAsBoolean()) {
                break;
            }
            if (isThere(each)) {
                freed += store.archiving().evict(each.number());
            }
        }
        return freed;
    }

    /** One request a container, against losing the last copy to somebody who tidied up the bucket. */
    private boolean isThere(Journal.StoredContainer container) throws IOException {
        String key = ObjectKind.CONTAINER.key(container.id());
        try {
            if (objects.head(key).bytes() == container.objectBytes()) {
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
