package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
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
    private final OpenDatabase open;
    private final Spares<LookUp> lookUps = new Spares<>(LookUp::new);
    /** Held while the location of a chunk is looked up in order to change it, until the change is written. */
    private final ReentrantLock changes = new ReentrantLock();

    /**
     * Opens or creates the index.
     *
     * @param cacheBytes hard limit of the block cache, which also holds indexes and filters
     * @param writeBufferBytes all memtables together
     */
    public ChunkIndex(Path directory, long cacheBytes, long writeBufferBytes) throws IOException {
        this.open = new OpenDatabase(directory, cacheBytes, writeBufferBytes);
    }

    /** Where the index lies. */
    public Path directory() {
        return open.directory();
    }

    /** Something that looks into the index and changes it accordingly. */
    public interface Change {
        void run() throws IOException;
    }

    /** Runs something short while no other thread changes where chunks lie. */
    public void exclusively(Change change) throws IOException {
        changes.lock();
        try {
            change.run();
        } finally {
            changes.unlock();
        }
    }

    public @Nullable Location find(ChunkId id) throws IOException {
        byte[] value = open.get(database -> database.chunks, id.toBytes());
        return value == null ? null : Location.parse(value);
    }

    /** Locations in the order asked for; null where the chunk is unknown. */
    public List<@Nullable Location> find(List<ChunkId> ids) throws IOException {
        return lookUps.use(buffers -> open.use("look-up failed", database -> {
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
        return location.owner() == node || open.get(database -> database.owners, Keys.owner(node, id)) != null;
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

    /** The chunks that a node owns in addition to those that it stored first. */
    public void eachOwned(int node, Visitor<ChunkId, Adoption> visitor) throws IOException {
        open.scan(
                database -> database.owners,
                Keys.number(node),
                (key, value) -> visitor.visit(ChunkId.fromBytes(Keys.ownedId(key)), Adoption.parse(value)));
    }

    /** How a node that did not store a chunk first came to own it; null where it does not own it. */
    public @Nullable Adoption adoption(int node, ChunkId id) throws IOException {
        byte[] value = open.get(database -> database.owners, Keys.owner(node, id));
        return value == null ? null : Adoption.parse(value);
    }

    public @Nullable ContainerInfo container(int number) throws IOException {
        byte[] value = open.get(database -> database.containers, Keys.number(number));
        return value == null ? null : ContainerInfo.parse(value);
    }

    public byte @Nullable [] snapshot(int node, UUID id) throws IOException {
        return open.get(database -> database.snapshots, Keys.snapshot(node, id));
    }

    /** Every snapshot of all nodes. */
    public void eachSnapshot(Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        open.scan(database -> database.snapshots, (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /** Every snapshot of one node. */
    public void eachSnapshot(int node, Visitor<SnapshotKey, byte[]> visitor) throws IOException {
        open.scan(
                database -> database.snapshots,
                Keys.number(node),
                (key, value) -> visitor.visit(SnapshotKey.parse(key), value));
    }

    /**
     * Some of one node's snapshots, in the order of ids: those after one, or the first ones. Ends before it has more bytes than
     * wanted, but with at least one.
     */
    public List<byte[]> snapshots(int node, @Nullable UUID after, int bytes) throws IOException {
        byte[] prefix = Keys.number(node);
        byte[] from = after == null ? prefix : Keys.snapshot(node, after);
        return open.use("scan failed", database -> {
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
        open.scan(database -> database.containers, (key, value) -> {
            consumer.accept(Keys.number(key), ContainerInfo.parse(value));
        });
    }

    /** Every chunk, in the order of ids. */
    public void eachChunk(Visitor<ChunkId, Location> visitor) throws IOException {
        open.scan(
                database -> database.chunks,
                (key, value) -> visitor.visit(ChunkId.fromBytes(key), Location.parse(value)));
    }

    /** As {@link #eachChunk(Visitor)}, of the ids that begin with a byte. */
    public void eachChunk(int firstByte, Visitor<ChunkId, Location> visitor) throws IOException {
        open.scan(
                database -> database.chunks,
                new byte[] {(byte) firstByte},
                (key, value) -> visitor.visit(ChunkId.fromBytes(key), Location.parse(value)));
    }

    /** Drops owners of chunks that are no longer in the index; returns how many. Reads both families once, side by side. */
    public long sweepOwners() throws IOException {
        return new OwnerSweep(this, open).run();
    }

    /** Visits one entry of a scan. */
    public interface Visitor<K, V> {
        void visit(K key, V value) throws IOException;
    }

    /** Reads every file of the index and checks all checksums. */
    public void verify() throws IOException {
        open.use("is damaged", database -> {
            database.db.verifyChecksum();
            return true;
        });
        open.scan(database -> database.chunks, (key, value) -> {});
        open.scan(database -> database.owners, (key, value) -> {});
        open.scan(database -> database.containers, (key, value) -> {});
        open.scan(database -> database.snapshots, (key, value) -> {});
    }

    public long estimatedChunks() throws IOException {
        return open.use(
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
            return put(database -> database.owners, Keys.owner(node, id), adoption.encode());
        }

        public Batch container(int number, ContainerInfo info) throws IOException {
            return put(database -> database.containers, Keys.number(number), info.encode());
        }

        public Batch snapshot(int node, UUID id, byte[] summary) throws IOException {
            return put(database -> database.snapshots, Keys.snapshot(node, id), summary);
        }

        public Batch removeChunk(ChunkId id) throws IOException {
            return delete(database -> database.chunks, id.toBytes());
        }

        public Batch removeContainer(int number) throws IOException {
            return delete(database -> database.containers, Keys.number(number));
        }

        public Batch removeSnapshot(int node, UUID id) throws IOException {
            return delete(database -> database.snapshots, Keys.snapshot(node, id));
        }

        private Batch put(OpenDatabase.Family family, byte[] key, byte[] value) throws IOException {
            return open.use("batch failed", database -> {
                batch.put(family.of(database), key, value);
                return this;
            });
        }

        private Batch delete(OpenDatabase.Family family, byte[] key) throws IOException {
            return open.use("batch failed", database -> {
                batch.delete(family.of(database), key);
                return this;
            });
        }

        Batch removeOwner(byte[] key) throws IOException {
            return delete(database -> database.owners, key);
        }

        /** Returns when the changes are on stable storage. After a failure none, some or all of them may be. */
        public void commit() throws IOException {
            open.write(batch);
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    /** Waits for those who are using the index at this moment. */
    @Override
    public void close() {
        open.close();
    }
}
