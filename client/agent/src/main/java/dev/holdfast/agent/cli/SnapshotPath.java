package dev.holdfast.agent.cli;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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
            if (path.indexOf('\uFFFD') >= 0) {
                byte[] raw = RawArguments.bytes(text);
                int prefix = snapshot.getBytes(StandardCharsets.UTF_8).length + 1;
                return new SnapshotPath(snapshot, joined(Arrays.copyOfRange(raw, prefix, raw.length)), false);
            }
            return new SnapshotPath(snapshot, TreePath.parse(path), false);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static TreePath joined(byte[] bytes) throws FormatException {
        int from = 0;
        int to = bytes.length;
        while (from < to && bytes[from] == '/') {
            from++;
        }
        while (to > from && bytes[to - 1] == '/') {
            to--;
        }
        return TreePath.of(Arrays.copyOfRange(bytes, from, to));
    }
}
