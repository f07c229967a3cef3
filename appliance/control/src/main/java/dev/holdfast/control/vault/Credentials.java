package dev.holdfast.control.vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.oss.OssCredentials;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A vault's credentials, encrypted under the vault key while they lie in the control database. */
public final class Credentials {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NAME = "vault credentials";

    private Credentials() {}

    public static byte @Nullable [] seal(VaultKeys keys, @Nullable OssCredentials credentials) throws IOException {
        return credentials == null
                ? null
                : keys.sealControl(NAME, JSON.writerFor(OssCredentials.class).writeValueAsBytes(credentials));
    }

    /** Seals all with the newest key. */
    public static void reseal(ControlDb control, VaultKeys keys) throws IOException {
        for (VaultRow row : control.vaults().list()) {
            byte[] sealed = row.credentials();
            byte[] resealed = sealed == null ? null : keys.resealControl(NAME, sealed);
            if (resealed != null) {
                control.vaults().put(row.name(), row.settings(), resealed);
            }
        }
    }

    public static @Nullable OssCredentials open(VaultKeys keys, VaultRow row) throws IOException {
        byte[] sealed = row.credentials();
        return sealed == null
                ? OssCredentials.of(System.getenv())
                : JSON.readValue(keys.openControl(NAME, sealed), OssCredentials.class);
    }
}
