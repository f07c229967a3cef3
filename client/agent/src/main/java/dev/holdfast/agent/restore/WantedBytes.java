package dev.holdfast.agent.restore;

import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.List;

/** How much a restore of parts of a snapshot has to do. */
public final class WantedBytes {
    private WantedBytes() {}

    /** Bytes of the files at and below these paths, as {@link RestoreStats#handledBytes} counts them. */
    public static long count(TreeCursor.Pages manifest, List<TreePath> wanted) throws IOException {
        long bytes = 0;
        for (TreePath each : wanted) {
            TreeCursor cursor = new TreeCursor(manifest);
            cursor.seek(each);
            for (TreeCursor.Entry entry = cursor.nextWithin(each); entry != null; entry = cursor.nextWithin(each)) {
                if (entry.node() instanceof Node.RegularFile file) {
                    bytes += file.attributes().size();
                }
            }
        }
        return bytes;
    }
}
