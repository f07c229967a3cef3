package dev.holdfast.control.data;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives an appliance that does not run new keys, so that no keyring, recovery key or key file from before opens what is written
 * afterwards. Cut off at any step it leaves an appliance that opens with the key file that is there, and with the
 * passphrase, the old or the new; only the new recovery key may be lost then, and running it again makes another.
 */
public final class KeyRotation {
    private final DataDirectory directory;
    private final Steps steps;

    /** Told of each step before it is done. */
    public interface Steps {
        void before(String step) throws IOException;
    }

    /**
     * What shall open the vault beside a new recovery key.
     *
     * @param passphrase null for none; required where the vault has one
     * @param keyFile where a new key file goes, which must not exist; null for the place of the one that is
     */
    public record Ways(
            @Nullable Credential passphrase, @Nullable Path keyFile) {}

    /**
     * What was done.
     *
     * @param recoveryKey as it is printed; kept nowhere
     * @param generation of the keys
     * @param kinds what opens the vault now
     * @param unsealed why not everything of the control plane is sealed with the new keys yet, null where it is; the next
     *     start tries again
     */
    public record Rotated(
            String recoveryKey,
            int generation,
            List<String> kinds,
            @Nullable String unsealed) {}

    public KeyRotation(DataDirectory directory, Steps steps) {
        this.directory = directory;
        this.steps = steps;
    }

    /** @throws DataDirectory.InUseException while the appliance runs */
    public Rotated run(Credential known, Ways ways) throws Exception {
        try (AutoCloseable _ = directory.lock();
                FileChannel _ = directory.keyringFiles().lock()) {
            steps.before("begin");
            directory.keyringFiles().settle();
            Keyring before = directory.keyring();
            if (before.has(Credential.Kind.PASSPHRASE) && ways.passphrase == null) {
                throw new IllegalArgumentException("the appliance opens with a passphrase, which must be wrapped anew:"
                        + " give --passphrase-file, or --new-passphrase-file for another");
            }
            byte[] secret = Keyring.random(32);
            String printed = RecoveryKey.print(secret);
            List<Credential> opening = new ArrayList<>();
            opening.add(new Credential(Credential.Kind.RECOVERY_KEY, secret));
            if (ways.passphrase != null) {
                opening.add(ways.passphrase);
            }
            Keyring after = before.has(Credential.Kind.KEY_FILE) || ways.keyFile != null
                    ? withKeyFile(before, known, opening, ways.keyFile)
                    : save(before.rotated(known, opening), "keyring");
            String unsealed = reseal(after, opening.getFirst());
            return new Rotated(printed, after.currentGeneration(), after.kinds(), unsealed);
        }
    }

    private Keyring withKeyFile(Keyring before, Credential known, List<Credential> opening, @Nullable Path elsewhere)
            throws IOException {
        Path file = elsewhere == null ? directory.unattendedKeyFile() : elsewhere;
        byte[] content = Keyring.random(32);
        Credential made = new Credential(Credential.Kind.KEY_FILE, content.clone());
        List<Credential> all = new ArrayList<>(opening);
        all.add(made);
        if (elsewhere != null) {
            if (Files.exists(elsewhere)) {
                throw new IllegalArgumentException(elsewhere + " exists; name a key file that does not");
            }
            steps.before("key file");
            AtomicFile.write(file, content, true);
            Keyring after = save(before.rotated(known, all), "keyring");
            steps.before("old key file");
            directory.keyringFiles().removeUnattendedKeyFile();
            return after;
        }
        try (Credential old = directory.unattendedKey()) {
            if (old == null) {
                throw new IllegalArgumentException(
                        "the key file is not in the data directory; give --new-key-file F for"
                                + " the one that replaces it");
            }
            // Both open the new keyring for a moment, since two files cannot be replaced at once.
            all.add(old);
            Keyring both = save(before.rotated(known, all), "keyring");
            steps.before("key file");
            AtomicFile.write(file, content, true);
            return save(both.keeping(made), "keyring without the old key file");
        }
    }

    private Keyring save(Keyring keyring, String what) throws IOException {
        steps.before(what);
        keyring.write(directory.keys().resolve(KeyringFiles.KEYRING));
        for (Path volume : directory.volumes()) {
            steps.before(what + " on " + volume);
            if (KeyringFiles.isPresent(volume, keyring)) {
                keyring.write(volume.resolve(KeyringFiles.KEYRING));
            }
        }
        return keyring;
    }

    private @Nullable String reseal(Keyring keyring, Credential credential) throws IOException {
        try (VaultKeys vault = keyring.unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            control.audit()
                    .append("administrator", "key rotate", vault.id().toString(), "generation " + vault.currentEpoch());
            steps.before("secrets of the control plane");
            try {
                ControlSecrets.reseal(directory.keys(), control, vault);
                return null;
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
        }
    }
}
