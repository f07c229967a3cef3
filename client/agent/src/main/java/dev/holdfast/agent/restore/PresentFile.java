package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Extent;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A regular file that exists where another one is to be restored. The restore reads it to compare its content, and copies the
 * content that is correct. It may be closed between two uses; the next use opens it again, and fails if the file was replaced or
 * changed meanwhile. One thread at a time uses it: the planning thread first, then the thread that finishes or abandons the
 * {@link RestoredFile}. A {@link RestoredFile} closes it only while no thread uses it.
 */
final class PresentFile {
    private static final int BLOCK_BYTES = 1 << 18;

    private final Slot slot;
    private final byte[] name;
    private final Stat first;
    private Directory.@Nullable FileHandle handle;

    private PresentFile(Slot slot, Directory.FileHandle handle, Stat first) {
        this.slot = slot;
        this.name = slot.name();
        this.handle = handle;
        this.first = first;
    }

    /** Null where it cannot be read, or is no regular file any more. */
    static @Nullable PresentFile open(Slot slot, Directory directory) throws IOException {
        Directory.FileHandle handle;
        try {
            handle = directory.openFile(slot.name());
        } catch (OsException e) {
            return null;
        }
        Stat stat = handle.stat();
        if (stat.type() != Stat.Type.FILE) {
            handle.close();
            return null;
        }
        return new PresentFile(slot, handle, stat);
    }

    Stat stat() {
        return first;
    }

    /** The file as it was at first. */
    Directory.FileHandle open() throws IOException {
        Directory.FileHandle file = handle;
        if (file == null) {
            file = slot.parent.use(directory -> directory.openFile(name));
            handle = file;
        }
        if (!file.stat().sameState(first)) {
            throw FormatException.corrupt("another program changed it while it was restored; restore it again");
        }
        return file;
    }

    void close() throws IOException {
        Directory.FileHandle file = handle;
        handle = null;
        if (file != null) {
            file.close();
        }
    }

    /** Its bytes at the position, null where it ends before. */
    byte @Nullable [] read(long position, int length) throws IOException {
        return position + length > first.size() ? null : read(handle(), position, length);
    }

    private Directory.FileHandle handle() throws IOException {
        Directory.FileHandle file = handle;
        return file == null ? open() : file;
    }

    static byte @Nullable [] read(Directory.FileHandle file, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            int count = file.read(position + filled, bytes, filled, length - filled);
            if (count <= 0) {
                return null;
            }
            filled += count;
        }
        return bytes;
    }

    /** Whether it holds a whole chunk's bytes. Digests of parts of chunks are not known. */
    static boolean holds(byte @Nullable [] bytes, Extent extent, HashAlgorithm hash) {
        return bytes != null && hash.digest(bytes).equals(extent.chunk());
    }

    /** Whether it reads as zeros from one position to another, or ends before. */
    boolean zeros(long from, long to) throws IOException {
        return firstData(handle(), from, Math.min(to, first.size())) < 0;
    }

    /** The position of the first block with a byte that is not 0; -1 where there is none. */
    static long firstData(Directory.FileHandle file, long from, long to) throws IOException {
        byte[] block = new byte[(int) Math.max(0, Math.min(BLOCK_BYTES, to - from))];
        byte[] zeros = new byte[block.length];
        for (long at = from; at < to; ) {
            long data = file.nextData(at);
            if (data < 0 || data >= to) {
                return -1;
            }
            int count = file.read(data, block, 0, (int) Math.min(block.length, to - data));
            if (count <= 0) {
                return -1;
            }
            if (!Arrays.equals(block, 0, count, zeros, 0, count)) {
                return data;
            }
            at = data + count;
        }
        return -1;
    }

    /** Copies its bytes up to a position, holes as holes. */
    void copy(Directory.FileHandle to, long end) throws IOException {
        Directory.FileHandle from = open();
        byte[] block = new byte[BLOCK_BYTES];
        long size = Math.min(end, first.size());
        for (long at = from.nextData(0); at >= 0 && at < size; ) {
            int count = from.read(at, block, 0, (int) Math.min(block.length, size - at));
            if (count <= 0) {
                break;
            }
            to.write(at, block, 0, count);
            long next = at + count;
            at = next < from.nextHole(at) ? next : from.nextData(next);
        }
        open();
    }
}
