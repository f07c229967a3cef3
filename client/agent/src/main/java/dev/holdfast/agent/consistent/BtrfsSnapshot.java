package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Btrfs;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of a subvolume.
 *
 * @param path its last name is the snapshot's
 */
record BtrfsSnapshot(SnapshotName name, TreePath path) implements Made {
    static final String KIND = "btrfs";

    static @Nullable BtrfsSnapshot of(Map<String, String> fields) {
        try {
            TreePath path = TreePath.parse(fields.getOrDefault("path", ""));
            String last = TreePath.escape(path.name());
            SnapshotName name = last.startsWith(".") ? Made.name(last.substring(1)) : null;
            return name == null ? null : new BtrfsSnapshot(name, path);
        } catch (FormatException e) {
            return null;
        }
    }

    @Override
    public Map<String, String> fields() {
        return Map.of("kind", KIND, "path", path.toString());
    }

    @Override
    public String told() {
        return "btrfs snapshot " + path;
    }

    @Override
    public void remove() throws IOException {
        try (Directory parent = Platform.current().open(View.absolute(path.parent()))) {
            if (!SnapshotName.isOf(path.name(), parent.stat(path.name()))) {
                return;
            }
        } catch (OsException e) {
            if (e.vanished()) {
                return;
            }
            throw e;
        }
        ModificationTime time = ModificationTime.of(path.parent());
        Btrfs.delete(path);
        time.restoreWithout(Objects.requireNonNull(path.name()));
    }
}
