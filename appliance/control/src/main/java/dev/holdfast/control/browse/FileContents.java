package dev.holdfast.control.browse;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** What files contain, read from the store and rehashed. Memory is a chunk. One thread's. */
public final class FileContents {
    private static final byte[] ZEROS = new byte[64 << 10];

    private final Store store;
    private final SnapshotTree tree;
    private @Nullable Digest lastDigest;
    private byte[] lastChunk = new byte[0];

    public FileContents(Store store, SnapshotTree tree) {
        this.store = store;
        this.tree = tree;
    }

    /**
     * Writes a file's content, as long as its header said; zeros stand for what it lost while it was read.
     *
     * @param cursor that stands behind the file, and moves behind all of its content
     */
    public void write(TreeCursor cursor, Node.RegularFile file, OutputStream out) throws IOException {
        long at = part(file.content(), 0, out);
        for (boolean more = file.content().more(); more; ) {
            Content content = rest(cursor);
            at = part(content, at, out);
            more = content.more();
        }
        zeros(file.attributes().size() - at, out);
    }

    /**
     * The beginning of a file's content; zeros stand for holes, as in {@link #write}.
     *
     * @param cursor that stands behind the file
     */
    byte[] head(TreeCursor cursor, Node.RegularFile file, int mostBytes) throws IOException {
        byte[] head = new byte[(int) Math.min(mostBytes, file.attributes().size())];
        long at = 0;
        for (Content content = file.content(); ; content = rest(cursor)) {
            for (Extent extent : content.extents()) {
                at += extent.gap();
                if (at >= head.length) {
                    return head;
                }
                int length = (int) Math.min(extent.length(), head.length - at);
                System.arraycopy(chunk(extent.chunk()), extent.offset(), head, (int) at, length);
                at += extent.length();
            }
            if (!content.more() || at >= head.length) {
                return head;
            }
        }
    }

    /** Why a file cannot be read, null where it can. Reads all of it; a vault that is away or frozen says nothing of it. */
    @Nullable
    String damage(TreePath path, Node.RegularFile file) throws IOException {
        try {
            look(file.content());
            if (file.content().more()) {
                TreeCursor cursor = tree.cursor();
                cursor.seek(path);
                cursor.nextWithin(path);
                for (boolean more = true; more; ) {
                    Content content = rest(cursor);
                    look(content);
                    more = content.more();
                }
            }
            return null;
        } catch (FormatException | NoSuchFileException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static Content rest(TreeCursor cursor) throws IOException {
        TreeCursor.Entry entry = cursor.next();
        if (entry == null || !(entry.node() instanceof Node.More(Content content))) {
            throw FormatException.corrupt("the manifest lacks the rest of a file");
        }
        return content;
    }

    private void look(Content content) throws IOException {
        for (Extent extent : content.extents()) {
            chunk(extent.chunk());
        }
    }

    private long part(Content content, long from, OutputStream out) throws IOException {
        long at = from;
        for (Extent extent : content.extents()) {
            zeros(extent.gap(), out);
            out.write(chunk(extent.chunk()), extent.offset(), extent.length());
            at += extent.gap() + extent.length();
        }
        return at;
    }

    /** Small files that lie together share a chunk. */
    private byte[] chunk(Digest digest) throws IOException {
        if (!digest.equals(lastDigest)) {
            lastChunk = store.reader().readVerified(digest);
            lastDigest = digest;
        }
        return lastChunk;
    }

    private static void zeros(long count, OutputStream out) throws IOException {
        if (count < 0) {
            throw new IOException("a file is longer than it says");
        }
        for (long left = count; left > 0; left -= ZEROS.length) {
            out.write(ZEROS, 0, (int) Math.min(left, ZEROS.length));
        }
    }
}
