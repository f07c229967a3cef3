package dev.holdfast.agent.image;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The content of one disk, or of any file, of a snapshot: its extents in order, read page by page. Used by one thread. */
public final class DiskContent {
    private final TreeCursor cursor;
    private final long size;
    private Content part;
    private int next;
    private long position;
    /** Whether the hole in front of the next extent is still to be told. */
    private boolean gapLeft = true;

    /** A piece of the disk. */
    public sealed interface Piece {
        long position();

        long length();

        /** Bytes of a chunk. */
        record Data(long position, Extent extent) implements Piece {
            @Override
            public long length() {
                return extent.length();
            }
        }

        /** Zeros. */
        record Hole(long position, long length) implements Piece {}
    }

    private DiskContent(TreeCursor cursor, long size, Content first) {
        this.cursor = cursor;
        this.size = size;
        this.part = first;
    }

    /** @throws RemoteException where the snapshot has no such file */
    public static DiskContent open(TreeCursor.Pages manifest, TreePath disk) throws IOException {
        TreeCursor cursor = new TreeCursor(manifest);
        cursor.seek(disk);
        TreeCursor.Entry entry = cursor.next();
        while (entry != null && entry.path().compareTo(disk) < 0) {
            entry = cursor.next();
        }
        if (entry == null
                || !entry.path().equals(disk)
                || !(entry.node() instanceof Node.RegularFile(byte[] _, var attributes, Content content))) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "the snapshot has no disk " + disk);
        }
        return new DiskContent(cursor, attributes.size(), content);
    }

    /** The disks of a snapshot that was made of disks, by path. */
    static List<TreePath> list(TreeCursor.Pages manifest) throws IOException {
        TreePath directory = TreePath.parse(Disks.DIRECTORY);
        TreePath description = TreePath.parse(Disks.DIRECTORY + "/" + Disks.DESCRIPTION);
        TreeCursor cursor = new TreeCursor(manifest);
        cursor.seek(directory);
        List<TreePath> found = new ArrayList<>();
        for (TreeCursor.Entry each = cursor.nextWithin(directory); each != null; each = cursor.nextWithin(directory)) {
            if (each.node() instanceof Node.RegularFile && !each.path().equals(description)) {
                found.add(each.path());
            }
        }
        return found;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** After the last piece: whether the content is a mixture of several moments. */
    public boolean changed() {
        return part.changed();
    }

    /** The next piece; they leave nothing out. Null behind the last. */
    public @Nullable Piece next() throws IOException {
        while (next == part.extents().size() && part.more()) {
            TreeCursor.Entry rest = cursor.next();
            if (rest == null || !(rest.node() instanceof Node.More(Content more))) {
                throw FormatException.corrupt("the manifest lacks the rest of a file");
            }
            part = more;
            next = 0;
        }
        if (next == part.extents().size()) {
            return position < size ? hole(size) : null;
        }
        Extent extent = part.extents().get(next);
        if (extent.gap() > 0 && gapLeft) {
            gapLeft = false;
            return hole(position + extent.gap());
        }
        gapLeft = true;
        next++;
        Piece.Data data = new Piece.Data(position, extent);
        position += extent.length();
        if (position > size) {
            throw FormatException.corrupt("the manifest has more content of a file than its size");
        }
        return data;
    }

    private Piece hole(long to) {
        Piece hole = new Piece.Hole(position, to - position);
        position = to;
        return hole;
    }
}
