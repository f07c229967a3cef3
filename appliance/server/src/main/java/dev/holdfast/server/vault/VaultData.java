package dev.holdfast.server.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.remote.VaultContainers;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** What an appliance keeps of its vault: {@code vault/journal.db} and {@code vault/cache/}. */
public final class VaultData {
    private static final long LARGEST_CACHE = 16L << 30;
    /** Of what is free. */
    private static final int CACHE_SHARE = 10;

    private VaultData() {}

    public static Path journal(Path data) {
        return data.resolve("vault/journal.db");
    }

    /**
     * For an appliance that had a vault and is not configured for it now: its containers cannot be read, but their numbers are
     * not given to others.
     */
    public static ContainerArchive numbersOnly(Path data) throws IOException {
        if (!Files.exists(journal(data))) {
            return ContainerArchive.NONE;
        }
        List<Integer> numbers;
        try (Journal journal = new Journal(journal(data))) {
            numbers = journal.numbers();
        }
        return new ContainerArchive() {
            @Override
            public List<Integer> numbers() {
                return numbers;
            }

            @Override
            public Disk.DiskFile open(int number) throws IOException {
                throw new NoSuchFileException(String.format("container %08x", number), null, "the vault is not set");
            }
        };
    }

    static VaultService.Opened open(Path data, VaultSettings settings, ObjectStore objects, Vault keys)
            throws IOException {
        AtomicFile.createDirectory(data.resolve("vault"));
        Journal journal = new Journal(journal(data));
        try {
            long cache = Math.min(LARGEST_CACHE, Files.getFileStore(data).getUsableSpace() / CACHE_SHARE);
            return new VaultService.Opened(
                    settings,
                    objects,
                    journal,
                    new VaultContainers(objects, keys, journal, data.resolve("vault/cache"), cache));
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }
}
