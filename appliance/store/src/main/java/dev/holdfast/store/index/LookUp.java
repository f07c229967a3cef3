package dev.holdfast.store.index;

import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ByteBufferGetStatus;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Buffers to look many chunks up with one call, for one thread at a time. */
final class LookUp {
    static final int AT_ONCE = 256;

    private final ByteBuffer keys = ByteBuffer.allocateDirect(AT_ONCE * ChunkId.BYTES);
    private final ByteBuffer values = ByteBuffer.allocateDirect(AT_ONCE * Location.BYTES);

    /** @param ids at most {@value #AT_ONCE} */
    List<@Nullable Location> find(Database database, List<ChunkId> ids) throws RocksDBException, IOException {
        if (ids.isEmpty()) {
            // RocksJava asserts on an empty list.
            return List.of();
        }
        List<ByteBuffer> eachKey = new ArrayList<>(ids.size());
        List<ByteBuffer> eachValue = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            ByteBuffer key = keys.slice(i * ChunkId.BYTES, ChunkId.BYTES);
            ids.get(i).write(key);
            eachKey.add(key.flip());
            eachValue.add(values.slice(i * Location.BYTES, Location.BYTES));
        }
        List<@Nullable Location> locations = new ArrayList<>(ids.size());
        for (ByteBufferGetStatus each :
                database.db.multiGetByteBuffers(database.reads, List.of(database.chunks), eachKey, eachValue)) {
            locations.add(location(each));
        }
        return locations;
    }

    private static @Nullable Location location(ByteBufferGetStatus found) throws RocksDBException, IOException {
        if (found.status.getCode() == Status.Code.NotFound) {
            return null;
        }
        if (found.status.getCode() != Status.Code.Ok) {
            throw new RocksDBException(found.status);
        }
        // Longer than an entry is, it is found damaged like one that is shorter.
        byte[] value = new byte[Math.max(found.requiredSize, found.value.remaining())];
        found.value.get(value, 0, found.value.remaining());
        return Location.parse(value);
    }
}
