package dev.holdfast.server.vault;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultStatus;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is left to do of a recovery while the appliance already runs: filling the index. */
public final class PendingRecovery {
    private static final System.Logger LOG = System.getLogger(PendingRecovery.class.getName());

    /** State in the journal: the one snapshot that was asked for. */
    public static final String ONLY = "only";

    private final String url;
    private final ObjectStore objects;
    private final Journal journal;
    private final ControlDb control;
    private final VaultKeys keys;
    private final Store store;
    private final VaultStatus status;
    private final boolean one;
    private volatile VaultRecovery rest;
    /** What was found missing or damaged, in words. */
    private final List<String> missing;

    private PendingRecovery(
            OpenVault vault,
            ControlDb control,
            VaultKeys keys,
            Store store,
            VaultStatus status,
            VaultRecovery rest,
            boolean one,
            List<String> missing) {
        this.missing = missing;
        this.url = vault.settings().url();
        this.objects = vault.objects();
        this.journal = vault.journal();
        this.one = one;
        this.control = control;
        this.keys = keys;
        this.store = store;
        this.status = status;
        this.rest = rest;
    }

    /** Null where nothing is left to do. */
    static @Nullable PendingRecovery of(
            OpenVault vault, ControlDb control, VaultKeys keys, Store store, VaultStatus status) throws IOException {
        Journal journal = vault.journal();
        if (!VaultSetup.recovering(journal)) {
            return null;
        }
        store.recovering();
        List<String> missing = Collections.synchronizedList(new ArrayList<>());
        VaultRecovery rest = VaultRecovery.rest(vault.objects(), keys, journal, missing::add);
        boolean one = journal.state(ONLY).isPresent();
        return new PendingRecovery(vault, control, keys, store, status, rest, one, missing);
    }

    /** Whether one snapshot alone was asked for. */
    boolean ofOne() {
        return one;
    }

    void finish() throws IOException {
        if (one) {
            // What it needs is entered when it is opened.
            return;
        }
        if (store.unlisted()) {
            status.begin("recovering the list of snapshots");
            lost(rest.list(rest.snapshots().values(), journal, store.manifests()));
            store.listed();
        }
        status.begin("recovering the index");
        rest.fillIndex(
                journal,
                store.archiving(),
                (_, done, total) -> status.progress(
                        Phrase.of("vault.progress-index").with("done", done).with("total", total)));
        status.begin("recovering snapshots");
        lost(rest.bring(
                journal,
                store.manifests(),
                Long.MAX_VALUE,
                (_, done, total) -> status.progress(
                        Phrase.of("vault.progress-snapshots").with("done", done).with("total", total))));
        store.recovered(new QuietProgress());
        journal.setState("recovered", Instant.now().toString());
        status.error(null);
        tell();
        control.audit().append("appliance", "vault recovered", url, "done");
        status.finish("idle");
    }

    /** The message for a snapshot without a manifest. */
    public static String lost(UUID snapshot) {
        return "snapshot " + snapshot + " cannot be recovered: its manifest is missing in the vault, or damaged";
    }

    private void lost(List<UUID> snapshots) {
        snapshots.forEach(each -> missing.add(lost(each)));
    }

    /** The administrator must know what could not be recovered. */
    private void tell() throws IOException {
        List<String> all = List.copyOf(missing);
        all.forEach(each -> LOG.log(System.Logger.Level.WARNING, "recovery from " + url + ": " + each));
        if (!all.isEmpty()) {
            control.events()
                    .raise(
                            Events.Severity.WARNING,
                            "vault-damaged",
                            null,
                            Phrase.of("event.recovery-incomplete")
                                    .with("vault", url)
                                    .with("count", all.size())
                                    .with("first", all.getFirst())
                                    .with("command", TypedCommand.elsewhere("appliance", "vault", "check", url)));
        }
    }

    /** The root that is read may be gone, where somebody else goes on writing: the newest has all that it had. */
    void renew() {
        try {
            rest = VaultRecovery.newest(objects, keys, journal, missing::add);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the vault's newest root could not be read", e);
        }
    }

    /** What a restore of a snapshot needs is entered ahead of the rest. */
    void prepare(StoredSnapshot snapshot) throws IOException {
        if (journal.state("recovered").isPresent()) {
            return;
        }
        rest.prepare(snapshot.id(), journal, store.archiving());
        store.recoverOwners(snapshot, new QuietProgress());
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
