package dev.holdfast.vault.journal;

import java.util.UUID;

/**
 * A manifest's object in the vault.
 *
 * @param committed when the snapshot was committed, ms since 1970
 * @param bytes length of the manifest
 * @param objectBytes length of the object
 * @param hash of the object
 * @param published whether a root lists it
 */
public record StoredManifest(
        UUID id, int node, long committed, int epoch, long bytes, long objectBytes, byte[] hash, boolean published) {}
