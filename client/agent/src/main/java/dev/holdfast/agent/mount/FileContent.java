package dev.holdfast.agent.mount;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import java.io.IOException;
import java.util.Arrays;

/**
 * Where the bytes of a file are. Of each part of its list of extents the first offset is kept, 16 bytes for some thousands of
 * extents; parts are read from the manifest when they are used, and counted as far as somebody read. Safe for use by several
 * threads.
 */
final class FileContent {
    private final SnapshotTree tree;
    private long[] places = new long[1];
    /** Where each part begins, and the last one ends. */
    private long[] starts = new long[2];

    private int parts;
    private long dataBytes;
    /** Where the next part is looked for; none if all are known. */
    private long next;

    private boolean whole;
    private long length;

    /** @param place of the file's own record */
    FileContent(SnapshotTree tree, long place) {
        this.tree = tree;
        this.next = place;
    }

    /** Takes runs of bytes in the order of the file. */
    interface Visitor {
        /** @return whether to go on */
        boolean run(long position, Extent extent) throws IOException;
    }

    /** Visits the extents that end behind {@code from} and begin before {@code to}. */
    void extents(long from, long to, Visitor visitor) throws IOException {
        for (int part = partOf(from); part >= 0; part = after(part, to)) {
            long at = starts(part);
            for (Extent extent : content(place(part)).extents()) {
                at += extent.gap();
                if (at >= to) {
                    return;
                }
                if (at + extent.length() > from && !visitor.run(at, extent)) {
                    return;
                }
                at += extent.length();
            }
        }
    }

    long length() throws IOException {
        readTo(Long.MAX_VALUE);
        synchronized (this) {
            return length;
        }
    }

    /** Without holes. */
    long dataBytes() throws IOException {
        readTo(Long.MAX_VALUE);
        synchronized (this) {
            return dataBytes;
        }
    }

    private synchronized long starts(int part) {
        return starts[part];
    }

    private synchronized long place(int part) {
        return places[part];
    }

    /** The part that an offset is in, or would be; -1 where there is none. */
    private int partOf(long offset) throws IOException {
        readTo(offset);
        synchronized (this) {
            int found = Arrays.binarySearch(starts, 0, parts, offset);
            return found >= 0 ? found : Math.max(0, -found - 2);
        }
    }

    private int after(int part, long to) throws IOException {
        readTo(starts(part + 1));
        synchronized (this) {
            return part + 1 < parts && starts[part + 1] < to ? part + 1 : -1;
        }
    }

    /** Counts parts until one ends behind an offset. */
    private synchronized void readTo(long offset) throws IOException {
        while (!whole && (parts == 0 || starts[parts] <= offset)) {
            next = locate(next);
            Content content = content(next);
            long at = starts[parts];
            for (Extent extent : content.extents()) {
                at += extent.gap() + extent.length();
                dataBytes += extent.length();
            }
            if (parts + 2 > starts.length) {
                places = Arrays.copyOf(places, 2 * parts);
                starts = Arrays.copyOf(starts, 2 * parts + 1);
            }
            places[parts++] = next;
            starts[parts] = at;
            if (content.more()) {
                next++;
            } else {
                whole = true;
                length = content.length();
            }
        }
    }

    /** The record at a place, or at the beginning of the next page. */
    private long locate(long place) throws IOException {
        int number = SnapshotTree.pageOf(place);
        boolean beyond =
                SnapshotTree.recordOf(place) >= (parts == 0 ? tree.page(number) : tree.pageInTurn(number)).size();
        return beyond ? SnapshotTree.place(number + 1, 0) : place;
    }

    private Content content(long place) throws IOException {
        IndexedPage page = tree.page(SnapshotTree.pageOf(place));
        int record = SnapshotTree.recordOf(place);
        return switch (record < page.size() ? page.record(record) : null) {
            case Node.RegularFile file -> file.content();
            case Node.More(Content content) -> content;
            case null, default -> throw FormatException.corrupt("the manifest lacks the rest of a file");
        };
    }
}
