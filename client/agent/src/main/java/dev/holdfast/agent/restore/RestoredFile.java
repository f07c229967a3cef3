package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A regular file on its way back. The planning thread fills in what is to come, writer threads bring it; the fields they
 * share are guarded by this object.
 */
final class RestoredFile {
    final DirectoryNode parent;
    final TreePath path;
    final Node.RegularFile node;
    /** The name written under; the final one is taken by a rename where something is in its place. */
    final byte[] writeName;
    /** Whether earlier bytes may be right already, from an attempt that was cut off. */
    final boolean resumed;

    private Directory.@Nullable FileHandle handle;
    private boolean created;
    boolean damaged;
    long planned;
    long length;
    boolean complete;
    int placesLeft;
    /** The last window with a part of it; of the planning thread alone. */
    int lastWindow;
    /** How far it has been written; its size, unless an earlier attempt began it. */
    private long writtenEnd;

    RestoredFile(DirectoryNode parent, TreePath path, Node.RegularFile node, byte[] writeName, boolean resumed) {
        this.parent = parent;
        this.path = path;
        this.node = node;
        this.writeName = writeName;
        this.resumed = resumed;
        this.created = resumed;
    }

    boolean renamed() {
        return !Arrays.equals(writeName, node.name());
    }

    synchronized void write(long position, byte[] data, int offset, int count) throws IOException {
        open().write(position, data, offset, count);
        writtenEnd = Math.max(writtenEnd, position + count);
    }

    synchronized Directory.FileHandle open() throws IOException {
        Directory.FileHandle file = handle;
        if (file == null) {
            file = parent.use(
                    directory -> created ? directory.openForUpdate(writeName) : directory.createFile(writeName));
            created = true;
            handle = file;
            // The name may stand for another file since it was looked at.
            if (resumed && !Restore.resumable(file.stat())) {
                closeHandle();
                throw FormatException.corrupt("somebody else replaced the file that the restore writes to");
            }
        }
        return file;
    }

    synchronized void closeHandle() throws IOException {
        Directory.FileHandle file = handle;
        handle = null;
        if (file != null) {
            file.close();
        }
    }

    /** Sets size and attributes, and takes the final name. */
    synchronized void finish(ExistingFiles existing) throws IOException {
        if (damaged) {
            // Bytes are missing: keep what there is, under a name that nobody takes for the file.
            closeHandle();
            return;
        }
        Directory.FileHandle file = open();
        if (resumed || writtenEnd != length) {
            file.truncate(length);
        }
        file.apply(node.attributes()).forEach(lost -> existing.problem(path, lost));
        closeHandle();
        if (renamed()) {
            parent.use(directory -> {
                directory.rename(writeName, node.name());
                return true;
            });
        }
        existing.stats().files.increment();
    }

    /** Whether an attempt that was cut off wrote this extent: read it back and hash it. */
    synchronized boolean holds(long position, Extent extent) throws IOException {
        if (extent.offset() != 0 || extent.length() != extent.chunkLength()) {
            return false;
        }
        byte[] bytes = new byte[extent.length()];
        Directory.FileHandle file = open();
        int filled = 0;
        while (filled < bytes.length) {
            int count = file.read(position + filled, bytes, filled, bytes.length - filled);
            if (count <= 0) {
                return false;
            }
            filled += count;
        }
        return Digest.of(bytes).equals(extent.chunk());
    }
}
