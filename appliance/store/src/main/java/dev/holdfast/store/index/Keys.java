package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.store.envelope.ChunkId;
import java.util.Arrays;
import java.util.UUID;

/** The keys of the column families; see {@link ChunkIndex}. */
final class Keys {
    static final int NODE_BYTES = 4;

    private Keys() {}

    /** Of a container, and the beginning of a node's owner entries and snapshots: u32. */
    static byte[] number(int number) {
        return new ByteWriter(4).u32(number).toByteArray();
    }

    static int number(byte[] key) {
        return (key[0] & 0xFF) << 24 | (key[1] & 0xFF) << 16 | (key[2] & 0xFF) << 8 | (key[3] & 0xFF);
    }

    static byte[] owner(int node, ChunkId id) {
        ByteWriter key = new ByteWriter(NODE_BYTES + ChunkId.BYTES);
        key.u32(node);
        id.write(key);
        return key.toByteArray();
    }

    /** The chunk's id in an owner's key. */
    static byte[] ownedId(byte[] ownerKey) {
        return Arrays.copyOfRange(ownerKey, NODE_BYTES, ownerKey.length);
    }

    static byte[] snapshot(int node, UUID id) {
        return new ByteWriter(20)
                .u32(node)
                .u64(id.getMostSignificantBits())
                .u64(id.getLeastSignificantBits())
                .toByteArray();
    }
}
