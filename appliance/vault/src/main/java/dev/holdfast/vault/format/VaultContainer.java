package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.vault.journal.StoredContainer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A container in a vault, as a segment lists it.
 *
 * <pre>
 * UUID 16 · ordinal u32 · epoch u32 · length u64 · length of the object u64 · SHA-256 at the object's end 32
 * number of frames u32 · frames of 52 bytes as in a trailer
 * </pre>
 *
 * @param ordinal its number in this vault, given once and never again
 * @param bytes the container's own length
 */
public record VaultContainer(
        UUID id, int ordinal, int epoch, long bytes, long objectBytes, byte[] hash, List<FrameEntry> frames) {
    private static final int MAX_FRAMES = 1 << 22;

    void write(ByteWriter out) {
        out.u64(id.getMostSignificantBits()).u64(id.getLeastSignificantBits());
        out.u32(ordinal).u32(epoch).u64(bytes).u64(objectBytes).raw(hash).u32(frames.size());
        frames.forEach(frame -> frame.write(out));
    }

    static VaultContainer read(ByteReader in) throws FormatException {
        UUID id = new UUID(in.u64(), in.u64());
        int ordinal = in.i32();
        int epoch = in.i32();
        long bytes = in.u64();
        long objectBytes = in.u64();
        byte[] hash = in.raw(SealedObject.HASH_BYTES);
        int count = in.i32();
        if (count < 0 || count > MAX_FRAMES || (long) count * FrameEntry.BYTES > in.remaining()) {
            throw FormatException.corrupt("a container claims " + count + " frames");
        }
        List<FrameEntry> frames = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            frames.add(FrameEntry.read(in));
        }
        return new VaultContainer(id, ordinal, epoch, bytes, objectBytes, hash, List.copyOf(frames));
    }

    /** As a journal notes it under a number of the appliance's own, before a root lists it. */
    public StoredContainer stored(int number) {
        return new StoredContainer(number, id, epoch, bytes, objectBytes, hash, null);
    }

    /** Whether it holds content of files, rather than metadata alone. */
    public boolean hasData() {
        return frames.stream().anyMatch(frame -> frame.kind() == ChunkKind.DATA);
    }

    Inventory.Entry inventory() {
        return new Inventory.Entry(id, ObjectKind.CONTAINER, ordinal, objectBytes, hash);
    }
}
