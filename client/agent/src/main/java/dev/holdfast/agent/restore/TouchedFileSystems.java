package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The file systems that a restore comes to below its target, each by the first directory of it. Many take what they cannot keep, and
 * say so only when they are asked to write everything. Used by one thread.
 */
final class TouchedFileSystems {
    private final ExistingFiles existing;
    private final Map<Long, Mounted> byDevice = new LinkedHashMap<>();

    private record Mounted(TreePath path, DirectoryNode node) {}

    TouchedFileSystems(ExistingFiles existing) {
        this.existing = existing;
    }

    /** Notes a directory that was there before the restore: no other can be where a file system is mounted. */
    void enter(TreePath path, DirectoryNode node) throws IOException {
        long device = node.use(Directory::stat).device();
        byDevice.putIfAbsent(device, new Mounted(path, node));
    }

    /** Waits until all have what was written. Throws where that of the target itself fails, reports the failure of others. */
    void sync() throws IOException {
        for (Mounted each : byDevice.values()) {
            try {
                each.node.use(directory -> {
                    directory.sync();
                    return true;
                });
                if (!each.node.inPlace()) {
                    existing.problem(
                            each.path,
                            "no longer leads to the directory that was restored into: it was unmounted, moved or replaced"
                                    + " meanwhile; restore it again");
                }
            } catch (IOException e) {
                if (each.path.isRoot()) {
                    throw e;
                }
                existing.problem(
                        each.path,
                        "the file system that is mounted here may have lost what was restored to it: " + e.getMessage()
                                + "; restore it again");
            }
        }
    }
}
