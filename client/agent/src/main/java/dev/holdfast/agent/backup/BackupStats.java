package dev.holdfast.agent.backup;

import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Message;
import java.util.concurrent.atomic.LongAdder;

/** What a backup has done so far; written by many threads, read for progress and the summary. */
public final class BackupStats {
    public final LongAdder files = new LongAdder();
    public final LongAdder directories = new LongAdder();
    public final LongAdder others = new LongAdder();
    /** Content of files seen, holes included. */
    public final LongAdder bytes = new LongAdder();
    /** Files taken over from the previous snapshot, and their content. */
    public final LongAdder reusedFiles = new LongAdder();

    public final LongAdder reusedBytes = new LongAdder();
    public final LongAdder readBytes = new LongAdder();
    /** Of files that were read. */
    public final LongAdder holeBytes = new LongAdder();

    /** Of what was read of disks: blocks of zeros, which are not stored. */
    public final LongAdder zeroBytes = new LongAdder();

    /** Of disks: blocks that file systems have not allocated, and that were not read for that reason. */
    public final LongAdder unallocatedBytes = new LongAdder();

    public final LongAdder sentChunks = new LongAdder();
    public final LongAdder sentBytes = new LongAdder();
    public final LongAdder wireBytes = new LongAdder();
    /** Of these, manifest pages and reports. */
    public final LongAdder sentMetadataBytes = new LongAdder();

    public final LongAdder openedFiles = new LongAdder();
    public final LongAdder problems = new LongAdder();
    private volatile TreePath path = TreePath.ROOT;

    /** A file is read, or taken over. */
    void at(TreePath file) {
        path = file;
    }

    /** Content that was read or taken over, holes included: the size of all files once everything is read. */
    public long seenBytes() {
        return readBytes.sum() + reusedBytes.sum() + holeBytes.sum();
    }

    /** What it did so far, for reports. */
    public Message.Figures figures() {
        TreePath now = path;
        return new Message.Figures(files.sum(), seenBytes(), wireBytes.sum(), now.isRoot() ? "" : now.toString());
    }
}
