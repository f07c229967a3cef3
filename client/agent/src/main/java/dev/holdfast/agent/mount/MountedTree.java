package dev.holdfast.agent.mount;

import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is mounted: one snapshot, or a list of them. An inode's number is that of its snapshot and its place in the
 * manifest, so that it is found again without being remembered. Safe for use by several threads.
 */
final class MountedTree implements AutoCloseable {
    /** The number of the root, which the kernel defines. */
    static final long ROOT = 1;
    /** No such entry. */
    static final long NONE = 0;

    private static final byte[] LATEST_NAME = "latest".getBytes(StandardCharsets.US_ASCII);
    private static final int PLACE_BITS = 48;
    private static final int KEPT_CONTENTS = 1024;
    private static final int KEPT_TREES = 64;
    /** The number of the snapshot, where there is one alone. */
    private static final int ONLY = 1;

    private final Session session;
    private final @Nullable SnapshotList list;
    private final @Nullable UUID only;
    private final Timestamp onlyTime;
    private final PageCache pages = new PageCache();
    private final ThreadPoolExecutor ahead = new ThreadPoolExecutor(
            2,
            2,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(16),
            Thread.ofPlatform().daemon().name("pages-", 0).factory());
    private final Map<Integer, SnapshotTree> trees = lru(KEPT_TREES);
    private final Map<Long, FileContent> contents = lru(KEPT_CONTENTS);
    private long top = SnapshotTree.ROOT;

    private MountedTree(Session session, @Nullable SnapshotList list, @Nullable UUID only, Timestamp onlyTime) {
        this.session = session;
        this.list = list;
        this.only = only;
        this.onlyTime = onlyTime;
    }

    /** All of a list. */
    static MountedTree of(Session session, SnapshotList list) {
        return new MountedTree(session, list, null, new Timestamp(0, 0));
    }

    /** A directory of one snapshot. */
    static MountedTree of(Session session, UUID snapshot, TreePath directory, Timestamp time) throws IOException {
        MountedTree mounted = new MountedTree(session, null, snapshot, time);
        SnapshotTree tree = mounted.tree(ONLY);
        long place = tree.find(directory);
        if (place == SnapshotTree.NONE) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "the snapshot has no " + directory);
        }
        if (place != SnapshotTree.ROOT && !(tree.node(place) instanceof Node.Directory)) {
            throw new IllegalArgumentException(directory + " is no directory; give one, or restore the file");
        }
        mounted.top = place;
        return mounted;
    }

    private static <K, V> Map<K, V> lru(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > most;
            }
        };
    }

    private static long inode(int number, long place) {
        return (long) number << PLACE_BITS | place;
    }

    private static int numberOf(long inode) {
        return (int) (inode >>> PLACE_BITS);
    }

    /** Whether an inode is no part of a snapshot, and may change. */
    boolean changing(long inode) {
        return list != null && numberOf(inode) == 0;
    }

    /** The link to a snapshot. It is another inode for each, since the kernel remembers where links lead. */
    private static long latest(List<SnapshotList.Named> all) {
        return ROOT + all.getLast().number();
    }

    private long place(long inode) {
        return inode == ROOT ? top : inode & (1L << PLACE_BITS) - 1;
    }

    private SnapshotTree tree(int number) throws IOException {
        synchronized (trees) {
            SnapshotTree tree = trees.get(number);
            if (tree != null) {
                return tree;
            }
        }
        UUID id = only != null ? only : named(number).id();
        synchronized (trees) {
            return trees.computeIfAbsent(number, missing -> new SnapshotTree(session, id, pages, ahead));
        }
    }

    private SnapshotTree treeOf(long inode) throws IOException {
        return tree(inode == ROOT ? ONLY : numberOf(inode));
    }

    private List<SnapshotList.Named> listed() throws IOException {
        return list == null ? List.of() : list.get();
    }

    private SnapshotList.Named named(int number) throws IOException {
        return listed().stream()
                .filter(each -> each.number() == number)
                .findFirst()
                .orElseThrow(() -> new RemoteException(ErrorCode.NOT_FOUND, "the snapshot was deleted"));
    }

    /** The inode of a name; {@link #NONE} where there is none. */
    long lookup(long parent, byte[] name) throws IOException {
        if (list != null && parent == ROOT) {
            List<SnapshotList.Named> all = listed();
            if (Arrays.equals(name, LATEST_NAME)) {
                return all.isEmpty() ? NONE : latest(all);
            }
            return all.stream()
                    .filter(each -> Arrays.equals(each.bytes(), name))
                    .findFirst()
                    .map(each -> inode(each.number(), SnapshotTree.ROOT))
                    .orElse(NONE);
        }
        SnapshotTree tree = treeOf(parent);
        long found = tree.child(place(parent), name);
        if (found == SnapshotTree.NONE) {
            return NONE;
        }
        return inode(number(parent), tree.primary(found, tree.node(found)));
    }

    private int number(long inode) {
        return inode == ROOT ? ONLY : numberOf(inode);
    }

    /** @param exact whether to count all of a large file's extents */
    FileStatus status(long inode, boolean exact) throws IOException {
        if (changing(inode)) {
            List<SnapshotList.Named> all = listed();
            if (inode == ROOT) {
                Timestamp time =
                        all.isEmpty() ? new Timestamp(0, 0) : all.getLast().time();
                return FileStatus.made(inode, FileStatus.DIRECTORY, 0, time);
            }
            SnapshotList.Named named = named((int) (inode - ROOT));
            return FileStatus.made(inode, FileStatus.SYMLINK, named.bytes().length, named.time());
        }
        long place = place(inode);
        if (place == SnapshotTree.ROOT) {
            Timestamp time = list == null ? onlyTime : named(numberOf(inode)).time();
            return FileStatus.made(inode, FileStatus.DIRECTORY, 0, time);
        }
        return status(inode, treeOf(inode).node(place), exact);
    }

    /** Of an entry that is there already. */
    FileStatus status(long inode, Node.Named node, boolean exact) throws IOException {
        long size = node.attributes().size();
        return switch (node) {
            case Node.Symlink link -> FileStatus.of(inode, node, link.target().length, 0, true);
            case Node.RegularFile file
            when file.content().more() && !exact -> FileStatus.of(inode, node, size, size, false);
            case Node.RegularFile file
            when file.content().more() -> {
                FileContent content = content(inode);
                yield FileStatus.of(inode, node, content.length(), content.dataBytes(), true);
            }
            case Node.RegularFile file -> {
                long data = file.content().extents().stream()
                        .mapToLong(each -> each.length())
                        .sum();
                yield FileStatus.of(inode, node, file.content().length(), data, true);
            }
            default -> FileStatus.of(inode, node, size, size, true);
        };
    }

    byte[] readlink(long inode) throws IOException {
        if (changing(inode)) {
            return named((int) (inode - ROOT)).bytes();
        }
        return treeOf(inode).node(place(inode)) instanceof Node.Symlink(var name, var attributes, byte[] target)
                ? target
                : new byte[0];
    }

    /** For messages: a path where that can be told. */
    String describe(long inode) {
        try {
            return changing(inode)
                    ? "the list of snapshots"
                    : treeOf(inode).path(place(inode)).toString();
        } catch (IOException e) {
            return "inode " + inode;
        }
    }

    List<Xattr> xattrs(long inode) throws IOException {
        long place = place(inode);
        return changing(inode) || place == SnapshotTree.ROOT
                ? List.of()
                : treeOf(inode).node(place).attributes().xattrs();
    }

    /** Of a regular file. */
    FileContent content(long inode) throws IOException {
        SnapshotTree tree = treeOf(inode);
        synchronized (contents) {
            return contents.computeIfAbsent(inode, missing -> new FileContent(tree, place(inode)));
        }
    }

    /** Takes the entries of a directory. */
    interface Visitor {
        /**
         * @param node null for what no snapshot has
         * @param cookie to go on behind this entry
         * @return whether to go on
         */
        boolean entry(byte[] name, int type, long inode, Node.@Nullable Named node, long cookie) throws IOException;
    }

    /** @param cookie of the entry to go on behind; 0 to begin */
    void list(long directory, long cookie, Visitor visitor) throws IOException {
        if (list != null && directory == ROOT) {
            list(cookie, visitor);
            return;
        }
        int number = number(directory);
        treeOf(directory).children(place(directory), cookie - 1, (node, place) -> {
            return visitor.entry(node.name(), FileStatus.type(node), inode(number, place), node, place + 1);
        });
    }

    /** The cookie of a snapshot is its number, so that one that is new or gone moves nothing. */
    private void list(long cookie, Visitor visitor) throws IOException {
        List<SnapshotList.Named> all = listed();
        long latest = Long.MAX_VALUE - 8;
        List<SnapshotList.Named> byNumber = all.stream()
                .sorted(Comparator.comparingInt(SnapshotList.Named::number))
                .toList();
        for (SnapshotList.Named each : byNumber) {
            if (each.number() > cookie
                    && !visitor.entry(
                            each.bytes(),
                            FileStatus.DIRECTORY,
                            inode(each.number(), SnapshotTree.ROOT),
                            null,
                            each.number())) {
                return;
            }
        }
        if (!all.isEmpty() && cookie < latest) {
            visitor.entry(LATEST_NAME, FileStatus.SYMLINK, latest(all), null, latest);
        }
    }

    @Override
    public void close() {
        ahead.shutdownNow();
    }
}
