package dev.holdfast.fuzz;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.vault.format.Inventory;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.SealedObject;
import java.io.IOException;
import java.util.Arrays;

/** What is read from a bucket before any key has been used: roots, inventories, headers of objects. */
public final class VaultFuzz {
    private VaultFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            SealedObject object = SealedObject.parse(data);
            if (object.bytes() <= 0) {
                throw new IllegalStateException("an object of " + object.bytes() + " bytes");
            }
        } catch (IOException e) {
            // Malformed, and said so.
        }
        try {
            Root.parse(data, 1);
        } catch (IOException e) {
            // Malformed, and said so.
        }
        // Behind the hash, which no fuzzer gets past.
        for (HashAlgorithm algorithm : HashAlgorithm.values()) {
            byte[] hash = algorithm.hash(data);
            byte[] whole = Arrays.copyOf(data, data.length + hash.length);
            System.arraycopy(hash, 0, whole, data.length, hash.length);
            try {
                Inventory.parse(whole, hash);
            } catch (IOException e) {
                // Malformed, and said so.
            }
        }
    }
}
