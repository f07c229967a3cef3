package dev.holdfast.agent.restore;

import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.List;
import java.util.function.Predicate;

/** Which entries of a snapshot are restored, by their paths in the snapshot. */
public interface Selection {
    /** Asked once for each entry that lies in no directory which is left out. */
    boolean wants(TreePath path, boolean directory);

    /** Whether everything below a directory is left out with it. */
    boolean omits(TreePath directory);

    /** Whether nothing may be removed from the target at this path, since it is not the snapshot that leaves it out. */
    default boolean spares(TreePath path, boolean directory) {
        return !wants(path, directory) || directory && omits(path);
    }

    static Selection all() {
        return only(path -> true);
    }

    static Selection only(Predicate<TreePath> wanted) {
        return new Selection() {
            @Override
            public boolean wants(TreePath path, boolean directory) {
                return wanted.test(path);
            }

            @Override
            public boolean omits(TreePath directory) {
                return false;
            }
        };
    }

    /**
     * @param included patterns as backups have them, see {@link Excludes}: where there are any, only what they match, with everything
     *     below it
     * @param excluded what is left out of that
     */
    static Selection of(List<String> included, List<String> excluded) {
        Excludes include = new Excludes(included);
        Excludes exclude = new Excludes(excluded);
        return new Selection() {
            @Override
            public boolean wants(TreePath path, boolean directory) {
                if (exclude.matches(path, directory)) {
                    return false;
                }
                if (include.isEmpty() || include.matches(path, directory)) {
                    return true;
                }
                for (TreePath above = path.parent(); !above.isRoot(); above = above.parent()) {
                    if (include.matches(above, true)) {
                        return true;
                    }
                }
                return false;
            }

            @Override
            public boolean omits(TreePath directory) {
                return exclude.matches(directory, true);
            }
        };
    }
}
