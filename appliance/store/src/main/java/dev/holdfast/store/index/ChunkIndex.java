package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * Where every chunk lies and which nodes own it, in RocksDB. Derived: containers and manifests hold everything needed to
 * make it anew. Nothing else imports org.rocksdb. Safe for use by several threads.
 *
 * <p>Column families: {@code chunks} id → {@link Location}; {@code owners} node u32 · id → empty, for owners beyond the
 * first; {@code containers} number u32 → {@link ContainerInfo}; {@code snapshots} node u32 · UUID → summary
 * of a committed manifest.
 */
public final class ChunkIndex implements AutoCloseable {
    private static final byte[] EMPTY = new byte[0];
    private static final List<String> FAMILIES = List.of("default", "chunks", "owners", "containers", "snapshots");

    static {
        RocksDB.loadLibrary();
    }

    private final List<AutoCloseable> resources = new ArrayList<>();
    private final RocksDB db;
    private final ColumnFamilyHandle chunks;
    private final ColumnFamilyHandle owners;
    private final ColumnFamilyHandle containers;
    private final ColumnFamilyHandle snapshots;
    private final ReadOptions reads;
    private final ReadOptions scans;
    private final WriteOptions durable;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Opens or creates the index.
     *
     * @param cacheBytes hard limit of the block cache, which also holds indexes and filters
     * @param writeBufferBytes all memtables together
     */
    public ChunkIndex(Path directory, long cacheBytes, long writeBufferBytes) throws IOException {
        Cache cache = own(new LRUCache(cacheBytes, -1, false));
        BloomFilter filter = own(new BloomFilter(10));
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setFilterPolicy(filter)
                .setWholeKeyFiltering(true)
                .setPartitionFilters(true)
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setCacheIndexAndFilterBlocks(true)
                .setPinTopLevelIndexAndFilter(true)
                .setBlockSize(8 << 10)
                .setFormatVersion(5);
        // Filters stay on at the last level: first backups look up mostly ids that are not there.
        ColumnFamilyOptions family = own(new ColumnFamilyOptions())
                .setTableFormatConfig(table)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setOptimizeFiltersForHits(false)
                .setWriteBufferSize(Math.max(4 << 20, writeBufferBytes / 4));
        DBOptions options = own(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                .setWriteBufferManager(own(new WriteBufferManager(writeBufferBytes, cache)))
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(512)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(4)
                .setMaxTotalWalSize(writeBufferBytes)
                // A torn last record was never acknowledged; anything else that is bad means a rebuild, not a silent
                // gap.
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords);
        reads = own(new ReadOptions());
        scans = own(new ReadOptions().setFillCache(false).setVerifyChecksums(true));
        durable = own(new WriteOptions().setSync(true));
        List<ColumnFamilyDescriptor> descriptors = FAMILIES.stream()
                .map(name -> new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.US_ASCII), family))
                .toList();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            db = RocksDB.open(options, directory.toString(), descriptors, handles);
        } catch (RocksDBException e) {
            closeResources();
            throw new IndexException("in " + directory + " does not open", e);
        }
        resources.add(db);
        handles.forEach(this::own);
        chunks = handles.get(1);
        owners = handles.get(2);
        containers = handles.get(3);
        snapshots = handles.get(4);
    }

    private <T extends AutoCloseable> T own(T resource) {
        resources.add(resource);
        return resource;
    }

    public @Nullable Location find(ChunkId id) throws IOException {
        byte[] value = get(chunks, id.toBytes());
        return value == null ? null : Location.parse(value);
    }

    /** Locations in the order asked for; null where the chunk is unknown. */
    public List<@Nullable Location> find(List<ChunkId> ids) throws IOException {
        if (ids.isEmpty()) {
            // RocksJava asserts on an empty list.
            return List.of();
        }
        List<byte[]> keys = ids.stream().map(ChunkId::toBytes).toList();
        List<ColumnFamilyHandle> families = ids.stream().map(id -> chunks).toList();
        try {
            List<@Nullable Location> locations = new ArrayList<>(ids.size());
            List<byte[]> values = db.multiGetAsList(reads, families, keys);
            for (int i = 0; i < keys.size(); i++) {
                byte[] value = values.get(i);
                // The list is silent about keys whose look-up failed; asking again tells "unknown" from "damaged".
                locations.add(value == null ? find(ids.get(i)) : Location.parse(value));
            }
            return locations;
        } catch (RocksDBException e) {
            throw new IndexException("look-up failed", e);
        }
    }

    /** Whether {@code node} may refer to the chunk at {@code location} without sending it. */
    public boolean owns(int node, ChunkId id, Location location) throws IOException {
        return location.owner() == node || get(owners, ownerKey(node, id)) != null;
    }

    public @Nullable ContainerInfo container(int number) throws IOException {
        byte[] value = get(containers, number(number));
        return value == null ? null : ContainerInfo.parse(value);
    }

    public byte @Nullable [] snapshot(int node, UUID id) throws IOException {
        return get(snapshots, snapshotKey(node, id));
    }

    /** Every snapshot of all nodes. */
    public void eachSnapshot(Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        scan(snapshots, (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /** Every snapshot of one node. */
    public void eachSnapshot(int node, Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        scan(snapshots, number(node), (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /** A snapshot's key: node u32, UUID. */
    public record SnapshotKey(int node, UUID id) {
        private static SnapshotKey parse(byte[] key) throws IOException {
            ByteReader in = new ByteReader(key);
            return new SnapshotKey(in.i32(), new UUID(in.u64(), in.u64()));
        }
    }

    public void eachContainer(BiConsumer<Integer, ContainerInfo> consumer) throws IOException {
        scan(containers, (key, value) -> {
            int number = (key[0] & 0xFF) << 24 | (key[1] & 0xFF) << 16 | (key[2] & 0xFF) << 8 | (key[3] & 0xFF);
            consumer.accept(number, ContainerInfo.parse(value));
        });
    }

    /** Every chunk, in the order of ids. */
    public void eachChunk(Visitor<ChunkId, Location> visitor) throws IOException {
        scan(chunks, (key, value) -> visitor.visit(ChunkId.fromBytes(key), Location.parse(value)));
    }

    private byte @Nullable [] get(ColumnFamilyHandle family, byte[] key) throws IOException {
        try {
            return db.get(family, reads, key);
        } catch (RocksDBException e) {
            throw new IndexException("look-up failed", e);
        }
    }

    /** Takes one entry of a scan. */
    public interface Visitor<K, V> {
        void visit(K key, V value) throws IOException;
    }

    private void scan(ColumnFamilyHandle family, Visitor<byte[], byte[]> visitor) throws IOException {
        scan(family, EMPTY, visitor);
    }

    private void scan(ColumnFamilyHandle family, byte[] prefix, Visitor<byte[], byte[]> visitor) throws IOException {
        try (RocksIterator iterator = db.newIterator(family, scans)) {
            for (iterator.seek(prefix); iterator.isValid(); iterator.next()) {
                if (Arrays.mismatch(prefix, iterator.key()) < prefix.length && prefix.length > 0) {
                    break;
                }
                visitor.visit(iterator.key(), iterator.value());
            }
            iterator.status();
        } catch (RocksDBException e) {
            throw new IndexException("scan failed", e);
        }
    }

    /** Reads every file of the index and checks all checksums. */
    public void verify() throws IOException {
        try {
            db.verifyChecksum();
        } catch (RocksDBException e) {
            throw new IndexException("is damaged", e);
        }
        for (ColumnFamilyHandle family : List.of(chunks, owners, containers, snapshots)) {
            scan(family, (key, value) -> {});
        }
    }

    public long estimatedChunks() throws IOException {
        try {
            return db.getLongProperty(chunks, "rocksdb.estimate-num-keys");
        } catch (RocksDBException e) {
            throw new IndexException("statistics failed", e);
        }
    }

    public Batch batch() {
        return new Batch();
    }

    /** Changes that become visible and durable together. Used by one thread, closed by it. */
    public final class Batch implements AutoCloseable {
        private final WriteBatch batch = new WriteBatch();

        private Batch() {}

        public Batch chunk(ChunkId id, Location location) throws IOException {
            return put(chunks, id.toBytes(), location.encode());
        }

        public Batch owner(int node, ChunkId id) throws IOException {
            return put(owners, ownerKey(node, id), EMPTY);
        }

        public Batch container(int number, ContainerInfo info) throws IOException {
            return put(containers, number(number), info.encode());
        }

        public Batch snapshot(int node, UUID id, byte[] summary) throws IOException {
            return put(snapshots, snapshotKey(node, id), summary);
        }

        public Batch removeChunk(ChunkId id) throws IOException {
            return delete(chunks, id.toBytes());
        }

        public Batch removeSnapshot(int node, UUID id) throws IOException {
            return delete(snapshots, snapshotKey(node, id));
        }

        private Batch put(ColumnFamilyHandle family, byte[] key, byte[] value) throws IOException {
            try {
                batch.put(family, key, value);
                return this;
            } catch (RocksDBException e) {
                throw new IndexException("batch failed", e);
            }
        }

        private Batch delete(ColumnFamilyHandle family, byte[] key) throws IOException {
            try {
                batch.delete(family, key);
                return this;
            } catch (RocksDBException e) {
                throw new IndexException("batch failed", e);
            }
        }

        /** Returns when the changes are on stable storage. */
        public void commit() throws IOException {
            try {
                db.write(durable, batch);
            } catch (RocksDBException e) {
                throw new IndexException("write failed", e);
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

    /** Waits for nobody: callers must have stopped using the index. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeResources();
        }
    }

    private void closeResources() {
        for (AutoCloseable resource : resources.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("RocksDB handle does not close", e);
            }
        }
    }
}
