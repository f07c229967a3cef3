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
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Containers that lie in a vault, read in ranges through a local cache; where the vault fails, from a copy that has
 * them too. Vaults may come and go meanwhile. Safe for use by several threads.
 */
public final class VaultContainers implements ContainerArchive, AutoCloseable {
    private final VaultKeys keys;
    private final int taken;
    private volatile List<Copy> copies;
    private final BlockCache cache;
    private final Map<Integer, Long> used = new ConcurrentHashMap<>();
    /** Damaged in the vault, and read from a copy. */
    private final Set<Integer> damaged = ConcurrentHashMap.newKeySet();

    private final AtomicLong fetched = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();

    /**
     * A vault, and the journal that knows which containers are in it.
     *
     * @param uses closed before the two are
     */
    public record Copy(ObjectStore store, Journal journal, Uses uses) {
        /** One that outlives whoever reads from it. */
        public Copy(ObjectStore store, Journal journal) {
            this(store, journal, new Uses());
        }

        private interface Use<T> {
            T with(Copy copy) throws IOException;
        }

        /** Empty where it is being closed. */
        private <T> Optional<T> use(Use<T> use) throws IOException {
            if (!uses.begin()) {
                return Optional.empty();
            }
            try {
                return Optional.of(use.with(this));
            } finally {
                uses.end();
            }
        }
    }

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
        this.cache = new BlockCache(cache, cacheBytes);
    }

    /** Reads from these from now on: the vault, and then others. May be none. */
    public void readFrom(List<Copy> now) {
        copies = List.copyOf(now);
    }

    private <T> T first(Copy.Use<T> use) throws IOException {
        List<Copy> now = copies;
        Optional<T> found = now.isEmpty() ? Optional.empty() : now.getFirst().use(use);
        return found.orElseThrow(() -> new NoSuchFileException("vault", null, "the vault is not set any more"));
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
                first(vault -> {
                    vault.journal.containers().read(number, at);
                    return vault;
                });
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
        return first(vault -> {
            List<Copy> others =
                    copies.stream().filter(each -> !each.equals(vault)).toList();
            StoredContainer container = vault.journal
                    .containers()
                    .find(number)
                    .orElseThrow(() -> new NoSuchFileException("container " + number));
            String key = ObjectKind.CONTAINER.key(container.id());
            StorageClass kept = vault.journal.containers().storageClass(number).orElse(StorageClass.STANDARD);
            for (Copy copy : others) {
                if (copy.use(from -> copied(from, vault, key, container, kept)).orElse(false)) {
                    damaged.remove(number);
                    vault.journal.containers().classChanged(container.id(), kept, System.currentTimeMillis());
                    return Optional.of(
                            Phrase.of("vault.stored-again").with("object", key).with("copy", copy.store.url()));
                }
            }
            // Noticed again when it is read again.
            damaged.remove(number);
            return Optional.<Phrase>empty();
        });
    }

    private static boolean copied(Copy from, Copy to, String key, StoredContainer container, StorageClass kept)
            throws IOException {
        try {
            return SealedReader.copy(from.store, to.store, key, container.hash(), kept);
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
        return first(vault -> vault.journal.containers().numbers());
    }

    @Override
    public void dropped(int number) throws IOException {
        List<Copy> told;
        do {
            told = copies;
            for (Copy each : told) {
                var _ = each.use(copy -> {
                    copy.journal.containers().dropped(number);
                    return copy;
                });
            }
            // One that was closed meanwhile may be open again.
        } while (!told.equals(copies));
        cache.drop(number);
    }

    @Override
    public int highestNumber() throws IOException {
        int highest = taken;
        for (Copy each : copies) {
            highest = Math.max(
                    highest,
                    each.use(copy -> copy.journal.containers().highestNumber()).orElse(0));
        }
        return highest;
    }

    @Override
    public Disk.DiskFile open(int number) throws IOException {
        return new CachedFile(number, holders(number));
    }

    /** Who of the vaults holds a container. */
    private Holders holders(int number) throws IOException {
        List<Copy> from = copies;
        List<Copied> readers = new ArrayList<>();
        for (Copy each : from) {
            Optional<StoredContainer> there =
                    each.use(copy -> copy.journal.containers().find(number)).flatMap(found -> found);
            if (there.isPresent()) {
                readers.add(new Copied(
                        SealedReader.known(
                                each.store,
                                keys,
                                ObjectKind.CONTAINER,
                                there.get().epoch(),
                                there.get().id(),
                                there.get().bytes()),
                        each));
            }
        }
        if (readers.isEmpty()) {
            throw new NoSuchFileException("container " + String.format("%08x", number));
        }
        return new Holders(from, readers);
    }

    @Override
    public void list(Set<Integer> numbers, Listing listing) throws IOException {
        for (Copy each : copies) {
            if (each.use(copy -> listed(copy, numbers, listing)).orElse(false)) {
                return;
            }
        }
    }

    /** Whether this vault's lists told of all of them. */
    private boolean listed(Copy copy, Set<Integer> numbers, Listing listing) throws IOException {
        Map<UUID, Integer> wanted = new HashMap<>();
        for (int number : numbers) {
            copy.journal.containers().find(number).ifPresent(there -> wanted.put(there.id(), number));
        }
        byte[] root = copy.journal.root();
        if (root == null || wanted.isEmpty()) {
            return false;
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
        return wanted.isEmpty();
    }

    @Override
    public byte[] manifest(UUID snapshot) throws IOException {
        IOException failure = new NoSuchFileException("manifest " + snapshot);
        for (Copy each : copies) {
            try {
                Optional<byte[]> found = each.use(copy -> {
                    SealedReader reader = SealedReader.open(copy.store, keys, ObjectKind.MANIFEST, snapshot);
                    return reader.read(0, Math.toIntExact(reader.length()));
                });
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (IOException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }

    /** A container in one of the vaults. */
    private record Copied(SealedReader reader, Copy vault) {}

    /** @param of the vaults that there were */
    private record Holders(List<Copy> of, List<Copied> readers) {}

    private final class CachedFile extends ObjectFile {
        private final int number;
        private volatile Holders holders;

        CachedFile(int number, Holders holders) {
            super(holders.readers.getFirst().reader);
            this.number = number;
            this.holders = holders;
        }

        /** The vaults may be others than when the file was opened. */
        private List<Copied> readers() throws IOException {
            Holders now = holders;
            if (!now.of.equals(copies)) {
                now = holders(number);
                holders = now;
            }
            return now.readers;
        }

        private byte[] read(long from, int count) throws IOException {
            IOException failure = null;
            FrozenException frozen = null;
            for (Copied reader : readers()) {
                try {
                    Optional<byte[]> bytes = reader.vault.use(_ -> reader.reader.read(from, count));
                    if (bytes.isPresent()) {
                        if (failure != null && Parts.damaged(failure)) {
                            damaged.add(number);
                        }
                        return bytes.get();
                    }
                } catch (IOException e) {
                    if (frozen == null && ObjectStoreException.is(e, ObjectStoreException.Kind.FROZEN)) {
                        frozen = new FrozenException(number, reader.vault.store.url(), e);
                    }
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
            // What thaws somewhere is lost nowhere.
            if (frozen != null) {
                throw frozen;
            }
            throw failure != null ? failure : new IOException("the vault of container " + number + " is being closed");
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return cache.read(number, size(), target, position, (from, count) -> {
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
