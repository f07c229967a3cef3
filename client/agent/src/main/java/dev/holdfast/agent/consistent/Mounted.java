package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Path;

/** Whether something is mounted. */
final class Mounted {
    private Mounted() {}

    /** @param directory without symlinks */
    static boolean at(Path directory) throws IOException {
        TreePath path = tree(directory);
        return !Mounts.read().visible(path::equals).isEmpty();
    }

    /** As a walk has it. */
    static TreePath tree(Path path) throws IOException {
        return TreePath.parse(path.toString().replace("\\", "\\\\"));
    }
}
