package dev.holdfast.store.envelope;

import java.util.Arrays;

/** What opens a vault. The secret belongs to this object and is wiped on {@link #close()}. */
public record Credential(Kind kind, byte[] secret) implements AutoCloseable {
    public enum Kind {
        PASSPHRASE("passphrase"),
        RECOVERY_KEY("recovery"),
        KEY_FILE("key-file");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    @Override
    public void close() {
        Arrays.fill(secret, (byte) 0);
    }

    /** Never shows the secret. */
    @Override
    public String toString() {
        return "Credential[" + kind + "]";
    }
}
