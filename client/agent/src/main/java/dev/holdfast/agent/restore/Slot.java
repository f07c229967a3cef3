package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The place of one entry in the target: the name it gets there, and what is there already. The name is the entry's own, unless the
 * file system takes that for the name of another entry of the same snapshot; then it is {@link Names#alternative}, and the report
 * says so. Used by one thread at a time.
 */
final class Slot {
    final DirectoryNode parent;
    private final Names names;
    private final TreePath path;
    private final ExistingFiles existing;
    private byte[] name;
    private @Nullable Stat present;
    private boolean alternative;

    /** Of an entry that is made soon; {@link #locate} comes first. */
    Slot(DirectoryNode parent, Names names, TreePath path, byte[] name, ExistingFiles existing) {
        this.parent = parent;
        this.names = names;
        this.path = path;
        this.name = name;
        this.existing = existing;
        names.see(name);
    }

    byte[] name() {
        return name;
    }

    /** What the policy decides about; null where the entry is new. */
    @Nullable
    Stat present() {
        return present;
    }

    /** Looks what the target has. */
    void locate(Directory directory) throws IOException {
        if (names.keptBefore(name)) {
            takeAlternative(directory, reason(directory));
            return;
        }
        boolean suspect = names.several(name);
        if (!names.fresh() || suspect) {
            present = ExistingFiles.statOrNull(directory, name);
            boolean taken =
                    names.before(name) ? !names.claim(name) : present != null && names.collides(directory, name);
            if (taken) {
                takeAlternative(directory);
            }
        }
    }

    private static final String TAKEN =
            "the target has or takes this name for that of another entry, or cannot have it";

    private static String impossible(OsException error) {
        return "the target cannot have this name: " + error.reason();
    }

    /** Why an earlier restore took the alternative: in its words, where the target tells again. */
    private String reason(Directory directory) throws IOException {
        try {
            directory.stat(name);
            return TAKEN;
        } catch (OsException e) {
            if (e.vanished()) {
                return TAKEN;
            } else if (e.ofName()) {
                return impossible(e);
            }
            throw e;
        }
    }

    private void takeAlternative(Directory directory) throws IOException {
        takeAlternative(directory, TAKEN);
    }

    private void takeAlternative(Directory directory, String why) throws IOException {
        name = Names.alternative(name);
        names.see(name);
        alternative = true;
        present = ExistingFiles.statOrNull(directory, name);
        existing.problem(path, why + "; kept as '" + TreePath.escape(name) + "'");
    }

    /**
     * After something new could not be made: takes another name, if the reason may be the name.
     *
     * @throws OsException the error, if it can have nothing to do with the name
     */
    void refused(Directory directory, OsException error) throws IOException {
        if (alternative || !error.ofName()) {
            throw error;
        }
        takeAlternative(directory, error.vanished() ? TAKEN : impossible(error));
    }

    /** After something new could not be made since there is one of the name: finds out whose that is. */
    void taken(Directory directory) throws IOException {
        if (names.collides(directory, name)) {
            takeAlternative(directory);
        } else {
            present = ExistingFiles.statOrNull(directory, name);
        }
    }

    /**
     * Gives what was made under a work name its final one.
     *
     * @return false where somebody made a file of that name meanwhile which the policy keeps
     */
    boolean commit(Directory directory, byte[] work, Attributes attributes) throws IOException {
        if (present == null) {
            try {
                directory.renameNew(work, name);
                return true;
            } catch (OsException e) {
                if (e.exists()) {
                    taken(directory);
                } else {
                    refused(directory, e);
                }
            }
            Stat found = present;
            if (found != null) {
                if (existing.keep(path, attributes, found, false)) {
                    directory.remove(work, false);
                    return false;
                }
                ExistingFiles.requireReplaceable(found);
            }
        }
        directory.rename(work, name);
        return true;
    }
}
