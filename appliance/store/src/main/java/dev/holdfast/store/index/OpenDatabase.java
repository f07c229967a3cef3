package dev.holdfast.store.index;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Lends the database to those who read and write it, and opens it anew after a write failed. Errors of RocksDB become
 * {@link IndexException}s here. Safe for use by several threads.
 */
final class OpenDatabase implements AutoCloseable {
    private static final byte[] EMPTY = new byte[0];

    private final Path directory;
    private final long cacheBytes;
    private final long writeBufferBytes;
    /** Shared by all who use the database, exclusive while it is replaced. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private @Nullable Database open;
    /** RocksDB takes no more writes after one failed, until it is opened anew; what it knows can still be read. */
    private volatile boolean failed;

    OpenDatabase(Path directory, long cacheBytes, long writeBufferBytes) throws IOException {
        this.directory = directory;
        this.cacheBytes = cacheBytes;
        this.writeBufferBytes = writeBufferBytes;
        this.open = new Database(directory, cacheBytes, writeBufferBytes, false);
    }

    Path directory() {
        return directory;
    }

    /** Something to do with the open database. */
    interface Use<T> {
        T with(Database database) throws RocksDBException, IOException;
    }

    /** One of the database's column families. */
    interface Family {
        ColumnFamilyHandle of(Database database);
    }

    /** @param what failed, for the message; it follows "the chunk index" */
    <T> T use(String what, Use<T> action) throws IOException {
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

    byte @Nullable [] get(Family family, byte[] key) throws IOException {
        return use("look-up failed", database -> database.db.get(family.of(database), database.reads, key));
    }

    void scan(Family family, ChunkIndex.Visitor<byte[], byte[]> visitor) throws IOException {
        scan(family, EMPTY, visitor);
    }

    /** Visits the entries whose keys begin with a prefix, in the order of keys. */
    void scan(Family family, byte[] prefix, ChunkIndex.Visitor<byte[], byte[]> visitor) throws IOException {
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

    /** Returns when the changes are on stable storage. After a failure none, some or all of them may be. */
    void write(WriteBatch batch) throws IOException {
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

    /** Waits for those who are using the database at this moment. */
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
