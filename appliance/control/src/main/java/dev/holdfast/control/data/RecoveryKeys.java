package dev.holdfast.control.data;

import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Replaces the recovery key of an appliance. Safe for use by several threads. */
public final class RecoveryKeys {
    private final DataDirectory directory;

    public RecoveryKeys(DataDirectory directory) {
        this.directory = directory;
    }

    /**
     * Makes a recovery key in place of the one that is; returns it as it is printed.
     *
     * @param passphrase of the appliance; null where it starts without one
     */
    public synchronized String replace(@Nullable String passphrase) throws IOException {
        byte[] secret = Keyring.random(32);
        String printed = RecoveryKey.print(secret);
        try (Credential known = known(passphrase);
                Credential added = new Credential(Credential.Kind.RECOVERY_KEY, secret)) {
            directory.changeKeyring(keyring -> keyring.with(known, added));
        }
        return printed;
    }

    private Credential known(@Nullable String passphrase) throws IOException {
        if (passphrase != null && !passphrase.isEmpty()) {
            return new Credential(Credential.Kind.PASSPHRASE, passphrase.getBytes(StandardCharsets.UTF_8));
        }
        Credential unattended = directory.unattendedKey();
        if (unattended == null) {
            throw new IOException("this appliance opens with a passphrase; give it");
        }
        return unattended;
    }
}
