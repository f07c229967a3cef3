package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/** A file to be read by a reader thread, and the way its content reaches the manifest, part by part and in order. */
final class FileJob {
    /** Extents in one part; also the most that wait in memory for each unread part. */
    static final int PART_EXTENTS = 512;

    private static final int PARTS_AHEAD = 4;

    /** What a reader found out. */
    sealed interface Result {
        /**
         * @param length of the whole content; on the last part alone
         * @param acknowledged the chunks that must have arrived before the manifest may refer to them
         */
        record Part(
                Attributes attributes,
                List<Extent> extents,
                boolean last,
                boolean changed,
                long length,
                List<CompletableFuture<Void>> acknowledged)
                implements Result {}

        /** The file is left out; the problem is reported already. */
        record LeftOut() implements Result {}
    }

    final DirectoryNode directory;
    final byte[] name;
    final TreePath path;
    final Stat stat;
    private final BlockingQueue<Result> results = new ArrayBlockingQueue<>(PARTS_AHEAD);

    FileJob(DirectoryNode directory, byte[] name, TreePath path, Stat stat) {
        this.directory = directory;
        this.name = name;
        this.path = path;
        this.stat = stat;
    }

    void put(Result result) throws InterruptedException {
        results.put(result);
    }

    Result take() throws InterruptedException {
        return results.take();
    }
}
