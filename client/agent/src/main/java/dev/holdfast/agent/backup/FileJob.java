package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A file to be read by a reader thread, and the way its content reaches the manifest, part by part and in order. */
final class FileJob {
    /** Extents in one part; also the most that wait in memory for each unread part. */
    static final int PART_EXTENTS = 512;

    private static final int PARTS_AHEAD = 4;

    /** Device numbers have 20 bits above the 32 of the minor number. */
    private static final int GENERATION_SHIFT = 52;

    private static final int ALONE = -1;

    /** So that the sum stays positive. */
    static final int MAX_GENERATION = (1 << 11) - 1;

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
    /** As the walk found it. */
    final Stat stat;

    /** Tells files apart that have the same device and inode number one after the other; 0 for the first. */
    private final int generation;

    private final BlockingQueue<Result> results = new ArrayBlockingQueue<>(PARTS_AHEAD);

    FileJob(DirectoryNode directory, byte[] name, TreePath path, Stat stat, int generation) {
        this.directory = directory;
        this.name = name;
        this.path = path;
        this.stat = stat;
        this.generation = generation;
    }

    /**
     * What the manifest says of the file as it was read. Further names refer to it only if it is the file that the walk
     * found; whatever took its place stands for itself.
     */
    Attributes attributes(Stat read) {
        Attributes a = read.attributes();
        return read.sameFile(stat) && generation != ALONE
                ? generation(a, generation)
                : generation(a.withLinks(1, 0), 0);
    }

    /**
     * Whether a file that was read in this state was there under its path: its directory may have been moved, and the file
     * changed behind another path, before it was opened.
     *
     * @param lookAgain even where it was read in the state that the walk saw, since that may have had several contents
     */
    boolean inPlace(Stat read, boolean lookAgain) {
        try {
            // In this order: while the directory was in its place the file had this state.
            return (read.sameState(stat) && !lookAgain)
                    || (directory.inPlace()
                            && directory.use(open -> open.stat(name)).sameState(read));
        } catch (IOException e) {
            return false;
        }
    }

    /** What the file system says now of the file under its path; null where it is not there any more. */
    @Nullable
    Attributes attributesInPlace() {
        try {
            Stat now = directory.use(open -> open.stat(name));
            return inPlace(now, true) ? attributes(now) : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** The same file to be read as one without further names. */
    FileJob alone() {
        return new FileJob(directory, name, path, stat, ALONE);
    }

    static Attributes generation(Attributes a, int generation) {
        return a.links() > 1 ? a.withLinks(a.links(), a.device() | (long) generation << GENERATION_SHIFT) : a;
    }

    void put(Result result) throws InterruptedException {
        results.put(result);
    }

    Result take() throws InterruptedException {
        return results.take();
    }
}
