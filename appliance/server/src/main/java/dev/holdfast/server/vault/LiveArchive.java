package dev.holdfast.server.vault;

import dev.holdfast.control.vault.VaultData;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.remote.VaultContainers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the store reads from where a container is on no volume, while vaults come and go: the vaults that are open, and
 * where there is none, nothing but the numbers that are taken. Safe for use by several threads.
 */
final class LiveArchive implements ContainerArchive, AutoCloseable {
    private static final long LARGEST_CACHE = 16L << 30;
    /** Of what is free. */
    private static final int CACHE_SHARE = 10;

    private final Path data;
    private final VaultKeys keys;
    private final int taken;
    /** Made for the first vault, and kept: files that are open read through its cache. */
    private volatile @Nullable VaultContainers containers;

    private volatile ContainerArchive now;

    LiveArchive(Path data, VaultKeys keys) throws IOException {
        this.data = data;
        this.keys = keys;
        this.taken = VaultData.highestNumber(data);
        this.now = VaultData.numbersOnly(data);
    }

    /** Reads from these from now on, the first one first. */
    void readFrom(List<OpenVault> vaults) throws IOException {
        List<VaultContainers.Copy> copies = vaults.stream().map(OpenVault::copy).toList();
        VaultContainers known = containers;
        if (copies.isEmpty()) {
            now = VaultData.numbersOnly(data);
            if (known != null) {
                known.readFrom(copies);
            }
            return;
        }
        if (known == null) {
            long cache = Math.min(LARGEST_CACHE, Files.getFileStore(data).getUsableSpace() / CACHE_SHARE);
            known = new VaultContainers(copies, keys, VaultData.cache(data), cache, taken);
            containers = known;
        } else {
            known.readFrom(copies);
        }
        now = known;
    }

    /** Those of the vaults; null before there was one. */
    @Nullable
    VaultContainers containers() {
        return containers;
    }

    @Override
    public List<Integer> numbers() throws IOException {
        return now.numbers();
    }

    @Override
    public int highestNumber() throws IOException {
        return Math.max(taken, now.highestNumber());
    }

    @Override
    public void used(int number) {
        now.used(number);
    }

    @Override
    public void dropped(int number) throws IOException {
        ContainerArchive told;
        do {
            told = now;
            told.dropped(number);
            // The vault may have come or gone before it was told.
        } while (!told.equals(now));
    }

    @Override
    public void suspect(int number) throws IOException {
        now.suspect(number);
    }

    @Override
    public void list(Set<Integer> numbers, Listing listing) throws IOException {
        now.list(numbers, listing);
    }

    @Override
    public byte[] manifest(UUID snapshot) throws IOException {
        return now.manifest(snapshot);
    }

    @Override
    public Disk.DiskFile open(int number) throws IOException {
        return now.open(number);
    }

    @Override
    public void close() throws IOException {
        VaultContainers known = containers;
        if (known != null) {
            known.close();
        }
    }
}
