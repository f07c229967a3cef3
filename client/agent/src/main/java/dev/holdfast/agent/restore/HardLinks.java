package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Ties the names of one file together again. Each restored file that has further names gets one more in a staging
 * directory, so that links can be made to it however far apart they are, without remembering paths. Used by one thread.
 */
final class HardLinks {
    private final DirectoryNode target;
    private final WorkFiles work;
    private final byte[] stagingName;
    private final DirectoryNode staging;
    private final ExistingFiles existing;
    private final Confinement confinement;
    private final RestoreStats stats;
    /** Files that could not be staged: another file system, or a target that is not ours. */
    private final Map<FileIdentity, Located> located = new HashMap<>();

    private boolean stagingMade;

    private record Located(DirectoryNode parent, byte[] name) {}

    HardLinks(
            DirectoryNode target, WorkFiles work, ExistingFiles existing, Confinement confinement, RestoreStats stats) {
        this.target = target;
        this.work = work;
        this.stagingName = work.links();
        this.staging = target.child(stagingName);
        this.existing = existing;
        this.confinement = confinement;
        this.stats = stats;
    }

    private static byte[] stagedName(FileIdentity key) {
        return (Long.toHexString(key.device()) + "-" + Long.toHexString(key.inode()))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether links to this file can be made by now. */
    boolean staged(FileIdentity key) throws IOException {
        return stagingMade && staging.use(directory -> ExistingFiles.statOrNull(directory, stagedName(key)) != null);
    }

    /** Keeps a name for a file that others will link to, so that its path need not be remembered. */
    void stage(Slot slot, Node.Named node) throws IOException {
        if (node.attributes().links() <= 1) {
            return;
        }
        FileIdentity key = FileIdentity.of(node.attributes());
        try {
            makeStaging();
            byte[] name = stagedName(key);
            slot.parent.use(from -> staging.use(to -> {
                if (ExistingFiles.statOrNull(to, name) != null) {
                    to.remove(name, false);
                }
                from.link(slot.name(), to, name);
                return true;
            }));
        } catch (OsException e) {
            // Another file system, or no permission: remember where it is instead.
            located.put(key, new Located(slot.parent, slot.name()));
        }
    }

    private void makeStaging() throws IOException {
        if (!stagingMade) {
            target.use(directory -> {
                try {
                    directory.makeDirectory(stagingName);
                } catch (OsException e) {
                    if (!e.exists()) {
                        throw e;
                    }
                }
                return true;
            });
            stagingMade = true;
        }
    }

    /** Throws where the link could not be made, and reports what was made instead of it. */
    void link(Slot slot, TreePath path, Node.HardLink link) throws IOException {
        FileIdentity key = FileIdentity.of(link.attributes());
        Located source = located.get(key);
        if (source == null && staged(key)) {
            source = new Located(staging, stagedName(key));
        }
        if (source == null) {
            existing.problem(path, "the file that this is a hard link to was not restored");
            return;
        }
        Located from = source;
        slot.parent.use(to -> from.parent.use(directory -> linkTo(to, slot, path, link, directory, from.name)));
    }

    private boolean linkTo(Directory to, Slot slot, TreePath path, Node.HardLink link, Directory from, byte[] name)
            throws IOException {
        slot.locate(to);
        Stat original = from.stat(name);
        Stat present = slot.present();
        if (present != null) {
            if (original.links() > 1 && present.inode() == original.inode() && present.device() == original.device()) {
                return false;
            }
            // An equal copy is still no link, and is made one.
            if (existing.keep(path, link.attributes(), present, present.type() == original.type())) {
                return false;
            }
            ExistingFiles.requireReplaceable(present);
        }
        byte[] made = work.partial(link.name());
        try {
            from.link(name, to, made);
        } catch (OsException e) {
            if (original.type() != Stat.Type.FILE) {
                throw e;
            }
            copy(to, path, made, from, name, original.size());
        }
        if (slot.commit(to, made, link.attributes())) {
            stats.files.increment();
        }
        return true;
    }

    /** Where no link can be made, across file systems, the content is what matters. */
    private void copy(Directory to, TreePath path, byte[] made, Directory from, byte[] name, long size)
            throws IOException {
        byte[] buffer = new byte[1 << 18];
        try (Directory.FileHandle source = from.openFile(name);
                Directory.FileHandle copy = to.createFile(made)) {
            for (long at = source.nextData(0); at >= 0 && at < size; ) {
                int count = source.read(at, buffer, 0, buffer.length);
                if (count <= 0) {
                    break;
                }
                copy.write(at, buffer, 0, count);
                long end = at + count;
                at = end < source.nextHole(at) ? end : source.nextData(end);
            }
            copy.truncate(size);
            // The file may be one that was there before, which the snapshot does not describe.
            Attributes original = confinement.confine(
                    source.stat().attributes().withXattrs(source.xattrs()), what -> existing.stripped(path, what));
            existing.lost(path, copy.apply(original));
        }
        existing.lost(path, List.of("hard link: made a copy, since the target links no two such names"));
    }

    /** Removes the extra names. */
    void close() throws IOException {
        if (!stagingMade) {
            return;
        }
        staging.use(directory -> {
            for (byte[] name : directory.names()) {
                directory.remove(name, false);
            }
            return true;
        });
        staging.release();
        target.use(directory -> {
            directory.remove(stagingName, true);
            return true;
        });
    }
}
