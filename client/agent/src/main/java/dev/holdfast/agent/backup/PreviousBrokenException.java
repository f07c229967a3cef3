package dev.holdfast.agent.backup;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;

/** The previous snapshot breaks off in the middle of a file: back up again, reading everything. */
public final class PreviousBrokenException extends IOException {
    PreviousBrokenException(TreePath path) {
        super("the previous snapshot breaks off at " + path);
    }
}
