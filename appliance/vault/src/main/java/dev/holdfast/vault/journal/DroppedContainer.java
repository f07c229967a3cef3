package dev.holdfast.vault.journal;

import dev.holdfast.vault.object.StorageClass;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A container that the appliance no longer has, and that a root lists.
 *
 * @param since when its object came to its class, ms since 1970; null where neither is known
 */
public record DroppedContainer(
        int number,
        UUID id,
        int ordinal,
        StorageClass storageClass,
        @Nullable Long since) {}
