package dev.holdfast.store.index;

import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.RocksIterator;

/** Drops the owner entries of chunks that are no longer in the index. Used by one thread. */
final class OwnerSweep {
    private static final int AT_ONCE = 10_000;

    private final ChunkIndex index;
    private final OpenDatabase open;

    OwnerSweep(ChunkIndex index, OpenDatabase open) {
        this.index = index;
        this.open = open;
    }

    /** Returns how many were dropped. Reads owners and chunks once, side by side. */
    long run() throws IOException {
        long dropped = 0;
        byte[] from = new byte[0];
        while (true) {
            List<byte[]> gone = ownersOfNothing(from);
            drop(gone);
            dropped += gone.size();
            if (gone.size() < AT_ONCE) {
                return dropped;
            }
            from = gone.getLast();
        }
    }

    /** Keys of the next owners, from one on, whose chunks are missing. */
    private List<byte[]> ownersOfNothing(byte[] from) throws IOException {
        return open.use("sweep failed", database -> {
            List<byte[]> gone = new ArrayList<>();
            try (RocksIterator owners = database.db.newIterator(database.owners, database.scans);
                    RocksIterator chunks = database.db.newIterator(database.chunks, database.scans)) {
                byte[] node = new byte[0];
                for (owners.seek(from); owners.isValid() && gone.size() < AT_ONCE; owners.next()) {
                    byte[] key = owners.key();
                    byte[] id = Keys.ownedId(key);
                    if (node.length == 0 || !Arrays.equals(node, 0, Keys.NODE_BYTES, key, 0, Keys.NODE_BYTES)) {
                        node = Arrays.copyOf(key, Keys.NODE_BYTES);
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
    private void drop(List<byte[]> keys) throws IOException {
        index.exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                for (byte[] key : keys) {
                    if (index.find(ChunkId.fromBytes(Keys.ownedId(key))) == null) {
                        batch.removeOwner(key);
                    }
                }
                batch.commit();
            }
        });
    }
}
