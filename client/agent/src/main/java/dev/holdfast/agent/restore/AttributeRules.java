package dev.holdfast.agent.restore;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;

/** Says which entries a restore may make and which attributes it may give them. What it leaves out is reported. */
record AttributeRules(RestoreOptions options, Confinement confinement, ExistingFiles existing) {
    private static final int SET_ID = 06000;

    boolean permits(Node.Named node, TreePath path) {
        return confinement.permits(node, what -> existing.stripped(path, what));
    }

    /** The attributes that the restore may give an entry. */
    Attributes permitted(Attributes recorded, TreePath path) {
        Attributes a = confinement.confine(recorded, what -> existing.stripped(path, what));
        return options.owners()
                ? a
                : new Attributes(
                        a.mode() & ~SET_ID,
                        -1,
                        -1,
                        a.mtime(),
                        a.ctime(),
                        a.inode(),
                        a.device(),
                        a.links(),
                        a.size(),
                        a.xattrs());
    }
}
