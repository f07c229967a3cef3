package dev.holdfast.agent.browse;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Looks into a snapshot: one entry, one directory, one file's content. Memory is a page of the manifest. */
public final class Contents {
    private final Appliance appliance;
    private final RemoteManifest manifest;

    public Contents(Appliance appliance, RemoteManifest manifest) {
        this.appliance = appliance;
        this.manifest = manifest;
    }

    /** Takes entries in the order of the tree. */
    public interface Visitor {
        void entry(TreePath path, Node.Named node) throws IOException;
    }

    private static RemoteException notFound(TreePath path) {
        return new RemoteException(ErrorCode.NOT_FOUND, "the snapshot has no " + path);
    }

    /** Visits what {@code path} holds, or itself where it is no directory; with {@code deep} everything below. */
    public void list(TreePath path, boolean deep, Visitor visitor) throws IOException {
        TreeCursor cursor = new TreeCursor(manifest);
        cursor.seek(path);
        boolean found = path.isRoot();
        for (TreeCursor.Entry entry = cursor.nextWithin(path); entry != null; entry = cursor.nextWithin(path)) {
            found = true;
            if (!(entry.node() instanceof Node.Named node)) {
                continue;
            }
            boolean directory = node instanceof Node.Directory;
            if (!entry.path().equals(path) || !directory) {
                visitor.entry(entry.path(), node);
                if (directory && !deep) {
                    cursor.skipChildren(entry.path());
                }
            }
        }
        if (!found) {
            throw notFound(path);
        }
    }

    /** Writes one file's content, holes as zeros. */
    public void cat(TreePath path, OutputStream out) throws IOException {
        TreeCursor cursor = new TreeCursor(manifest);
        cursor.seek(path);
        TreeCursor.Entry entry = cursor.next();
        while (entry != null && entry.path().compareTo(path) < 0) {
            entry = cursor.next();
        }
        if (entry == null || !entry.path().equals(path)) {
            throw notFound(path);
        }
        switch (entry.node()) {
            case Node.RegularFile file -> cat(cursor, file, out);
            case Node.HardLink link -> {
                TreeCursor whole = new TreeCursor(manifest);
                cat(whole, primary(whole, link), out);
            }
            default -> throw new IllegalArgumentException(path + " is not a regular file");
        }
    }

    /** Leaves the cursor behind the file that a hard link leads to. */
    private static Node.RegularFile primary(TreeCursor cursor, Node.HardLink link) throws IOException {
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (entry.node() instanceof Node.RegularFile file
                    && file.attributes().links() > 1
                    && file.attributes().inode() == link.attributes().inode()
                    && file.attributes().device() == link.attributes().device()) {
                return file;
            }
        }
        throw FormatException.corrupt("the snapshot lacks the file of a hard link");
    }

    private void cat(TreeCursor cursor, Node.RegularFile file, OutputStream out) throws IOException {
        Content content = file.content();
        long at = 0;
        while (true) {
            for (Extent extent : content.extents()) {
                at = zeros(out, at, at + extent.gap());
                byte[] chunk = read(extent.chunk());
                out.write(chunk, extent.offset(), extent.length());
                at += extent.length();
            }
            if (!content.more()) {
                break;
            }
            TreeCursor.Entry next = cursor.next();
            if (next == null || !(next.node() instanceof Node.More(Content rest))) {
                throw FormatException.corrupt("the manifest lacks the rest of a file");
            }
            content = rest;
        }
        zeros(out, at, content.length());
    }

    private byte[] read(Digest chunk) throws IOException {
        try {
            return appliance.read(chunk);
        } catch (RemoteException e) {
            throw e.code() == ErrorCode.FROZEN
                    ? new RemoteException(
                            ErrorCode.FROZEN, "it is frozen. " + appliance.thawAdvice(manifest.snapshot()))
                    : e;
        }
    }

    private static long zeros(OutputStream out, long from, long to) throws IOException {
        byte[] block = new byte[1 << 16];
        long at = from;
        while (at < to) {
            int part = (int) Math.min(block.length, to - at);
            out.write(block, 0, part);
            at += part;
        }
        return at;
    }

    /** One difference between two snapshots. */
    public record Difference(Kind kind, TreePath path) {
        public enum Kind {
            ADDED,
            REMOVED,
            MODIFIED,
            ATTRIBUTES
        }
    }

    /** Takes differences in the order of the tree. */
    public interface DifferenceVisitor {
        void difference(Difference difference) throws IOException;
    }

    /** Walks two snapshots side by side. */
    public static void diff(TreeCursor.Pages before, TreeCursor.Pages after, DifferenceVisitor visitor)
            throws IOException {
        TreeCursor left = new TreeCursor(before);
        TreeCursor right = new TreeCursor(after);
        TreeCursor.Entry a = left.next();
        TreeCursor.Entry b = right.next();
        TreePath reported = TreePath.ROOT;
        while (a != null || b != null) {
            int order = a == null ? 1 : b == null ? -1 : a.path().compareTo(b.path());
            if (order < 0 && a != null) {
                if (a.node() instanceof Node.Named) {
                    visitor.difference(new Difference(Difference.Kind.REMOVED, a.path()));
                } else if (!a.path().equals(reported)) {
                    visitor.difference(new Difference(Difference.Kind.MODIFIED, a.path()));
                    reported = a.path();
                }
                a = left.next();
            } else if (order > 0 && b != null) {
                if (b.node() instanceof Node.Named) {
                    visitor.difference(new Difference(Difference.Kind.ADDED, b.path()));
                } else if (!b.path().equals(reported)) {
                    visitor.difference(new Difference(Difference.Kind.MODIFIED, b.path()));
                    reported = b.path();
                }
                b = right.next();
            } else if (a != null && b != null) {
                Difference.Kind kind = compare(a.node(), b.node());
                if (kind != null && !a.path().equals(reported)) {
                    visitor.difference(new Difference(kind, a.path()));
                    reported = a.path();
                }
                a = left.next();
                b = right.next();
            }
        }
    }

    private static Difference.@Nullable Kind compare(Node a, Node b) {
        boolean sameContent = switch (a) {
            case Node.RegularFile x -> b instanceof Node.RegularFile y && sameContent(x.content(), y.content());
            case Node.More x -> b instanceof Node.More y && sameContent(x.content(), y.content());
            case Node.Symlink x -> b instanceof Node.Symlink y && java.util.Arrays.equals(x.target(), y.target());
            case Node.Special x ->
                b instanceof Node.Special y && x.type() == y.type() && x.major() == y.major() && x.minor() == y.minor();
            case Node.Directory x -> b instanceof Node.Directory;
            case Node.HardLink x -> b instanceof Node.HardLink;
            case Node.Leave x -> b instanceof Node.Leave;
        };
        if (!sameContent && !(a instanceof Node.Named x && b instanceof Node.Named y && untouched(x, y))) {
            return Difference.Kind.MODIFIED;
        }
        if (a instanceof Node.Named x && b instanceof Node.Named y) {
            var p = x.attributes();
            var q = y.attributes();
            boolean same = p.mode() == q.mode()
                    && p.uid() == q.uid()
                    && p.gid() == q.gid()
                    && p.mtime().equals(q.mtime())
                    && sameXattrs(p.xattrs(), q.xattrs());
            // A directory's time changes with every name in it, which is reported already.
            boolean onlyTime = a instanceof Node.Directory
                    && p.mode() == q.mode()
                    && p.uid() == q.uid()
                    && p.gid() == q.gid()
                    && sameXattrs(p.xattrs(), q.xattrs());
            return same || onlyTime ? null : Difference.Kind.ATTRIBUTES;
        }
        return null;
    }

    /** Content that lies elsewhere now, though nobody wrote to the file: bundled anew, or another of its names leads. */
    private static boolean untouched(Node.Named a, Node.Named b) {
        boolean files = (a instanceof Node.RegularFile || a instanceof Node.HardLink)
                && (b instanceof Node.RegularFile || b instanceof Node.HardLink);
        return (files || (a instanceof Node.HardLink) != (b instanceof Node.HardLink))
                && a.attributes().inode() == b.attributes().inode()
                && a.attributes().size() == b.attributes().size()
                && a.attributes().mtime().equals(b.attributes().mtime());
    }

    private static boolean sameXattrs(
            java.util.List<dev.holdfast.protocol.manifest.Xattr> a,
            java.util.List<dev.holdfast.protocol.manifest.Xattr> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!java.util.Arrays.equals(a.get(i).name(), b.get(i).name())
                    || !java.util.Arrays.equals(a.get(i).value(), b.get(i).value())) {
                return false;
            }
        }
        return true;
    }

    /** Equal extents mean equal bytes; different ones may too, when a file was bundled anew after a touch. */
    private static boolean sameContent(Content a, Content b) {
        return a.length() == b.length() && a.extents().equals(b.extents());
    }
}
