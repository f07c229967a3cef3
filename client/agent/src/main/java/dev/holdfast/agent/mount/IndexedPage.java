package dev.holdfast.agent.mount;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A page of the manifest of which each record knows its directory. */
final class IndexedPage {
    private final List<Node> records;
    private final TreePath start;
    private final int startDepth;
    /** How many names the path of each record's directory has. */
    private final int[] depths;
    /** The record of each record's directory; -1 where that is in an earlier page. */
    private final int[] parents;

    IndexedPage(Page page) throws FormatException {
        records = page.records();
        boolean continuation = !records.isEmpty() && records.getFirst() instanceof Node.More;
        start = continuation ? page.context().parent() : page.context();
        startDepth = start.names().size();
        depths = new int[records.size()];
        parents = new int[records.size()];
        int depth = startDepth;
        int parent = -1;
        for (int i = 0; i < depths.length; i++) {
            depths[i] = depth;
            parents[i] = parent;
            Node node = records.get(i);
            if (node instanceof Node.Directory) {
                parent = i;
                depth++;
            } else if (node instanceof Node.Leave) {
                parent = parent < 0 ? -1 : parents[parent];
                if (--depth < 0) {
                    throw FormatException.corrupt("manifest leaves its root");
                }
            }
        }
    }

    int size() {
        return depths.length;
    }

    Node record(int index) {
        return records.get(index);
    }

    int depth(int index) {
        return depths[index];
    }

    /** Whether a directory goes on in this page, which is not the one that it begins in. */
    boolean beginsWithin(TreePath directory) {
        return start.startsWith(directory);
    }

    /** The first {@code names} names of the path of a named record. */
    TreePath path(int index, int names) {
        List<byte[]> below = new ArrayList<>();
        for (int at = index; at >= 0; at = parents[at]) {
            below.add(((Node.Named) records.get(at)).name());
        }
        int above = depths[index] + 1 - below.size();
        TreePath path = start;
        for (int depth = startDepth; depth > Math.min(above, names); depth--) {
            path = path.parent();
        }
        for (byte[] name : below.reversed()) {
            if (above++ >= names) {
                break;
            }
            path = path.child(name);
        }
        return path;
    }

    /** The first {@code names} names of the path of a record's directory. */
    TreePath directory(int index, int names) {
        if (parents[index] >= 0) {
            return path(parents[index], names);
        }
        TreePath path = start;
        for (int depth = startDepth; depth > Math.min(depths[index], names); depth--) {
            path = path.parent();
        }
        return path;
    }

    TreePath path(int index) {
        return path(index, depths[index] + 1);
    }

    /**
     * The place of a name in a directory, looked for from a record on.
     *
     * @param depth how many names the directory's path has
     * @return the record; {@link #ABSENT} where the directory ends without it, {@link #BEYOND} where it goes on in later pages
     */
    int find(int from, int depth, byte[] name) {
        for (int i = from; i < depths.length; i++) {
            if (depths[i] < depth) {
                return ABSENT;
            }
            if (depths[i] == depth) {
                Node node = records.get(i);
                if (node instanceof Node.Leave) {
                    return ABSENT;
                }
                if (node instanceof Node.Named named) {
                    int order = Arrays.compareUnsigned(named.name(), name);
                    if (order >= 0) {
                        return order == 0 ? i : ABSENT;
                    }
                }
            }
        }
        return BEYOND;
    }

    static final int ABSENT = -1;
    static final int BEYOND = -2;
}
