package dev.holdfast.control.browse;

import dev.holdfast.control.db.DamageTable;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The paths of a snapshot that are known to be damaged. */
public final class DamagedPaths {
    private final TreeSet<TreePath> paths = new TreeSet<>();

    private final Set<TreePath> files = new HashSet<>();

    /** What is no path, since it was cut, is left out. */
    public DamagedPaths(Collection<DamageTable.Hurt> hurts) {
        for (DamageTable.Hurt each : hurts) {
            try {
                TreePath path = each.path().equals("/") ? TreePath.ROOT : TreePath.parse(each.path());
                paths.add(path);
                if (!each.more()) {
                    files.add(path);
                }
            } catch (FormatException e) {
                // Longer than what is kept.
            }
        }
    }

    /** Whether this is a file that is damaged. */
    public boolean isFile(TreePath path) {
        return files.contains(path);
    }

    /** Whether a file, or something below a directory, is damaged. */
    public boolean within(TreePath top) {
        TreePath first = paths.ceiling(top);
        return first != null && first.startsWith(top) || paths.contains(TreePath.ROOT);
    }

    public boolean within(String path) {
        try {
            return !paths.isEmpty() && within(path.equals("/") ? TreePath.ROOT : TreePath.parse(path));
        } catch (FormatException e) {
            return false;
        }
    }

    /** Those at and below the selected paths, each once. */
    public List<String> of(List<TreePath> tops) {
        return paths.stream()
                .filter(each -> each.isRoot() || tops.stream().anyMatch(each::startsWith))
                .map(TreePath::toString)
                .toList();
    }
}
