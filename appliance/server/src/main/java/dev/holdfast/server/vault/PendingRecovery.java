package dev.holdfast.server.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.recover.VaultRecovery;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.Vault;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What is left to do of a recovery while the appliance already runs: filling the index. */
final class PendingRecovery {
    private static final System.Logger LOG = System.getLogger(PendingRecovery.class.getName());

    private final String url;
    private final ObjectStore objects;
    private final Journal journal;
    private final ControlDb control;
    private final Vault keys;
    private final Store store;
    private final Status status;
    private volatile VaultRecovery rest;

    private PendingRecovery(
            Vaults.OpenVault vault, ControlDb control, Vault keys, Store store, Status status, VaultRecovery rest) {
        this.url = vault.settings().url();
        this.objects = vault.objects();
        this.journal = vault.journal();
        this.control = control;
        this.keys = keys;
        this.store = store;
        this.status = status;
        this.rest = rest;
    }

    /** Null where nothing is left to do. */
    static @Nullable PendingRecovery of(
            Vaults.OpenVault vault, ControlDb control, Vault keys, Store store, Status status) throws IOException {
        Journal journal = vault.journal();
        if (journal.state("recovering").isEmpty() || journal.state("recovered").isPresent()) {
            return null;
        }
        store.recovering();
        VaultRecovery rest = VaultRecovery.rest(vault.objects(), keys, journal);
        return new PendingRecovery(vault, control, keys, store, status, rest);
    }

    void finish() throws IOException {
        status.begin("recovering the index");
        rest.fillIndex(
                journal, store.archiving(), (what, done, total) -> status.progress(what + " " + done + "/" + total));
        store.recovered(new QuietProgress());
        journal.setState("recovered", Instant.now().toString());
        status.tell("error", "");
        control.audit("appliance", "vault recovered", url, "done");
        status.settle("idle");
    }

    /** The root that is read may be gone, where somebody else goes on writing: the newest has all that it had. */
    void renew() {
        try {
            rest = VaultRecovery.newest(objects, keys, journal);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the vault's newest root could not be read", e);
        }
    }

    /** What a restore of a snapshot needs is entered ahead of the rest. */
    void prepare(StoredSnapshot snapshot) throws IOException {
        if (journal.state("recovered").isPresent()) {
            return;
        }
        var listed = rest.snapshots().get(snapshot.id());
        if (listed != null) {
            rest.prepare(listed, journal, store.archiving());
            store.recoverOwners(snapshot, new QuietProgress());
        }
    }

    private static final class QuietProgress implements IndexRecovery.Progress {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {
            LOG.log(System.Logger.Level.WARNING, what);
        }
    }
}
