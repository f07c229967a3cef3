package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import java.io.IOException;

/** What is backed up in place of files that a walk finds. */
interface Given {
    /** Who takes it: {@code output} the records in order, {@code readers} the content. */
    record Takers(DirectoryNode root, WalkOutput output, FileReaders readers, BackupStats stats) {}

    /** Hands everything on; one thread calls it, once. */
    void give(Takers takers) throws IOException, InterruptedException;
}
