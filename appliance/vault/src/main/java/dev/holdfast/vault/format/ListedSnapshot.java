package dev.holdfast.vault.format;

import dev.holdfast.store.snapshot.StoredSnapshot;

/**
 * A snapshot of a vault and the object of its manifest, without the containers that it needs: those of all snapshots
 * together would be too many to hold.
 *
 * @param bytes length of the manifest
 * @param objectBytes length of the manifest's object
 * @param hash of the manifest's object
 */
public record ListedSnapshot(StoredSnapshot snapshot, int epoch, long bytes, long objectBytes, byte[] hash) {}
