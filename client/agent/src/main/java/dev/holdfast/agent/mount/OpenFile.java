package dev.holdfast.agent.mount;

import dev.holdfast.protocol.manifest.Extent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** An open file, with read-ahead for sequential reads. Safe for use by several threads. */
final class OpenFile {
    private static final long FIRST_WINDOW_BYTES = 1L << 20;
    private static final long MAX_WINDOW_BYTES = 16L << 20;
    /** The kernel asks for neighbouring parts in any order. */
    private static final long NEAR_BYTES = 2L << 20;

    private final FileContent content;
    private final ChunkCache chunks;
    private final long maxWindow;
    private long expected;
    private long window = FIRST_WINDOW_BYTES;
    /** Everything before it was asked for. */
    private long fetched;

    OpenFile(FileContent content, ChunkCache chunks, long cacheBytes) {
        this.content = content;
        this.chunks = chunks;
        this.maxWindow = Math.clamp(cacheBytes / 4, FIRST_WINDOW_BYTES, MAX_WINDOW_BYTES);
    }

    FileContent content() {
        return content;
    }

    /** Reads up to {@code size} bytes to the beginning of {@code to}; returns how many there are. */
    int read(long offset, int size, MemorySegment to) throws IOException {
        List<ChunkCache.Piece> pieces = new ArrayList<>();
        long[] end = {offset};
        content.extents(offset, offset + size, (position, extent) -> {
            long from = Math.max(offset, position);
            long until = Math.min(offset + size, position + extent.length());
            int inChunk = extent.offset() + (int) (from - position);
            pieces.add(new ChunkCache.Piece(extent, inChunk, (int) (until - from), from - offset));
            end[0] = until;
            return true;
        });
        // The length is known at the end of the list of extents alone, which matters near the end of the file.
        long length = end[0] == offset + size ? end[0] : content.length();
        int available = Math.clamp(length - offset, 0, size);
        to.asSlice(0, available).fill((byte) 0);
        ahead(offset, offset + available);
        chunks.read(pieces, to);
        return available;
    }

    private void ahead(long from, long to) throws IOException {
        long begin;
        long end;
        synchronized (this) {
            boolean near = Math.abs(from - expected) <= NEAR_BYTES;
            expected = to;
            if (!near) {
                window = FIRST_WINDOW_BYTES;
                fetched = to;
                return;
            }
            if (fetched - to > window / 2) {
                return;
            }
            begin = Math.max(fetched, from);
            end = to + window;
            fetched = end;
            window = Math.min(maxWindow, window * 2);
        }
        List<Extent> soon = new ArrayList<>();
        content.extents(begin, end, (position, extent) -> soon.add(extent));
        chunks.prefetch(soon);
    }
}
