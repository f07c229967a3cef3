package dev.holdfast.control.image;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the bytes of a file are that one page of its manifest tells of. Arrays, for a disk of terabytes has millions. Immutable.
 *
 * @param starts of the extents in the file, ascending
 * @param ends likewise
 * @param offsets in their chunks
 */
record Extents(long[] starts, long[] ends, int[] offsets, Digest[] chunks) {
    /** Of an extent, with what its digest takes. */
    private static final int EXTENT_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES + 80;

    private static final int OVERHEAD_BYTES = 256;

    int heapBytes() {
        return OVERHEAD_BYTES + starts.length * EXTENT_BYTES;
    }

    /** Reads a page. */
    static Extents read(Store store, ImageCache.Part part) throws IOException {
        Page page = Page.parse(store.reader().readVerified(part.page()));
        List<Content> contents = new ArrayList<>();
        int skip = part.skip();
        for (Node each : page.records()) {
            if (!(each instanceof Node.RegularFile || each instanceof Node.More) || skip-- > 0) {
                continue;
            }
            Content content = each instanceof Node.More(Content more) ? more : ((Node.RegularFile) each).content();
            contents.add(content);
            if (!content.more()) {
                break;
            }
        }
        return of(contents, part.start());
    }

    private static Extents of(List<Content> contents, long start) throws FormatException {
        int count = contents.stream().mapToInt(each -> each.extents().size()).sum();
        Extents extents = new Extents(new long[count], new long[count], new int[count], new Digest[count]);
        long at = start;
        int next = 0;
        for (Content content : contents) {
            for (Extent extent : content.extents()) {
                extents.starts[next] = at + extent.gap();
                at += extent.gap() + extent.length();
                if (extents.starts[next] < start || at < extents.starts[next]) {
                    throw FormatException.corrupt("the extents of a file go beyond what can be addressed");
                }
                extents.ends[next] = at;
                extents.offsets[next] = extent.offset();
                extents.chunks[next] = extent.chunk();
                next++;
            }
        }
        return extents;
    }

    int count() {
        return starts.length;
    }

    /** The number of the first extent that ends behind an offset; their count where none does. */
    int firstBehind(long offset) {
        int found = Arrays.binarySearch(ends, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return starts.length + " extents";
    }
}
