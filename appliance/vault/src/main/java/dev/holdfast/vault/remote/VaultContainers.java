package dev.holdfast.vault.remote;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Containers that lie in a vault, read in ranges through a local cache; where the vault fails, from a copy that has
 * them too. Safe for use by several threads.
 */
public final class VaultContainers implements ContainerArchive, AutoCloseable {
    private final VaultKeys keys;
    private final Journal journal;
    private final List<Copy> copies;
    private final int taken;
    private final BlockCache cache;
    private final Map<Integer, Long> used = new ConcurrentHashMap<>();
    /** Damaged in the vault, and read from a copy. */
    private final Set<Integer> damaged = ConcurrentHashMap.newKeySet();

    private final AtomicLong fetched = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();

    /** A vault, and the journal that knows which containers are in it. */
    public record Copy(ObjectStore store, Journal journal) {}

    /**
     * @param copies the vault, and then others that may hold some of its containers
     * @param cache directory for what was fetched; its content is deleted
     * @param cacheBytes how much of it is kept
     */
    public VaultContainers(List<Copy> copies, VaultKeys keys, Path cache, long cacheBytes) throws IOException {
        this(copies, keys, cache, cacheBytes, 0);
    }

    /** @param taken no container gets this number or a lower one */
    public VaultContainers(List<Copy> copies, VaultKeys keys, Path cache, long cacheBytes, int taken)
            throws IOException {
        this.taken = taken;
        this.keys = keys;
        this.copies = List.copyOf(copies);
        this.journal = copies.getFirst().journal;
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

    /** Notes in the journal which containers were read since the last call. */
    public void noteUses() throws IOException {
        for (Integer number : List.copyOf(used.keySet())) {
            Long at = used.remove(number);
            if (at != null) {
                journal.containers().read(number, at);
            }
        }
    }

    /** Containers that are missing or damaged in the vault, and were read from a copy instead. */
    public List<Integer> damaged() {
        return List.copyOf(damaged);
    }

    /**
     * Stores a container again in the vault, from a copy of it.
     *
     * @return the key of the object, and where it came from; empty where no copy has it whole
     */
    public Optional<Phrase> repair(int number) throws IOException {
        StoredContainer container =
                journal.containers().find(number).orElseThrow(() -> new NoSuchFileException("container " + number));
        String key = ObjectKind.CONTAINER.key(container.id());
        StorageClass kept = journal.containers().storageClass(number).orElse(StorageClass.STANDARD);
        for (Copy copy : copies.subList(1, copies.size())) {
            if (copied(copy, key, container, kept)) {
                damaged.remove(number);
                journal.containers().classChanged(container.id(), kept, System.currentTimeMillis());
                return Optional.of(
                        Phrase.of("vault.stored-again").with("object", key).with("copy", copy.store.url()));
            }
        }
        // Noticed again when it is read again.
        damaged.remove(number);
        return Optional.empty();
    }

    private boolean copied(Copy from, String key, StoredContainer container, StorageClass kept) throws IOException {
        try {
            return SealedReader.copy(from.store, copies.getFirst().store, key, container.hash(), kept);
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.FROZEN) {
                return false;
            }
            throw e;
        }
    }

    /** Bytes that were fetched from the vault. */
    public long fetchedBytes() {
        return fetched.get();
    }

    /** How many ranges were fetched. */
    public long requests() {
        return requests.get();
    }

    @Override
    public List<Integer> numbers() throws IOException {
        return journal.containers().numbers();
    }

    @Override
    public void dropped(int number) throws IOException {
        for (Copy copy : copies) {
            copy.journal.containers().dropped(number);
        }
        cache.drop(number);
    }

    @Override
    public int highestNumber() throws IOException {
        int highest = taken;
        for (Copy copy : copies) {
            highest = Math.max(highest, copy.journal.containers().highestNumber());
        }
        return highest;
    }

    @Override
    public Disk.DiskFile open(int number) throws IOException {
        List<Copied> readers = new ArrayList<>();
        for (Copy copy : copies) {
            Optional<StoredContainer> there = copy.journal.containers().find(number);
            if (there.isPresent()) {
                readers.add(new Copied(
                        SealedReader.known(
                                copy.store,
                                keys,
                                ObjectKind.CONTAINER,
                                there.get().epoch(),
                                there.get().id(),
                                there.get().bytes()),
                        copy.store.url()));
            }
        }
        if (readers.isEmpty()) {
            throw new NoSuchFileException("container " + String.format("%08x", number));
        }
        return new CachedFile(number, readers);
    }

    @Override
    public void list(Set<Integer> numbers, Listing listing) throws IOException {
        Map<UUID, Integer> wanted = new HashMap<>();
        for (Copy copy : copies) {
            wanted.clear();
            for (int number : numbers) {
                copy.journal.containers().find(number).ifPresent(there -> wanted.put(there.id(), number));
            }
            byte[] root = copy.journal.root();
            if (root == null || wanted.isEmpty()) {
                continue;
            }
            Parts parts = new Parts(copy.store, keys);
            for (Root.Part part :
                    Root.parse(root, Publication.sequenceOf(root)).root().segments()) {
                parts.each(ObjectKind.SEGMENT, part, new Publication.Visit() {
                    @Override
                    public void container(VaultContainer container) throws IOException {
                        Integer number = wanted.remove(container.id());
                        if (number != null) {
                            listing.container(number, container.bytes(), container.frames());
                        }
                    }
                });
            }
            if (wanted.isEmpty()) {
                return;
            }
        }
    }

    @Override
    public byte[] manifest(UUID snapshot) throws IOException {
        IOException failure = new NoSuchFileException("manifest " + snapshot);
        for (Copy copy : copies) {
            try {
                SealedReader reader = SealedReader.open(copy.store, keys, ObjectKind.MANIFEST, snapshot);
                return reader.read(0, Math.toIntExact(reader.length()));
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }

    /** A container in one of the vaults. */
    private record Copied(SealedReader reader, String place) {}

    private final class CachedFile extends ObjectFile {
        private final int number;
        private final List<Copied> readers;

        CachedFile(int number, List<Copied> readers) {
            super(readers.getFirst().reader);
            this.number = number;
            this.readers = readers;
        }

        private byte[] read(long from, int count) throws IOException {
            IOException failure = null;
            FrozenException frozen = null;
            for (Copied reader : readers) {
                try {
                    byte[] bytes = reader.reader.read(from, count);
                    if (failure != null && Parts.damaged(failure)) {
                        damaged.add(number);
                    }
                    return bytes;
                } catch (IOException e) {
                    if (frozen == null && ObjectStoreException.is(e, ObjectStoreException.Kind.FROZEN)) {
                        frozen = new FrozenException(number, reader.place(), e);
                    }
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
            // What thaws somewhere is lost nowhere.
            throw frozen != null ? frozen : Objects.requireNonNull(failure);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return cache.read(number, readers.getFirst().reader.length(), target, position, (from, count) -> {
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
