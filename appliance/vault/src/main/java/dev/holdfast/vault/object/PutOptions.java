package dev.holdfast.vault.object;

import java.util.Map;

/**
 * How to store an object.
 *
 * @param ifAbsent fail with {@link ObjectStoreException.Kind#EXISTS} rather than replace an object
 */
public record PutOptions(boolean ifAbsent, StorageClass storageClass, Map<String, String> tags) {
    public static final PutOptions NEW = new PutOptions(true, StorageClass.STANDARD, Map.of());
    public static final PutOptions REPLACE = new PutOptions(false, StorageClass.STANDARD, Map.of());

    public PutOptions {
        tags = Map.copyOf(tags);
    }

    public PutOptions as(StorageClass wanted) {
        return new PutOptions(ifAbsent, wanted, tags);
    }
}
