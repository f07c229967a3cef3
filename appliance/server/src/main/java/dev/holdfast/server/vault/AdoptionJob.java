package dev.holdfast.server.vault;

import dev.holdfast.control.db.Events;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.recover.Adoption;
import dev.holdfast.vault.upload.VaultRefusedException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Takes over a vault that an appliance with the same keys left. No other job runs before it is known what is in the
 * vault.
 */
final class AdoptionJob implements VaultJob {
    private static final System.Logger LOG = System.getLogger(AdoptionJob.class.getName());

    private final ServiceState state;
    private final VaultKeys keys;
    private final Store store;
    private final OpenVaults all;

    AdoptionJob(ServiceState state, VaultKeys keys, Store store, OpenVaults all) {
        this.state = state;
        this.keys = keys;
        this.store = store;
        this.all = all;
    }

    @Override
    public boolean due(Round round) throws IOException {
        return !state.readOnly() && Adoption.ordered(state.vault().journal());
    }

    @Override
    public void run(Round round) throws IOException {
        if (!round.asked() && (state.refused() || !round.look() || !state.mayTry())) {
            round.end();
            return;
        }
        if (firstIsRecovering()) {
            state.status().finish("waiting until the recovery from the first vault has filled the index");
            round.end();
            return;
        }
        try {
            adopt();
            return;
        } catch (VaultRefusedException | FormatException e) {
            state.refuse(e);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, state.url() + " could not be taken over; trying again", e);
            state.failed(e);
        }
        round.handled();
        round.end();
    }

    /** Whether this is a copy, and the index is not yet filled from the first vault. */
    private boolean firstIsRecovering() throws IOException {
        if (state.vault().first()) {
            return false;
        }
        Optional<OpenVault> first = all.first();
        return first.isPresent()
                && first.get().use(() -> VaultSetup.recovering(first.get().journal()), false);
    }

    private void adopt() throws IOException {
        String url = state.url();
        state.status().begin("taking over what the appliance before left there");
        Set<UUID> here =
                store.manifests().list().stream().map(StoredSnapshot::id).collect(Collectors.toSet());
        Adoption.Result found;
        try (OpenVaults.Journals others = all.others(state.vault())) {
            found = new Adoption(
                            state.vault().objects(),
                            keys,
                            state.vault().journal(),
                            each -> LOG.log(System.Logger.Level.WARNING, url + ": " + each))
                    .run(store.archiving(), others.list(), here);
        }
        state.control().audit().append("appliance", "vault adopt", url, "root " + found.root());
        Phrase message = found.elsewhere().isEmpty()
                ? Phrase.of("event.vault-adopted")
                : Phrase.of("event.vault-adopted-with-others")
                        .with("others", found.elsewhere().size());
        state.control()
                .events()
                .raise(
                        found.elsewhere().isEmpty() ? Events.Severity.INFO : Events.Severity.WARNING,
                        "vault-adopted",
                        null,
                        message.with("vault", url)
                                .with("snapshots", Phrase.of("found.snapshots").with("count", found.snapshots()))
                                .with(
                                        "containers",
                                        Phrase.of("found.containers").with("count", found.containers())));
        state.notRefused();
        state.retryAtOnce();
        state.status().error(null);
        state.status().finish("idle");
    }
}
