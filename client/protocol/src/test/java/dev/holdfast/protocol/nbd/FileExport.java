package dev.holdfast.protocol.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A file as an export. Blocks of 64 KiB that were zeros when it was opened, or were made so since, are holes; a block that was
 * written is data. Each connection opens its own, so that only exports of which one writes are exact about holes.
 */
public final class FileExport implements NbdExport {
    static final int BLOCK = 64 << 10;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(BLOCK);

    private final FileChannel file;
    private final long size;
    private final boolean readOnly;
    private final boolean sparse;
    private final BitSet data = new BitSet();

    private FileExport(Path path, boolean readOnly, boolean sparse) throws IOException {
        this.file = readOnly
                ? FileChannel.open(path, StandardOpenOption.READ)
                : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.size = file.size();
        this.readOnly = readOnly;
        this.sparse = sparse;
        if (sparse) {
            scan();
        }
    }

    /** @param sparse whether it looks for blocks of zeros; else all is data */
    public static FileExport open(Path path, boolean readOnly, boolean sparse) throws IOException {
        return new FileExport(path, readOnly, sparse);
    }

    private void scan() throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        for (long at = 0; at < size; at += BLOCK) {
            int length = (int) Math.min(BLOCK, size - at);
            block.clear().limit(length);
            read(at, block);
            if (block.flip().mismatch(ZEROS.slice(0, length)) >= 0) {
                data.set((int) (at / BLOCK));
            }
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean multiConn() {
        return readOnly || !sparse;
    }

    @Override
    public String description() {
        return "a file";
    }

    @Override
    public boolean sparse() {
        return sparse;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int got = file.read(target, at);
            if (got < 0) {
                throw new EOFException("the file was cut off at " + at);
            }
            at += got;
        }
    }

    @Override
    public List<NbdExtent> status(long offset, long length) {
        if (!sparse) {
            return List.of(NbdExtent.data(offset, length));
        }
        List<NbdExtent> extents = new ArrayList<>();
        long at = offset;
        while (at < offset + length && extents.size() < NbdExports.MAX_EXTENTS) {
            int block = (int) (at / BLOCK);
            boolean isData = hasData(block);
            long end = Math.min(size, (block + 1L) * BLOCK);
            NbdExtent.append(extents, isData ? NbdExtent.data(at, end - at) : NbdExtent.hole(at, end - at));
            at = end;
        }
        return extents;
    }

    private synchronized boolean hasData(int block) {
        return data.get(block);
    }

    private synchronized void mark(long offset, long length, boolean isData) {
        // Only whole blocks become holes.
        int from = (int) (isData ? offset / BLOCK : (offset + BLOCK - 1) / BLOCK);
        int to = (int)
                (isData || offset + length == size ? (offset + length + BLOCK - 1) / BLOCK : (offset + length) / BLOCK);
        if (from < to) {
            data.set(from, to, isData);
        }
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        int length = source.remaining();
        long at = offset;
        while (source.hasRemaining()) {
            at += file.write(source, at);
        }
        mark(offset, length, true);
    }

    @Override
    public void zero(long offset, long length, boolean mayTrim) throws IOException {
        for (long at = offset; at < offset + length; ) {
            at += file.write(ZEROS.slice(0, (int) Math.min(BLOCK, offset + length - at)), at);
        }
        mark(offset, length, !mayTrim);
    }

    @Override
    public boolean zeroesFast(long offset, long length, boolean mayTrim) {
        return false;
    }

    @Override
    public void trim(long offset, long length) throws IOException {
        zero(offset, length, true);
    }

    @Override
    public void flush() throws IOException {
        file.force(false);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
