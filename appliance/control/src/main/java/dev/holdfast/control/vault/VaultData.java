package dev.holdfast.control.vault;

import dev.holdfast.control.db.VaultRow;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.vault.journal.Journal;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** What an appliance keeps of its vaults: {@code vault/journal.db}, one more journal for each further vault, and a cache. */
public final class VaultData {
    /** Held while journals change their names, and while one is opened that no vault has open. */
    static final Lock NAMES = new ReentrantLock();

    private VaultData() {}

    /** The first vault's, in which containers may lie alone. */
    public static Path journal(Path data) {
        return journal(data, VaultRegistry.FIRST);
    }

    public static Path journal(Path data, String vault) {
        return data.resolve("vault")
                .resolve(vault.equals(VaultRegistry.FIRST) ? "journal.db" : "copy-" + vault + ".db");
    }

    /** The journal of a vault; empty where there is none, or it is of another place than is set now. */
    public static Optional<Path> journal(Path data, VaultRow row) throws IOException {
        Path file = journal(data, row.name());
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String url = VaultSettings.readable(row.settings()).url();
        try (Journal journal = new Journal(file)) {
            return VaultSettings.samePlace(journal.state("url").orElse(url), url)
                    ? Optional.of(file)
                    : Optional.empty();
        }
    }

    public static Path cache(Path data) {
        return data.resolve("vault/cache");
    }

    /** The highest number of a container in any journal, those of vaults that are set no more included. */
    public static int highestNumber(Path data) throws IOException {
        int highest = 0;
        Path directory = data.resolve("vault");
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> journals = Files.newDirectoryStream(directory, "*.db")) {
                for (Path each : journals) {
                    try (Journal journal = new Journal(each)) {
                        highest = Math.max(highest, journal.containers().highestNumber());
                    }
                }
            }
        }
        return highest;
    }

    /**
     * For an appliance that had a vault and is not configured for it now: its containers cannot be read, but their numbers are
     * not given to others.
     */
    public static ContainerArchive numbersOnly(Path data) throws IOException {
        int highest = highestNumber(data);
        if (highest == 0) {
            return ContainerArchive.NONE;
        }
        List<Integer> numbers = List.of();
        if (Files.exists(journal(data))) {
            try (Journal journal = new Journal(journal(data))) {
                numbers = journal.containers().numbers();
            }
        }
        return new NumbersOnly(data, numbers, highest);
    }

    private record NumbersOnly(Path data, List<Integer> numbers, int highestNumber) implements ContainerArchive {
        @Override
        public void dropped(int number) throws IOException {
            NAMES.lock();
            try {
                if (Files.exists(journal(data))) {
                    try (Journal journal = new Journal(journal(data))) {
                        journal.containers().dropped(number);
                    }
                }
            } finally {
                NAMES.unlock();
            }
        }

        @Override
        public Disk.DiskFile open(int number) throws IOException {
            throw new NoSuchFileException(String.format("container %08x", number), null, "the vault is not set");
        }
    }
}
