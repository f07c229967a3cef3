package dev.holdfast.store.envelope;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * What a vault needs in addition to its epoch keys, 32 bytes each: derived from the vault key until the keys are rotated for the first
 * time, wrapped in the keyring from then on.
 *
 * @param control the newest first; older ones only open
 * @param signing an Ed25519 seed
 */
record Derived(byte[] chunkId, byte[] gear, List<byte[]> control, byte[] signing) {
    static final String CHUNK_ID = "chunk-id";
    static final String GEAR = "gear-table";
    static final String CONTROL = "control";
    static final String SIGNATURE = "signature";

    static Derived from(UUID vault, byte[] vaultKey) {
        byte[] salt = ByteBuffer.allocate(16)
                .putLong(vault.getMostSignificantBits())
                .putLong(vault.getLeastSignificantBits())
                .array();
        return new Derived(
                derive(vaultKey, salt, "holdfast chunk id"),
                derive(vaultKey, salt, "holdfast gear table"),
                List.of(derive(vaultKey, salt, "holdfast control secrets")),
                derive(vaultKey, salt, "holdfast root signature"));
    }

    private static byte[] derive(byte[] vaultKey, byte[] salt, String info) {
        return Aead.derive(vaultKey, salt, info.getBytes(StandardCharsets.US_ASCII))
                .getEncoded();
    }
}
