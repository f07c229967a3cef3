package dev.holdfast.control.instant;

import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.protocol.manifest.Node.RegularFile;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The disks of a snapshot of whole disks. */
public final class SnapshotDisks {
    public static final int MOST = 256;

    private static final String PLACE = "/disks";
    /** The file that describes the machine. */
    public static final String DESCRIPTION = PLACE + "/machine.json";

    private SnapshotDisks() {}

    /** All of them; none where it is no such snapshot. */
    public static List<Recovery.Disk> of(SnapshotTree tree) throws IOException {
        List<Recovery.Disk> disks = new ArrayList<>();
        TreePath top = TreePath.parse(PLACE);
        TreePath description = TreePath.parse(DESCRIPTION);
        TreeCursor cursor = tree.cursor();
        cursor.seek(top);
        for (TreeCursor.Entry entry = cursor.nextWithin(top);
                entry != null && disks.size() < MOST;
                entry = cursor.nextWithin(top)) {
            if (entry.node() instanceof RegularFile file && !entry.path().equals(description)) {
                disks.add(new Recovery.Disk(
                        disks.size(), entry.path().toString(), file.attributes().size()));
            }
        }
        return disks;
    }
}
