package dev.holdfast.agent.compare;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.fs.Xattrs;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares two trees byte for byte with all metadata, through directory handles, so that any name and any depth will do.
 * Compared: names, types, modes, owners, modification times, sizes, content, where holes lie, symlink targets, device
 * numbers, extended attributes (ACLs and capabilities among them), and which names are links to one file.
 */
public final class TreeComparison {
    private static final int BLOCK_BYTES = 1 << 18;

    private final Report report;
    private final Map<FileIdentity, TreePath> leftLinks = new HashMap<>();
    private final Map<FileIdentity, TreePath> rightLinks = new HashMap<>();
    private final byte[] leftBlock = new byte[BLOCK_BYTES];
    private final byte[] rightBlock = new byte[BLOCK_BYTES];
    private final Set<TreePath> ignored;
    private long files;
    private long entries;
    private long bytes;
    private long differences;

    /** Told of each difference. */
    public interface Report {
        void difference(TreePath path, String what);
    }

    public record Result(long entries, long files, long bytes, long differences) {}

    private record Pair(DirectoryNode left, DirectoryNode right, TreePath path) {}

    /** @param ignored paths left out on both sides, with everything below */
    public TreeComparison(Report report, Set<TreePath> ignored) {
        this.report = report;
        this.ignored = new HashSet<>(ignored);
    }

    /** Compares what two directories hold; their own attributes are not compared. */
    public Result compare(Directory left, Directory right) throws IOException {
        DirectoryNode.Pool leftPool = new DirectoryNode.Pool(64);
        DirectoryNode.Pool rightPool = new DirectoryNode.Pool(64);
        List<Pair> todo = new ArrayList<>();
        todo.add(new Pair(leftPool.root(left), rightPool.root(right), TreePath.ROOT));
        try {
            while (!todo.isEmpty()) {
                Pair pair = todo.removeLast();
                directory(pair, todo);
                pair.left.release();
                pair.right.release();
            }
        } finally {
            leftPool.close();
            rightPool.close();
        }
        return new Result(entries, files, bytes, differences);
    }

    private void differ(TreePath path, String what) {
        differences++;
        report.difference(path, what);
    }

    private void directory(Pair pair, List<Pair> todo) throws IOException {
        TreeSet<byte[]> left = new TreeSet<>(Arrays::compareUnsigned);
        TreeSet<byte[]> right = new TreeSet<>(Arrays::compareUnsigned);
        left.addAll(pair.left.use(Directory::names));
        right.addAll(pair.right.use(Directory::names));
        for (byte[] name : left) {
            TreePath path = pair.path.child(name);
            if (ignored.contains(path)) {
                right.remove(name);
            } else if (!right.remove(name)) {
                differ(path, "only on the left");
            } else {
                entry(pair, name, path, todo);
            }
        }
        for (byte[] name : right) {
            TreePath path = pair.path.child(name);
            if (!ignored.contains(path)) {
                differ(path, "only on the right");
            }
        }
    }

    private void entry(Pair pair, byte[] name, TreePath path, List<Pair> todo) throws IOException {
        entries++;
        Stat a = pair.left.use(directory -> directory.stat(name));
        Stat b = pair.right.use(directory -> directory.stat(name));
        if (a.type() != b.type()) {
            differ(path, "is a " + a.type() + " on the left, a " + b.type() + " on the right");
            return;
        }
        if (a.type() != Stat.Type.SYMLINK) {
            same(path, "mode", Integer.toOctalString(a.mode()), Integer.toOctalString(b.mode()));
        }
        same(path, "owner", a.uid() + ":" + a.gid(), b.uid() + ":" + b.gid());
        same(path, "mtime", a.mtime(), b.mtime());
        xattrs(pair, name, path);
        InodeFlags left = flags(pair.left, name, a);
        InodeFlags right = flags(pair.right, name, b);
        same(
                path,
                "inode flags",
                "'" + InodeFlags.letters(left.bits()) + "'",
                "'" + InodeFlags.letters(right.bits()) + "'");
        same(path, "project", left.project(), right.project());
        switch (a.type()) {
            case DIRECTORY -> todo.add(new Pair(pair.left.child(name), pair.right.child(name), path));
            case FILE -> {
                files++;
                same(path, "size", a.size(), b.size());
                if (a.size() == b.size()) {
                    content(pair, name, path, a);
                }
            }
            case SYMLINK -> {
                byte[] target = pair.left.use(directory -> directory.readLink(name));
                if (!Arrays.equals(target, pair.right.use(directory -> directory.readLink(name)))) {
                    differ(path, "symlink target");
                }
            }
            case CHARACTER_DEVICE, BLOCK_DEVICE ->
                same(path, "device", a.major() + ":" + a.minor(), b.major() + ":" + b.minor());
            case FIFO, SOCKET, OTHER -> {}
        }
        if (a.type() != Stat.Type.DIRECTORY && (a.links() > 1 || b.links() > 1)) {
            TreePath x = leftLinks.putIfAbsent(FileIdentity.of(a), path);
            TreePath y = rightLinks.putIfAbsent(FileIdentity.of(b), path);
            if (!java.util.Objects.equals(x, y)) {
                differ(path, "hard link to " + x + " on the left, to " + y + " on the right");
            }
        }
    }

    private void same(TreePath path, String what, Object left, Object right) {
        if (!left.equals(right)) {
            differ(path, what + ": " + left + " on the left, " + right + " on the right");
        }
    }

    private void xattrs(Pair pair, byte[] name, TreePath path) throws IOException {
        List<Xattr> left = pair.left.use(directory -> attributes(directory, name));
        List<Xattr> right = pair.right.use(directory -> attributes(directory, name));
        boolean same = left.size() == right.size();
        for (int i = 0; same && i < left.size(); i++) {
            same = Arrays.equals(left.get(i).name(), right.get(i).name())
                    && Arrays.equals(left.get(i).value(), right.get(i).value());
        }
        if (!same) {
            differ(path, "extended attributes");
        }
    }

    private static List<Xattr> attributes(Directory directory, byte[] name) throws IOException {
        return directory.xattrs(name).stream()
                .filter(xattr -> !Xattrs.alias(xattr.name()))
                .toList();
    }

    private void content(Pair pair, byte[] name, TreePath path, Stat stat) throws IOException {
        String difference = pair.left.use(left -> pair.right.use(right -> {
            try (Directory.FileHandle a = left.openFile(name);
                    Directory.FileHandle b = right.openFile(name)) {
                return contentDiffers(a, b, stat.size());
            }
        }));
        bytes += stat.size();
        if (!difference.isEmpty()) {
            differ(path, difference);
        }
    }

    /** Data is compared where there is data: a hole of a terabyte takes no time. */
    private String contentDiffers(Directory.FileHandle a, Directory.FileHandle b, long size) throws IOException {
        for (long at = 0; at < size; ) {
            long x = a.nextData(at);
            long y = b.nextData(at);
            if (x != y) {
                return "data begins at " + x + " on the left, at " + y + " on the right";
            }
            if (x < 0) {
                break;
            }
            long p = Math.min(size, a.nextHole(x));
            long q = Math.min(size, b.nextHole(x));
            if (p != q) {
                return "a hole begins at " + p + " on the left, at " + q + " on the right";
            }
            String difference = bytesDiffer(a, b, x, p);
            if (!difference.isEmpty()) {
                return difference;
            }
            at = p;
        }
        return "";
    }

    private String bytesDiffer(Directory.FileHandle a, Directory.FileHandle b, long from, long to) throws IOException {
        for (long at = from; at < to; ) {
            int wanted = (int) Math.min(BLOCK_BYTES, to - at);
            int left = fill(a, at, leftBlock, wanted);
            int right = fill(b, at, rightBlock, wanted);
            int mismatch = Arrays.mismatch(leftBlock, 0, left, rightBlock, 0, right);
            if (mismatch >= 0) {
                return "content differs at byte " + (at + mismatch);
            }
            if (left < wanted) {
                return "content ends early";
            }
            at += wanted;
        }
        return "";
    }

    private static InodeFlags flags(DirectoryNode parent, byte[] name, Stat stat) throws IOException {
        return switch (stat.type()) {
            case FILE ->
                parent.use(directory -> {
                    try (Directory.FileHandle file = directory.openFile(name)) {
                        return file.flags();
                    }
                });
            case DIRECTORY -> parent.child(name).use(Directory::flags);
            case SYMLINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE, SOCKET, OTHER -> InodeFlags.NONE;
        };
    }

    private static int fill(Directory.FileHandle file, long position, byte[] block, int wanted) throws IOException {
        int filled = 0;
        while (filled < wanted) {
            int count = file.read(position + filled, block, filled, wanted - filled);
            if (count <= 0) {
                break;
            }
            filled += count;
        }
        return filled;
    }
}
