package dev.holdfast.agent.cli;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.text.LooseText;

/** {@code SNAPSHOT[:PATH]} on the command line. In the path, bytes that are no text are written {@code \xNN}. */
record SnapshotPath(String snapshot, TreePath path, boolean whole) {
    static SnapshotPath parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            return new SnapshotPath(text, TreePath.ROOT, true);
        }
        String snapshot = text.substring(0, colon);
        String path = text.substring(colon + 1);
        try {
            return new SnapshotPath(snapshot, TreePath.parse(LooseText.escaped(path)), false);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
