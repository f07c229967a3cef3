package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.util.BitSet;

/**
 * A snapshot in a vault with the containers that it needs, as a catalogue lists it.
 *
 * <pre>
 * StoredSnapshot bytes · epoch u32 · length of the manifest u64 · length of the object u64 · SHA-256 at its end 32
 * number of containers varint · their ordinals, each as a varint: the first, then distances
 * </pre>
 *
 * @param containers the ordinals of those that it needs
 */
public record VaultSnapshot(ListedSnapshot listed, BitSet containers) {
    public StoredSnapshot snapshot() {
        return listed.snapshot();
    }

    void write(ByteWriter out) {
        out.bytes(snapshot().encode())
                .u32(listed.epoch())
                .u64(listed.bytes())
                .u64(listed.objectBytes())
                .raw(listed.hash());
        out.varint(containers.cardinality());
        int before = 0;
        for (int at = containers.nextSetBit(0); at >= 0; at = containers.nextSetBit(at + 1)) {
            out.varint(at - before);
            before = at;
        }
    }

    static VaultSnapshot read(ByteReader in) throws FormatException {
        StoredSnapshot snapshot = StoredSnapshot.parse(in.bytes(16 << 20, "snapshot"));
        int epoch = in.i32();
        long bytes = in.u64();
        long objectBytes = in.u64();
        byte[] hash = in.raw(SealedObject.HASH_BYTES);
        BitSet containers = new BitSet();
        long at = 0;
        for (int left = in.varint(Integer.MAX_VALUE, "container count"); left > 0; left--) {
            at += in.varint();
            if (at < 0 || at > 1 << 28) {
                throw FormatException.corrupt("a snapshot claims container " + at);
            }
            containers.set((int) at);
        }
        return new VaultSnapshot(new ListedSnapshot(snapshot, epoch, bytes, objectBytes, hash), containers);
    }

    Inventory.Entry inventory() {
        return new Inventory.Entry(snapshot().id(), ObjectKind.MANIFEST, 0, listed.objectBytes(), listed.hash());
    }
}
