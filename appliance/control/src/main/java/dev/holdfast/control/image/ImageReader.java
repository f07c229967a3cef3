package dev.holdfast.control.image;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.nbd.NbdExtent;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads any part of a large file of a snapshot, such as the disk of a machine that runs from its backup. Each chunk is rehashed when it is
 * read. The caller keeps the snapshot from being deleted. Safe for use by several threads; nothing to close.
 */
public final class ImageReader implements Image {
    /** So much is read ahead of a reader that reads in order. */
    private static final int AHEAD_BYTES = 1 << 20;

    private final ImageCache cache;
    private final ImageIndex index;
    /** Where the read before ended. Readers in several threads may see one another's: that only costs reading ahead. */
    private volatile long last = -1;

    private ImageReader(ImageCache cache, ImageIndex index) {
        this.cache = cache;
        this.index = index;
    }

    /**
     * Opens a file, which takes as long as reading all of its list of chunks.
     *
     * @throws NoSuchFileException where the snapshot has no such regular file
     */
    public static ImageReader open(ImageCache cache, StoredSnapshot snapshot, TreePath path) throws IOException {
        return new ImageReader(cache, ImageIndex.of(cache.store(), snapshot, path));
    }

    @Override
    public long size() {
        return index.size();
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        long end = offset + target.remaining();
        if (offset < 0 || end > size()) {
            throw new EOFException("bytes " + offset + " to " + end + " of " + size());
        }
        Cursor cursor = new Cursor(offset);
        while (target.hasRemaining()) {
            long at = end - target.remaining();
            if (!cursor.forward(at) || cursor.start() >= end) {
                Image.zeros(target, target.remaining());
                break;
            }
            Image.zeros(target, (int) Math.max(0, cursor.start() - at));
            long from = Math.max(at, cursor.start());
            int length = (int) (Math.min(end, cursor.end()) - from);
            cache.read(cursor.chunk(), Math.toIntExact(cursor.offset() + from - cursor.start()), length, target);
        }
        boolean inOrder = last == offset;
        last = end;
        if (inOrder) {
            ahead(end, AHEAD_BYTES);
        }
    }

    @Override
    public boolean ahead(long offset, long length) throws IOException {
        Cursor cursor = new Cursor(offset);
        long end = Math.min(size(), offset + length);
        for (long at = offset; at < end && cursor.forward(at) && cursor.start() < end; at = cursor.end()) {
            if (!cache.ahead(cursor.chunk())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public List<NbdExtent> status(long offset, long length, int most) throws IOException {
        List<NbdExtent> found = new ArrayList<>();
        Cursor cursor = new Cursor(offset);
        long end = Math.min(size(), offset + length);
        long at = offset;
        while (at < end && found.size() <= most) {
            if (!cursor.forward(at) || cursor.start() >= end) {
                NbdExtent.append(found, NbdExtent.hole(at, end - at));
                break;
            }
            if (cursor.start() > at) {
                NbdExtent.append(found, NbdExtent.hole(at, cursor.start() - at));
            }
            long from = Math.max(at, cursor.start());
            NbdExtent.append(found, NbdExtent.data(from, Math.min(end, cursor.end()) - from));
            at = Math.min(end, cursor.end());
        }
        return found.size() > most ? found.subList(0, most) : found;
    }

    /** Goes through the extents from an offset on. */
    private final class Cursor {
        private int part;
        private Extents extents;
        private int extent;

        Cursor(long offset) throws IOException {
            part = index.part(offset);
            extents = cache.extents(index.parts().get(part));
        }

        /** Moves to the first extent that ends behind an offset; returns whether there is one. */
        boolean forward(long offset) throws IOException {
            while (true) {
                if (extent < extents.count() && extents.ends()[extent] > offset) {
                    return true;
                }
                extent = extents.firstBehind(offset);
                if (extent < extents.count()) {
                    return true;
                }
                if (part + 1 == index.parts().size()) {
                    return false;
                }
                extents = cache.extents(index.parts().get(++part));
                extent = 0;
            }
        }

        long start() {
            return extents.starts()[extent];
        }

        long end() {
            return extents.ends()[extent];
        }

        int offset() {
            return extents.offsets()[extent];
        }

        Digest chunk() {
            return extents.chunks()[extent];
        }
    }
}
