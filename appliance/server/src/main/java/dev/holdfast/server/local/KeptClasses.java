package dev.holdfast.server.local;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** In which classes a vault keeps containers: by its journal or, for those that it does not know, by the vault's policy. */
final class KeptClasses implements VaultRepair.Classes, AutoCloseable {
    private final @Nullable Journal journal;
    private final StorageClass otherwise;

    private KeptClasses(@Nullable Journal journal, StorageClass otherwise) {
        this.journal = journal;
        this.otherwise = otherwise;
    }

    /** @param vault empty for one that the appliance does not have */
    static KeptClasses of(DataDirectory directory, Optional<VaultRow> vault) throws IOException {
        return vault.isEmpty()
                ? new KeptClasses(null, StorageClass.STANDARD)
                : new KeptClasses(
                        new Journal(
                                VaultData.journal(directory.root(), vault.get().name())),
                        VaultSettings.parse(vault.get().settings()).policy().containerClass());
    }

    @Override
    public StorageClass of(UUID container) throws IOException {
        Optional<StoredContainer> known =
                journal == null ? Optional.empty() : journal.containers().find(container);
        return known.isEmpty() || journal == null
                ? otherwise
                : journal.containers().storageClass(known.get().number()).orElse(otherwise);
    }

    @Override
    public void stored(UUID container) throws IOException {
        if (journal != null) {
            journal.containers().classChanged(container, of(container), System.currentTimeMillis());
        }
    }

    @Override
    public void close() throws IOException {
        if (journal != null) {
            journal.close();
        }
    }
}
