package dev.holdfast.cloud.remote;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.ObjectFile;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.SealedReader;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Containers that lie in a vault, read by stretches through a local cache. Safe for use by several threads. */
public final class VaultContainers implements ContainerArchive, AutoCloseable {
    private final ObjectStore store;
    private final Vault keys;
    private final Journal journal;
    private final BlockCache cache;
    private final Map<Integer, Long> used = new ConcurrentHashMap<>();
    private final AtomicLong fetched = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();

    /**
     * @param cache directory for what was fetched; its content is deleted
     * @param cacheBytes how much of it is kept
     */
    public VaultContainers(ObjectStore store, Vault keys, Journal journal, Path cache, long cacheBytes)
            throws IOException {
        this.store = store;
        this.keys = keys;
        this.journal = journal;
        this.cache = new BlockCache(cache, cacheBytes);
    }

    @Override
    public void used(int number) {
        used.put(number, System.currentTimeMillis());
    }

    @Override
    public void suspect(int number) throws IOException {
        cache.drop(number);
    }

    /** Notes in the journal what was used lately. */
    public void noteUses() throws IOException {
        for (Integer number : List.copyOf(used.keySet())) {
            Long at = used.remove(number);
            if (at != null) {
                journal.read(number, at);
            }
        }
    }

    /** Bytes that were fetched from the vault. */
    public long fetchedBytes() {
        return fetched.get();
    }

    /** How many stretches they came in. */
    public long requests() {
        return requests.get();
    }

    @Override
    public List<Integer> numbers() throws IOException {
        return journal.numbers();
    }

    @Override
    public Disk.DiskFile open(int number) throws IOException {
        Journal.StoredContainer container = journal.container(number)
                .orElseThrow(() -> new NoSuchFileException("container " + String.format("%08x", number)));
        SealedReader reader = SealedReader.known(
                store, keys, ObjectKind.CONTAINER, container.epoch(), container.id(), container.bytes());
        return new CachedFile(number, reader);
    }

    private final class CachedFile extends ObjectFile {
        private final int number;
        private final SealedReader reader;

        CachedFile(int number, SealedReader reader) {
            super(reader);
            this.number = number;
            this.reader = reader;
        }

        private byte[] read(long from, int count) throws IOException {
            try {
                return reader.read(from, count);
            } catch (ObjectStoreException e) {
                if (e.kind() == ObjectStoreException.Kind.FROZEN) {
                    throw new IOException(
                            "it lies in an archive class of the vault; on the appliance run 'vault thaw SNAPSHOT --wait', then"
                                    + " repeat this",
                            e);
                }
                throw e;
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return cache.read(number, reader.length(), target, position, (from, count) -> {
                byte[] bytes = read(from, count);
                fetched.addAndGet(count);
                requests.incrementAndGet();
                return bytes;
            });
        }
    }

    @Override
    public void close() throws IOException {
        cache.close();
    }
}
