package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;

/** Makes a directory of the snapshot in the target, or takes the one that is there. */
record DirectoryMaker(RestoreOptions options, Confinement confinement, ExistingFiles existing) {
    /** How the target came to have the directory. */
    enum Entered {
        MADE,
        PRESENT,
        /** A symlink to a directory, which is followed. */
        LINKED
    }

    Entered enter(Directory directory, Slot slot, TreePath path) throws IOException {
        if (slot.present() == null) {
            try {
                directory.makeDirectory(slot.name());
                return Entered.MADE;
            } catch (OsException e) {
                if (e.exists()) {
                    slot.taken(directory);
                } else {
                    slot.refused(directory, e);
                }
            }
        }
        Stat present = slot.present();
        if (present == null) {
            directory.makeDirectory(slot.name());
            return Entered.MADE;
        }
        if (present.type() == Stat.Type.DIRECTORY) {
            if (confinement.closes(present)) {
                throw FormatException.corrupt(Confinement.CLOSED);
            }
            return Entered.PRESENT;
        }
        boolean link = present.type() == Stat.Type.SYMLINK;
        if (link && options.links() && trusted(directory.stat(), present)) {
            return Entered.LINKED;
        }
        // Otherwise a symlink must not be followed: replace it, or leave everything below it out.
        if (options.overwrite() == Overwrite.NEVER) {
            throw FormatException.corrupt("an entry that is not a directory is in the way");
        }
        if (link) {
            existing.problem(
                    path,
                    "a symlink to '" + TreePath.escape(directory.readLink(slot.name()))
                            + "' was in the place of this directory, and was replaced by it");
        }
        directory.remove(slot.name(), false);
        directory.makeDirectory(slot.name());
        return Entered.MADE;
    }

    /** Whether nobody but root and this user can have made a symlink in a directory, or can make another in its place. */
    private static boolean trusted(Stat directory, Stat link) {
        return mine(directory) && mine(link) && (directory.mode() & 022) == 0;
    }

    private static boolean mine(Stat stat) {
        return stat.uid() == 0 || Platform.current().owns(stat);
    }
}
