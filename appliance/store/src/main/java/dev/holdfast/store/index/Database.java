package dev.holdfast.store.index;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/** RocksDB, open, with everything that must be closed with it. Safe for use by several threads; the opener closes it. */
final class Database implements AutoCloseable {
    private static final List<String> FAMILIES = List.of("default", "chunks", "owners", "containers", "snapshots");

    private static final System.Logger LOG = System.getLogger(Database.class.getName());

    static {
        RocksDB.loadLibrary();
    }

    private final List<AutoCloseable> resources = new ArrayList<>();
    final RocksDB db;
    final ColumnFamilyHandle chunks;
    final ColumnFamilyHandle owners;
    final ColumnFamilyHandle containers;
    final ColumnFamilyHandle snapshots;
    final ReadOptions reads;
    final ReadOptions scans;
    final WriteOptions durable;

    /**
     * As {@link ChunkIndex#ChunkIndex}.
     *
     * @param readOnly needs no room on the disk, and takes no writes
     */
    Database(Path directory, long cacheBytes, long writeBufferBytes, boolean readOnly) throws IOException {
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
                .setCreateIfMissing(!readOnly)
                .setCreateMissingColumnFamilies(!readOnly)
                .setParanoidChecks(true)
                .setWriteBufferManager(own(new WriteBufferManager(writeBufferBytes, cache)))
                .setMaxBackgroundJobs(2)
                .setMaxOpenFiles(512)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(4)
                .setMaxTotalWalSize(writeBufferBytes)
                // A torn last record was never acknowledged (see TornLog for what this mode does not tolerate);
                // anything
                // else that is bad means a rebuild, not a silent gap.
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords);
        reads = own(new ReadOptions());
        scans = own(new ReadOptions().setFillCache(false).setVerifyChecksums(true));
        durable = own(new WriteOptions().setSync(true));
        List<ColumnFamilyDescriptor> descriptors = FAMILIES.stream()
                .map(name -> new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.US_ASCII), family))
                .toList();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            db = readOnly
                    ? RocksDB.openReadOnly(options, directory.toString(), descriptors, handles)
                    : open(options, directory, descriptors, handles);
        } catch (RocksDBException e) {
            closeResources();
            throw new IndexException("in " + directory + " does not open", e);
        } catch (IOException | RuntimeException e) {
            closeResources();
            throw e;
        }
        resources.add(db);
        handles.forEach(this::own);
        chunks = handles.get(1);
        owners = handles.get(2);
        containers = handles.get(3);
        snapshots = handles.get(4);
    }

    /** Opens the database, after a power failure without the record that was being written. */
    private static RocksDB open(
            DBOptions options, Path directory, List<ColumnFamilyDescriptor> families, List<ColumnFamilyHandle> handles)
            throws RocksDBException, IOException {
        try {
            return RocksDB.open(options, directory.toString(), families, handles);
        } catch (RocksDBException e) {
            if (!isDamage(e) || !TornLog.cut(directory)) {
                throw e;
            }
            LOG.log(System.Logger.Level.WARNING, "the last record of the index's log was torn, and never acknowledged");
            return RocksDB.open(options, directory.toString(), families, handles);
        }
    }

    private static boolean isDamage(RocksDBException e) {
        Status status = e.getStatus();
        return status != null && status.getCode() == Status.Code.Corruption;
    }

    private <T extends AutoCloseable> T own(T resource) {
        resources.add(resource);
        return resource;
    }

    @Override
    public void close() {
        closeResources();
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
