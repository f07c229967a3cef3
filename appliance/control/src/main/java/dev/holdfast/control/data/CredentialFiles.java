package dev.holdfast.control.data;

import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The files that hold what opens an appliance's keys. At most one of them is used, in the order of the components; where none
 * is given, the key file in the data directory is.
 *
 * @param passphrase its first line is the passphrase
 * @param recoveryKey the printed recovery key
 * @param keyFile a key file for unattended starts
 */
public record CredentialFiles(
        @Nullable Path passphrase,
        @Nullable Path recoveryKey,
        @Nullable Path keyFile) {
    /** The key file in the data directory. */
    public static final CredentialFiles UNATTENDED = new CredentialFiles(null, null, null);

    /** Whether any file is given. */
    public boolean given() {
        return passphrase != null || recoveryKey != null || keyFile != null;
    }

    /**
     * Reads the credential, which the caller closes.
     *
     * @throws IllegalArgumentException where nothing is given and the data directory has no key file
     */
    public Credential read(DataDirectory directory) throws IOException {
        if (passphrase != null) {
            return passphrase(passphrase);
        }
        if (recoveryKey != null) {
            return recoveryKey(recoveryKey);
        }
        if (keyFile != null) {
            return new Credential(Credential.Kind.KEY_FILE, Files.readAllBytes(keyFile));
        }
        Credential unattended = directory.unattendedKey();
        if (unattended == null) {
            throw new IllegalArgumentException("this appliance opens with a passphrase; give --passphrase-file F");
        }
        return unattended;
    }

    /** Opens the keys, which the caller closes. */
    public VaultKeys unlock(DataDirectory directory) throws IOException {
        try (Credential credential = read(directory)) {
            return directory.keyring().unlock(credential);
        }
    }

    /** Reads a passphrase, which the caller closes. */
    public static Credential passphrase(Path file) throws IOException {
        byte[] line = SecretFile.line(file);
        if (line.length == 0) {
            throw new IllegalArgumentException("the passphrase file " + file + " is empty");
        }
        return new Credential(Credential.Kind.PASSPHRASE, line);
    }

    /** Reads a printed recovery key, which the caller closes. */
    public static Credential recoveryKey(Path file) throws IOException {
        return new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(SecretFile.recoveryKey(file)));
    }
}
