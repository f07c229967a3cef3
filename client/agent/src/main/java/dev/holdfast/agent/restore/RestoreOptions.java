package dev.holdfast.agent.restore;

import dev.holdfast.protocol.manifest.TreePath;
import java.util.Set;

/**
 * How a restore goes about what is there and what it makes.
 *
 * @param overwrite what becomes of files that are there
 * @param selection which entries are restored
 * @param owners whether entries get the owners that the snapshot has; without, they belong to the user who restores, and
 *     lose set-id bits
 * @param links whether a symlink to a directory stays where the snapshot has a directory, and its destination is restored
 *     into; only of links that root or this user made, where nobody else can make one
 * @param delete whether entries that the snapshot does not have are removed from the directories that were backed up
 * @param spared what is not removed: paths that the backup could not read
 * @param freeOnly whether content whose reading is charged counts as frozen
 */
public record RestoreOptions(
        Overwrite overwrite,
        Selection selection,
        boolean owners,
        boolean links,
        boolean delete,
        Set<TreePath> spared,
        boolean freeOnly) {
    public RestoreOptions {
        spared = Set.copyOf(spared);
    }

    public RestoreOptions(
            Overwrite overwrite,
            Selection selection,
            boolean owners,
            boolean links,
            boolean delete,
            Set<TreePath> spared) {
        this(overwrite, selection, owners, links, delete, spared, false);
    }

    /** With what can be read free of charge alone. */
    public RestoreOptions free() {
        return new RestoreOptions(overwrite, selection, owners, links, delete, spared, true);
    }

    /** Everything as it was. */
    public static RestoreOptions overwriting(Overwrite overwrite) {
        return selecting(overwrite, Selection.all());
    }

    public static RestoreOptions selecting(Overwrite overwrite, Selection selection) {
        return new RestoreOptions(overwrite, selection, true, false, false, Set.of());
    }
}
