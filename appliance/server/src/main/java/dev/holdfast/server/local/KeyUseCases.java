package dev.holdfast.server.local;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.KeyRotation;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What opens an appliance's keys: passphrase, recovery key, key file. All but a rotation works beside a running appliance. */
public final class KeyUseCases {
    private final DataDirectory directory;

    public KeyUseCases(DataDirectory directory) {
        this.directory = directory;
    }

    /**
     * What opens the keys.
     *
     * @param opens kinds of credentials
     * @param generation 1 for keys that were never rotated
     * @param unattendedKeyFile whether there is a key file in the data directory
     */
    public record Ways(List<String> opens, int generation, boolean unattendedKeyFile) {}

    public Ways list() throws IOException {
        Keyring keyring = directory.keyring();
        return new Ways(keyring.kinds(), keyring.currentGeneration(), Files.exists(directory.unattendedKeyFile()));
    }

    /** Whether the appliance starts without a passphrase. */
    public boolean startsUnattended() throws IOException {
        return Files.exists(directory.unattendedKeyFile())
                && directory.keyring().has(Credential.Kind.KEY_FILE);
    }

    /** Sets or changes the passphrase. */
    public void setPassphrase(Actor actor, CredentialFiles known, Path file) throws IOException {
        change(actor, "passphrase", known, CredentialFiles.passphrase(file), () -> {});
    }

    /** Shows a recovery key before it replaces the one before. */
    public interface Showing {
        /** @throws IOException where it could not be shown: then the one before stays */
        void show(String recoveryKey) throws IOException;
    }

    /** Makes a recovery key in place of the one that is. */
    public void newRecoveryKey(Actor actor, CredentialFiles known, Showing showing) throws IOException {
        byte[] secret = Keyring.random(32);
        String printed = RecoveryKey.print(secret);
        // Before it counts: the old one opens the keyring until this one could be shown.
        change(
                actor,
                "recovery key",
                known,
                new Credential(Credential.Kind.RECOVERY_KEY, secret),
                () -> showing.show(printed));
    }

    private interface Step {
        void run() throws IOException;
    }

    private void change(Actor actor, String what, CredentialFiles known, Credential added, Step last)
            throws IOException {
        try (Credential another = added;
                Credential opens = Refusals.told(() -> known.read(directory))) {
            directory.changeKeyring(keyring -> {
                Keyring changed = Refusals.told(() -> keyring.with(opens, another));
                audit(actor, what);
                last.run();
                return changed;
            });
        }
    }

    /**
     * Removes the key file for unattended starts.
     *
     * @param passphraseFile proves that the keys open without it
     * @return whether the file was in the data directory
     */
    public boolean removeKeyFile(Actor actor, Path passphraseFile) throws IOException {
        Keyring keyring = directory.keyring();
        if (!keyring.has(Credential.Kind.PASSPHRASE)) {
            throw UseCaseException.conflict("nothing else would open the keyring at a start; set a passphrase first: "
                    + TypedCommand.appliance(directory.root(), "key", "set-passphrase", "--new-passphrase-file", "F"));
        }
        boolean there = Files.exists(directory.unattendedKeyFile());
        if (!there && !keyring.has(Credential.Kind.KEY_FILE)) {
            throw UseCaseException.notFound("the keyring has no key file");
        }
        CredentialFiles passphrase = new CredentialFiles(passphraseFile, null, null);
        Refusals.told(() -> passphrase.unlock(directory)).close();
        audit(actor, "key file removed");
        directory.removeKeyFile();
        return there;
    }

    /**
     * What a rotation made.
     *
     * @param recoveryKey as it is printed; kept nowhere
     * @param unsealed why not every secret is sealed with the new keys yet, null where all are
     */
    public record Rotated(
            String recoveryKey,
            int generation,
            List<String> kinds,
            @Nullable String unsealed) {}

    /**
     * Makes new keys. The appliance must not run.
     *
     * @param newPassphrase null to keep the passphrase that is given, if one is
     * @param newKeyFile null for the place of the one that is
     */
    public Rotated rotate(CredentialFiles known, @Nullable Path newPassphrase, @Nullable Path newKeyFile)
            throws IOException {
        return Refusals.told(() -> {
            try (Credential opens = known.read(directory);
                    Credential made = newPassphrase == null ? null : CredentialFiles.passphrase(newPassphrase)) {
                Credential passphrase = made != null ? made : opens.kind() == Credential.Kind.PASSPHRASE ? opens : null;
                KeyRotation.Rotated done =
                        new KeyRotation(directory, step -> {}).run(opens, new KeyRotation.Ways(passphrase, newKeyFile));
                return new Rotated(done.recoveryKey(), done.generation(), done.kinds(), done.unsealed());
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        });
    }

    private void audit(Actor actor, String what) throws IOException {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.audit().append(actor.text(), "key change", what, "allowed");
        }
    }
}
