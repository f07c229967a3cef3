package dev.holdfast.vault.journal;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A container's object in the vault.
 *
 * @param number the container's number on this appliance
 * @param bytes length of the container
 * @param objectBytes length of the object
 * @param hash of the object
 * @param ordinal the container's number in the vault's own lists; null before a root lists it
 */
public record StoredContainer(
        int number,
        UUID id,
        int epoch,
        long bytes,
        long objectBytes,
        byte[] hash,
        @Nullable Integer ordinal) {}
