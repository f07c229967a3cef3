package dev.holdfast.agent.mount;

import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Node;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the files are that hard links of a snapshot lead to: before the links, in the order of the manifest. It is read as far as
 * the links need that were asked for, once. Safe for use by several threads.
 */
final class LinkIndex {
    /** About 20 MB. Beyond it the manifest is read again for each link. */
    private static final int MAX_ENTRIES = 200_000;

    private final SnapshotTree tree;
    private final Map<FileIdentity, Long> places = new HashMap<>();
    /** All pages before it were read. */
    private int read;

    LinkIndex(SnapshotTree tree) {
        this.tree = tree;
    }

    synchronized long primary(Node.HardLink link, long place) throws IOException {
        FileIdentity wanted = FileIdentity.of(link.attributes());
        Long known = places.get(wanted);
        for (; known == null && read <= SnapshotTree.pageOf(place); read++) {
            add(tree.pageInTurn(read), read);
            known = places.get(wanted);
        }
        if (known == null && places.size() >= MAX_ENTRIES) {
            known = search(wanted, SnapshotTree.pageOf(place));
        }
        if (known == null) {
            throw FormatException.corrupt("the snapshot lacks the file of a hard link");
        }
        return known;
    }

    private static boolean leads(Node node) {
        return node instanceof Node.Named named
                && !(node instanceof Node.HardLink || node instanceof Node.Directory)
                && named.attributes().links() > 1;
    }

    private void add(IndexedPage page, int number) {
        for (int i = 0; i < page.size() && places.size() < MAX_ENTRIES; i++) {
            if (leads(page.record(i))) {
                Node.Named named = (Node.Named) page.record(i);
                places.putIfAbsent(FileIdentity.of(named.attributes()), SnapshotTree.place(number, i));
            }
        }
    }

    private @org.jspecify.annotations.Nullable Long search(FileIdentity wanted, int last) throws IOException {
        for (int number = 0; number <= last; number++) {
            IndexedPage page = tree.pageInTurn(number);
            for (int i = 0; i < page.size(); i++) {
                if (leads(page.record(i))
                        && FileIdentity.of(((Node.Named) page.record(i)).attributes())
                                .equals(wanted)) {
                    return SnapshotTree.place(number, i);
                }
            }
        }
        return null;
    }
}
