package dev.holdfast.control.db;

import org.jspecify.annotations.Nullable;

/**
 * A vault as configured; {@code credentials} are sealed.
 *
 * @param requested the upload that was asked for and not handled yet; 0 for none
 */
public record VaultRow(
        String name, String settings, byte @Nullable [] credentials, long addedAt, long requested, long evict) {}
