package dev.holdfast.store.disk;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Copies containers, from wherever they can be read. */
public final class DiskCopy {
    private static final int BLOCK_BYTES = 1 << 20;

    private DiskCopy() {}

    /**
     * Makes a file with the content of another, on stable storage when this returns.
     *
     * @param source is closed
     * @throws FormatException where the source ends before its size
     */
    public static void make(Disk disk, Path target, Disk.DiskFile source) throws IOException {
        try (Disk.DiskFile from = source;
                Disk.DiskFile to = disk.create(target)) {
            ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
            long size = from.size();
            for (long at = 0; at < size; ) {
                block.clear();
                int count = from.read(block, at);
                if (count <= 0) {
                    throw FormatException.corrupt("it ends after " + at + " of " + size + " bytes");
                }
                to.write(block.flip(), at);
                at += count;
            }
            to.sync();
        }
    }
}
