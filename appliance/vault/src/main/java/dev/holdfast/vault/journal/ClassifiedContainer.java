package dev.holdfast.vault.journal;

import dev.holdfast.vault.object.StorageClass;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A container whose object is in the vault, and its storage class there.
 *
 * @param bytes length of the object
 * @param since when it was stored, ms since 1970
 * @param classSince when it came to its class, ms since 1970; null where that is not known
 */
public record ClassifiedContainer(
        UUID id,
        StorageClass storageClass,
        long bytes,
        long since,
        @Nullable Long classSince) {}
