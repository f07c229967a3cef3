package dev.holdfast.control.db;

import org.jspecify.annotations.Nullable;

/** A vault as configured; {@code credentials} are sealed. */
public record VaultRow(
        String name, String settings, byte @Nullable [] credentials, long addedAt, long requested, long evict) {}
