package dev.holdfast.vault.upload;

import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;

/**
 * What an upload works with.
 *
 * @param store the vault's objects
 * @param archiving containers of the appliance
 * @param manifests of the appliance's snapshots
 * @param disk where the manifests lie
 */
record UploadContext(
        ObjectStore store,
        VaultKeys keys,
        Journal journal,
        Archiving archiving,
        Manifests manifests,
        Disk disk,
        VaultWriter.Options options) {}
