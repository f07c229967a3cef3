package dev.holdfast.vault.object;

import org.jspecify.annotations.Nullable;

/**
 * What a store says of an object.
 *
 * @param crc64 CRC-64/XZ of the content, where the store tells it; listings do not
 * @param thaw whether an object of a frozen class can be read now
 */
public record StoredObject(String key, long bytes, @Nullable Long crc64, StorageClass storageClass, Thaw thaw) {
    /** Whether a thaw of an object of a frozen class was requested or is complete. */
    public enum Thaw {
        /** No thaw was requested; meaningless for classes that are not frozen. */
        NONE,
        UNDER_WAY,
        DONE
    }

    public boolean readable() {
        return !storageClass.frozen() || thaw == Thaw.DONE;
    }
}
