package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The recovery key: who has it, another in its place, and the sheet that says how it brings everything back. */
public final class RecoveryUseCases {
    /** Makes a recovery key in place of the one that is, and returns it as it is printed. */
    public interface NewRecoveryKey {
        /** @param passphrase of the appliance; null where it starts without one */
        String make(@Nullable String passphrase) throws IOException;
    }

    private final ControlDb control;
    private final Engine engine;
    private final NewRecoveryKey newKeys;
    private final SetupRecord record;
    private final AuditTrail audit;

    RecoveryUseCases(ControlDb control, Engine engine, NewRecoveryKey newKeys) {
        this.control = control;
        this.engine = engine;
        this.newKeys = newKeys;
        this.record = new SetupRecord(control);
        this.audit = new AuditTrail(control);
    }

    /** @param key the whole recovery key, as it is printed */
    public record TypedKey(
            @Bound(characters = 200) @Nullable String key) {}

    /**
     * What is needed, beside the key, to get everything back on another machine.
     *
     * @param vaults none where the appliance has none: then the key alone brings nothing back
     */
    public record Sheet(Instant at, String appliance, List<Place> vaults) {}

    /** As {@link Sheet}, with a new key, which is told this once. */
    public record NewSheet(String recoveryKey, Instant at, String appliance, List<Place> vaults) {}

    /**
     * A vault, as a new machine finds it.
     *
     * @param root the newest when the sheet was made: an older one found later is a warning
     * @param command that makes a new appliance of it, with words in capitals to be replaced
     */
    public record Place(String name, String url, String region, long root, String command) {}

    /**
     * Confirms that the recovery key is at hand, by the key itself. It is compared with what opens the keyring, and kept
     * nowhere.
     */
    public void confirm(Actor actor, TypedKey typed) throws IOException {
        prove(actor, "recovery key confirm", typed);
        audit.allowed(actor, "recovery key confirm", "");
    }

    /** Returns the sheet again to a user who gives the key. The answer lacks the key, which the appliance does not store. */
    public Sheet sheet(Actor actor, TypedKey typed) throws IOException {
        prove(actor, "recovery sheet", typed);
        Sheet sheet = new Sheet(Instant.now(), HostName.own(), places());
        audit.allowed(actor, "recovery sheet", "");
        return sheet;
    }

    private void prove(Actor actor, String act, TypedKey typed) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        byte[] secret;
        try {
            secret = RecoveryKey.parse(Objects.requireNonNullElse(typed.key, ""));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        Keyring keyring = engine.directory().keyring();
        try (Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, secret)) {
            Refusals.told(() -> keyring.unlock(credential)).close();
        } catch (UseCaseException e) {
            throw audit.refused(actor, act, "", e);
        }
        record.confirm(keyring);
    }

    /** Makes a new recovery key, which replaces the one before, and the sheet to be printed. */
    public NewSheet replace(Actor actor, @Nullable String passphrase) throws IOException {
        actor.require(Permission.SETTINGS);
        // All that may fail comes before: the key that is replaced does not open the keyring any more.
        List<Place> places = places();
        String host = HostName.own();
        audit.note(actor, "recovery key", "", "asked for a new one");
        try {
            return new NewSheet(newKeys.make(passphrase), Instant.now(), host, places);
        } catch (IOException e) {
            throw audit.refused(actor, "recovery key", "", UseCaseException.conflict(Phrase.why(e)));
        }
    }

    private List<Place> places() throws IOException {
        List<Place> places = new ArrayList<>();
        for (VaultState each : VaultState.all(control, engine.running())) {
            VaultSettings settings = VaultSettings.parse(
                    control.vaults().find(each.name()).orElseThrow().settings());
            places.add(new Place(
                    each.name(),
                    each.url(),
                    settings.region(),
                    each.root(),
                    TypedCommand.applianceElsewhere(settings.recoverCommand().toArray(String[]::new))));
        }
        return List.copyOf(places);
    }
}
