package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import java.io.IOException;

/** What is backed up in place of files that a walk finds. */
interface Given {
    /** Who takes it: {@code output} the records in order, {@code readers} the content; {@code previous} what it may be taken over from. */
    record Takers(
            DirectoryNode root, WalkOutput output, FileReaders readers, BackupStats stats, PreviousSnapshot previous) {}

    /** Whether some of it may be taken over from the previous snapshot. */
    default boolean takesOver() {
        return false;
    }

    /** Hands everything on; one thread calls it, once. */
    void give(Takers takers) throws IOException, InterruptedException;
}
