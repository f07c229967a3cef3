package dev.holdfast.store.index;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * What the index knows of a sealed container whose frames it holds.
 *
 * @param volume which volume it lies on, or {@link #ARCHIVED}
 * @param bytes the file's length
 */
public record ContainerInfo(int volume, int frames, long bytes) {
    /** In place of a volume: it lies in the archive alone. */
    public static final int ARCHIVED = -1;

    public boolean archived() {
        return volume == ARCHIVED;
    }

    byte[] encode() {
        return new ByteWriter(16).u32(volume).u32(frames).u64(bytes).toByteArray();
    }

    static ContainerInfo parse(byte[] bytes) throws FormatException {
        ByteReader in = new ByteReader(bytes);
        return new ContainerInfo(in.i32(), in.i32(), in.u64());
    }
}
