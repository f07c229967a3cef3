package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Where every chunk lies and which nodes own it, in RocksDB. Derived: containers and manifests hold everything needed to
 * make it anew. Nothing else imports org.rocksdb. Safe for use by several threads.
 *
 * <p>Column families: {@code chunks} id → {@link Location}; {@code owners} node u32 · id → {@link Adoption}, for owners
 * beyond the first; {@code containers} number u32 → {@link ContainerInfo}; {@code snapshots} node u32 · UUID → summary
 * of a committed manifest.
 */
public final class ChunkIndex implements AutoCloseable {
    private static final byte[] EMPTY = new byte[0];

    private static final int SWEEP_AT_ONCE = 10_000;

    private final Path directory;
    private final long cacheBytes;
    private final long writeBufferBytes;
    /** Shared by whoever uses the database, exclusive for whoever replaces it. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private final Spares<LookUp> lookUps = new Spares<>(LookUp::new);

    private @Nullable Database open;
    /** RocksDB takes no more writes after one failed, until it is opened anew; what it knows can still be read. */
    private volatile boolean failed;

    /**
     * Opens or creates the index.
     *
     * @param cacheBytes hard limit of the block cache, which also holds indexes and filters
     * @param writeBufferBytes all memtables together
     */
    public ChunkIndex(Path directory, long cacheBytes, long writeBufferBytes) throws IOException {
        this.directory = directory;
        this.cacheBytes = cacheBytes;
        this.writeBufferBytes = writeBufferBytes;
        this.open = new Database(directory, cacheBytes, writeBufferBytes, false);
    }

    /** Something to do with the open database. */
    private interface Use<T> {
        T with(Database database) throws RocksDBException, IOException;
    }

    private <T> T use(String what, Use<T> action) throws IOException {
        lock.readLock().lock();
        try {
            Database database = open;
            if (database == null) {
                throw new IOException("the chunk index in " + directory + " is closed");
            }
            return action.with(database);
        } catch (RocksDBException e) {
            throw new IndexException(what, e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Before the next write after a failed one. Where that fails too, for want of room, reading goes on. */
    private void reopen() throws IOException {
        lock.writeLock().lock();
        try {
            Database old = open;
            if (!failed || old == null) {
                return;
            }
            old.close();
            open = null;
            try {
                open = new Database(directory, cacheBytes, writeBufferBytes, false);
                failed = false;
            } catch (IOException e) {
                open = new Database(directory, cacheBytes, writeBufferBytes, true);
                throw e;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    public @Nullable Location find(ChunkId id) throws IOException {
        byte[] value = get(database -> database.chunks, id.toBytes());
        return value == null ? null : Location.parse(value);
    }

    /** Locations in the order asked for; null where the chunk is unknown. */
    public List<@Nullable Location> find(List<ChunkId> ids) throws IOException {
        return lookUps.use(buffers -> use("look-up failed", database -> {
            List<@Nullable Location> locations = new ArrayList<>(ids.size());
            for (int from = 0; from < ids.size(); from += LookUp.AT_ONCE) {
                List<ChunkId> some = ids.subList(from, Math.min(ids.size(), from + LookUp.AT_ONCE));
                locations.addAll(buffers.find(database, some));
            }
            return locations;
        }));
    }

    /** Whether {@code node} may refer to the chunk at {@code location} without sending it. */
    public boolean owns(int node, ChunkId id, Location location) throws IOException {
        return location.owner() == node || get(database -> database.owners, ownerKey(node, id)) != null;
    }

    /**
     * Whether what the chunk lists, if it is a manifest page, was checked to be {@code node}'s own: it was when the node
     * stored it as a page, and was not when the same bytes were content of one of its files.
     */
    public boolean ownsAsPage(int node, ChunkId id, Location location) throws IOException {
        if (location.kind() != ChunkKind.PAGE) {
            return false;
        }
        if (location.owner() == node) {
            return true;
        }
        Adoption adoption = adoption(node, id);
        return adoption != null && adoption.asPage();
    }

    /** The chunks that a node owns beside those that it stored first. */
    public void eachOwned(int node, Visitor<ChunkId, Adoption> visitor) throws IOException {
        scan(
                database -> database.owners,
                number(node),
                (key, value) -> visitor.visit(
                        ChunkId.fromBytes(Arrays.copyOfRange(key, 4, key.length)), Adoption.parse(value)));
    }

    /** How a node that did not store a chunk first came to own it; null where it does not own it. */
    public @Nullable Adoption adoption(int node, ChunkId id) throws IOException {
        byte[] value = get(database -> database.owners, ownerKey(node, id));
        return value == null ? null : Adoption.parse(value);
    }

    public @Nullable ContainerInfo container(int number) throws IOException {
        byte[] value = get(database -> database.containers, number(number));
        return value == null ? null : ContainerInfo.parse(value);
    }

    public byte @Nullable [] snapshot(int node, UUID id) throws IOException {
        return get(database -> database.snapshots, snapshotKey(node, id));
    }

    /** Every snapshot of all nodes. */
    public void eachSnapshot(Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        scan(database -> database.snapshots, (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /** Every snapshot of one node. */
    public void eachSnapshot(int node, Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        scan(
                database -> database.snapshots,
                number(node),
                (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /**
     * Some of one node's snapshots, in the order of ids: those after one, or the first ones. Ends before it has more bytes than
     * wanted, but with at least one.
     */
    public List<byte[]> snapshots(int node, @Nullable UUID after, int bytes) throws IOException {
        byte[] prefix = number(node);
        byte[] from = after == null ? prefix : snapshotKey(node, after);
        return use("scan failed", database -> {
            List<byte[]> values = new ArrayList<>();
            try (RocksIterator iterator = database.db.newIterator(database.snapshots, database.scans)) {
                int size = 0;
                for (iterator.seek(from); iterator.isValid(); iterator.next()) {
                    byte[] key = iterator.key();
                    if (!Arrays.equals(prefix, 0, prefix.length, key, 0, prefix.length)) {
                        break;
                    }
                    if (after != null && Arrays.equals(key, from)) {
                        continue;
                    }
                    byte[] value = iterator.value();
                    size += value.length;
                    if (size > bytes && !values.isEmpty()) {
                        break;
                    }
                    values.add(value);
                }
                iterator.status();
            }
            return values;
        });
    }

    /** A snapshot's key: node u32, UUID. */
    public record SnapshotKey(int node, UUID id) {
        private static SnapshotKey parse(byte[] key) throws IOException {
            ByteReader in = new ByteReader(key);
            return new SnapshotKey(in.i32(), new UUID(in.u64(), in.u64()));
        }
    }

    public void eachContainer(BiConsumer<Integer, ContainerInfo> consumer) throws IOException {
        scan(database -> database.containers, (key, value) -> {
            int number = (key[0] & 0xFF) << 24 | (key[1] & 0xFF) << 16 | (key[2] & 0xFF) << 8 | (key[3] & 0xFF);
            consumer.accept(number, ContainerInfo.parse(value));
        });
    }

    /** Every chunk, in the order of ids. */
    public void eachChunk(Visitor<ChunkId, Location> visitor) throws IOException {
        scan(database -> database.chunks, (key, value) -> visitor.visit(ChunkId.fromBytes(key), Location.parse(value)));
    }

    /** As {@link #eachChunk(Visitor)}, of the ids that begin with a byte. */
    public void eachChunk(int firstByte, Visitor<ChunkId, Location> visitor) throws IOException {
        scan(
                database -> database.chunks,
                new byte[] {(byte) firstByte},
                (key, value) -> visitor.visit(ChunkId.fromBytes(key), Location.parse(value)));
    }

    /** Runs something while nobody else changes where chunks lie. */
    public interface Exclusively {
        void run(Step step) throws IOException;
    }

    /** Looks and writes. */
    public interface Step {
        void run() throws IOException;
    }

    /** Drops owners of chunks that are no more. Reads both once, side by side. */
    public long sweepOwners(Exclusively exclusively) throws IOException {
        long dropped = 0;
        byte[] from = EMPTY;
        while (true) {
            List<byte[]> gone = ownersOfNothing(from);
            dropOwners(gone, exclusively);
            dropped += gone.size();
            if (gone.size() < SWEEP_AT_ONCE) {
                return dropped;
            }
            from = gone.getLast();
        }
    }

    /** Keys of the next owners, from one on, whose chunks are missing. */
    private List<byte[]> ownersOfNothing(byte[] from) throws IOException {
        return use("sweep failed", database -> {
            List<byte[]> gone = new ArrayList<>();
            try (RocksIterator owners = database.db.newIterator(database.owners, database.scans);
                    RocksIterator chunks = database.db.newIterator(database.chunks, database.scans)) {
                byte[] node = EMPTY;
                for (owners.seek(from); owners.isValid() && gone.size() < SWEEP_AT_ONCE; owners.next()) {
                    byte[] key = owners.key();
                    byte[] id = Arrays.copyOfRange(key, 4, key.length);
                    if (node.length == 0 || !Arrays.equals(node, 0, 4, key, 0, 4)) {
                        node = Arrays.copyOf(key, 4);
                        chunks.seek(id);
                    }
                    while (chunks.isValid() && Arrays.compareUnsigned(chunks.key(), id) < 0) {
                        chunks.next();
                    }
                    if (!chunks.isValid() || !Arrays.equals(chunks.key(), id)) {
                        gone.add(key);
                    }
                }
                owners.status();
                chunks.status();
            }
            return gone;
        });
    }

    /** Those whose chunks are still missing: they may have come back since the iterators began. */
    private void dropOwners(List<byte[]> keys, Exclusively exclusively) throws IOException {
        exclusively.run(() -> {
            try (Batch batch = batch()) {
                for (byte[] key : keys) {
                    if (find(ChunkId.fromBytes(Arrays.copyOfRange(key, 4, key.length))) == null) {
                        batch.delete(database -> database.owners, key);
                    }
                }
                batch.commit();
            }
        });
    }

    private interface Family {
        ColumnFamilyHandle of(Database database);
    }

    private byte @Nullable [] get(Family family, byte[] key) throws IOException {
        return use("look-up failed", database -> database.db.get(family.of(database), database.reads, key));
    }

    /** Takes one entry of a scan. */
    public interface Visitor<K, V> {
        void visit(K key, V value) throws IOException;
    }

    private void scan(Family family, Visitor<byte[], byte[]> visitor) throws IOException {
        scan(family, EMPTY, visitor);
    }

    private void scan(Family family, byte[] prefix, Visitor<byte[], byte[]> visitor) throws IOException {
        use("scan failed", database -> {
            try (RocksIterator iterator = database.db.newIterator(family.of(database), database.scans)) {
                for (iterator.seek(prefix); iterator.isValid(); iterator.next()) {
                    if (Arrays.mismatch(prefix, iterator.key()) < prefix.length && prefix.length > 0) {
                        break;
                    }
                    visitor.visit(iterator.key(), iterator.value());
                }
                iterator.status();
                return true;
            }
        });
    }

    /** Reads every file of the index and checks all checksums. */
    public void verify() throws IOException {
        use("is damaged", database -> {
            database.db.verifyChecksum();
            return true;
        });
        scan(database -> database.chunks, (key, value) -> {});
        scan(database -> database.owners, (key, value) -> {});
        scan(database -> database.containers, (key, value) -> {});
        scan(database -> database.snapshots, (key, value) -> {});
    }

    public long estimatedChunks() throws IOException {
        return use(
                "statistics failed",
                database -> database.db.getLongProperty(database.chunks, "rocksdb.estimate-num-keys"));
    }

    public Batch batch() {
        return new Batch();
    }

    /** Changes that become visible and durable together. Used by one thread, closed by it. */
    public final class Batch implements AutoCloseable {
        private final WriteBatch batch = new WriteBatch();

        private Batch() {}

        public Batch chunk(ChunkId id, Location location) throws IOException {
            return put(database -> database.chunks, id.toBytes(), location.encode());
        }

        public Batch owner(int node, ChunkId id, Adoption adoption) throws IOException {
            return put(database -> database.owners, ownerKey(node, id), adoption.encode());
        }

        public Batch container(int number, ContainerInfo info) throws IOException {
            return put(database -> database.containers, number(number), info.encode());
        }

        public Batch snapshot(int node, UUID id, byte[] summary) throws IOException {
            return put(database -> database.snapshots, snapshotKey(node, id), summary);
        }

        public Batch removeChunk(ChunkId id) throws IOException {
            return delete(database -> database.chunks, id.toBytes());
        }

        public Batch removeContainer(int number) throws IOException {
            return delete(database -> database.containers, number(number));
        }

        public Batch removeSnapshot(int node, UUID id) throws IOException {
            return delete(database -> database.snapshots, snapshotKey(node, id));
        }

        private Batch put(Family family, byte[] key, byte[] value) throws IOException {
            return use("batch failed", database -> {
                batch.put(family.of(database), key, value);
                return this;
            });
        }

        private Batch delete(Family family, byte[] key) throws IOException {
            return use("batch failed", database -> {
                batch.delete(family.of(database), key);
                return this;
            });
        }

        /** Returns when the changes are on stable storage. After a failure none, some or all of them may be. */
        public void commit() throws IOException {
            if (failed) {
                reopen();
            }
            try {
                use("write failed", database -> {
                    database.db.write(database.durable, batch);
                    return true;
                });
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    private static byte[] number(int number) {
        return new ByteWriter(4).u32(number).toByteArray();
    }

    private static byte[] ownerKey(int node, ChunkId id) {
        ByteWriter key = new ByteWriter(4 + ChunkId.BYTES);
        key.u32(node);
        id.write(key);
        return key.toByteArray();
    }

    private static byte[] snapshotKey(int node, UUID id) {
        return new ByteWriter(20)
                .u32(node)
                .u64(id.getMostSignificantBits())
                .u64(id.getLeastSignificantBits())
                .toByteArray();
    }

    /** Waits for those who are using the index at this moment. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (open != null) {
                open.close();
                open = null;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
