package dev.holdfast.server.vault;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.upload.VaultWriter;
import java.nio.file.Path;

/**
 * What vaults are kept up to date with: an appliance that runs.
 *
 * @param data the data directory
 * @param readOnly whether it started as one that only reads
 */
record Served(
        Path data,
        ControlDb control,
        VaultKeys keys,
        VaultWriter.KeyringSource keyring,
        Store store,
        VaultWriter.Guard guard,
        AuditKeeper audit,
        boolean readOnly) {}
