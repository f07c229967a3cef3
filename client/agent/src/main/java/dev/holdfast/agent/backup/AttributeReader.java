package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;

/** Reads extended attributes and inode flags, and reports those that a snapshot cannot keep. Safe for use by several threads. */
final class AttributeReader {
    /** More would not fit a manifest page. */
    private static final int MAX_XATTR_BYTES = 400 << 10;

    private final Problems problems;
    private final boolean takesFlags;

    /** @param takesFlags whether the appliance knows pages with inode flags */
    AttributeReader(Problems problems, boolean takesFlags) {
        this.problems = problems;
        this.takesFlags = takesFlags;
    }

    /** All extended attributes, or a report of why not. */
    List<Xattr> xattrs(TreePath path, Directory directory, byte[] name) {
        return xattrs(path, () -> directory.xattrs(name));
    }

    interface XattrSource {
        List<Xattr> list() throws IOException;
    }

    List<Xattr> xattrs(TreePath path, XattrSource source) {
        try {
            List<Xattr> xattrs = source.list();
            long bytes = 0;
            for (Xattr xattr : xattrs) {
                bytes += xattr.name().length + xattr.value().length;
            }
            if (bytes <= MAX_XATTR_BYTES) {
                return xattrs;
            }
            problems.add(path, Problem.Kind.UNREPRESENTABLE, bytes + " bytes of extended attributes are too many");
        } catch (IOException e) {
            problems.add(path, Problem.Kind.ATTRIBUTES_LOST, String.valueOf(e.getMessage()));
        }
        return List.of();
    }

    /** Everything about an open file. */
    Attributes attributes(FileJob job, Stat stat, List<Xattr> xattrs, Directory.FileHandle file) {
        return job.attributes(stat).withXattrs(xattrs).withFlags(kept(job.path, stat, file.flags()));
    }

    /** The flags of a directory; none, and a report, where it cannot be opened. */
    InodeFlags flags(TreePath path, DirectoryNode parent, byte[] name, Stat stat) {
        try {
            InodeFlags found = parent.use(directory -> {
                try (Directory self = directory.openDirectory(name)) {
                    return self.flags();
                }
            });
            return kept(path, stat, found);
        } catch (IOException e) {
            // What it holds cannot be listed either, which is reported.
            return InodeFlags.NONE;
        }
    }

    private InodeFlags kept(TreePath path, Stat stat, InodeFlags found) {
        if (!stat.protection().isEmpty() && stat.type() == Stat.Type.FILE) {
            problems.add(path, Problem.Kind.UNREPRESENTABLE, stat.protection() + " is not kept; the content is");
        }
        if (!takesFlags && !found.isNone()) {
            problems.add(
                    path,
                    Problem.Kind.ATTRIBUTES_LOST,
                    "inode flags " + InodeFlags.letters(found.bits()) + ": the appliance is too old for them");
            return InodeFlags.NONE;
        }
        return found;
    }
}
