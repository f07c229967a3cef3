package dev.holdfast.agent.backup;

import dev.holdfast.agent.image.BlockChanges;
import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.agent.image.DiskContent;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of a disk that the source says are unchanged: their extents are taken over from the previous snapshot, which is read along
 * page by page. Whatever is in doubt is read. Used by one thread.
 */
final class UnchangedBlocks {
    private static final int BLOCK = ContentReader.BLOCK_BYTES;

    private final TreePath path;
    private final long size;
    private final BackupStats stats;
    /** Null where nothing is taken over, or nothing more. */
    private @Nullable BlockChanges changes;

    private @Nullable DiskContent content;
    /** The first piece that is not passed yet. */
    private DiskContent.@Nullable Piece piece;

    private UnchangedBlocks(TreePath path, long size, BackupStats stats) {
        this.path = path;
        this.size = size;
        this.stats = stats;
    }

    /** Takes extents of the previous snapshot, in order. */
    interface Taker {
        void take(long position, Extent known) throws IOException;
    }

    /** @param previous that has the records, if it is the snapshot from which the source counts */
    static UnchangedBlocks of(PreviousSnapshot previous, TreePath path, BlockSource disk, BackupStats stats) {
        UnchangedBlocks blocks = new UnchangedBlocks(path, disk.size(), stats);
        disk.changes().ifPresent(changes -> blocks.begin(previous, changes));
        return blocks;
    }

    private void begin(PreviousSnapshot previous, BlockChanges offered) {
        UUID snapshot = previous.snapshot();
        TreeCursor.Pages pages = previous.pages();
        if (snapshot == null || pages == null) {
            offered.unused("nothing is taken over from a previous snapshot");
        } else if (!snapshot.equals(offered.since())) {
            offered.unused("the newest snapshot of these disks, " + snapshot + ", is not " + offered.since()
                    + ", since which changes are known");
        } else {
            try {
                DiskContent opened = DiskContent.open(pages, path);
                if (opened.size() != size) {
                    offered.unused("it had " + opened.size() + " bytes in the previous snapshot");
                    return;
                }
                content = opened;
                piece = opened.next();
                changes = offered;
            } catch (IOException e) {
                offered.unused("the previous snapshot cannot be read: " + e.getMessage());
            }
        }
    }

    /** The block at or after {@code at} that is read next; the size where none is. */
    long nextRead(long at) throws IOException {
        if (changes == null) {
            return at;
        }
        long change = changes.nextChange(at);
        return change < 0 || change >= size ? size : Math.max(at, change / BLOCK * BLOCK);
    }

    /** Where the blocks end that are read from {@code at} on. */
    long nextTaken(long at) throws IOException {
        if (changes == null) {
            return size;
        }
        long blocks = Math.max(at, changes.nextSame(at) - 1) / BLOCK + 1;
        return Math.min(size, blocks * BLOCK);
    }

    /**
     * Takes over a range between blocks that are read.
     *
     * @return where that ended: at {@code to}, or before at a multiple of the block size; then all that follows is read
     */
    long takeOver(long from, long to, Taker taker) throws IOException {
        long at = from;
        while (at < to) {
            DiskContent.Piece next;
            try {
                next = pieceBehind(at);
            } catch (IOException e) {
                giveUp("the previous snapshot cannot be read further: " + e.getMessage(), at);
                return at / BLOCK * BLOCK;
            }
            switch (next) {
                case DiskContent.Piece.Hole hole -> {
                    long end = Math.min(to, hole.position() + hole.length());
                    stats.holeBytes.add(end - at);
                    at = end;
                }
                case DiskContent.Piece.Data data -> {
                    if (data.position() != at || data.length() != Math.min(BLOCK, size - at) || at % BLOCK != 0) {
                        giveUp("the previous snapshot has other blocks", at);
                        return at / BLOCK * BLOCK;
                    }
                    taker.take(at, data.extent());
                    stats.reusedBytes.add(data.length());
                    at += data.length();
                }
            }
        }
        return at;
    }

    private DiskContent.Piece pieceBehind(long position) throws IOException {
        DiskContent from = content;
        while (from != null && piece != null && piece.position() + piece.length() <= position) {
            piece = from.next();
        }
        if (piece == null) {
            throw new IOException("it ends before the disk");
        }
        return piece;
    }

    private void giveUp(String why, long at) {
        if (changes != null) {
            changes.unused(why + " (from byte " + at + " on)");
        }
        changes = null;
        content = null;
    }

    /**
     * After the last block.
     *
     * @throws PreviousBrokenException where what was taken over may be a mixture of several moments
     */
    void end() throws PreviousBrokenException {
        DiskContent from = content;
        if (from == null) {
            return;
        }
        try {
            while (piece != null) {
                piece = from.next();
            }
        } catch (IOException e) {
            throw new PreviousBrokenException(path);
        }
        if (from.changed()) {
            throw new PreviousBrokenException(path);
        }
    }
}
