package dev.holdfast.agent.mount;

import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The tree of one snapshot, of which entries are named by their place: page and record. A place is found by binary search over the
 * first paths of pages, and a directory is read from where it begins. Safe for use by several threads.
 */
final class SnapshotTree {
    /** The place of the root directory, which has no record. */
    static final long ROOT = (1L << 48) - 1;
    /** No such entry. */
    static final long NONE = -1;

    private static final int RECORD_BITS = 20;
    private static final int MAX_PAGES = 1 << 27;
    /** How many pages are fetched before they are needed, where several are read in turn. */
    private static final int PAGES_AHEAD = 4;

    private final Session session;
    private final UUID snapshot;
    private final PageCache cache;
    private final Executor ahead;
    private final LinkIndex links;
    private volatile int pages = -1;

    /** @param ahead fetches pages before they are needed */
    SnapshotTree(Session session, UUID snapshot, PageCache cache, Executor ahead) {
        this.session = session;
        this.snapshot = snapshot;
        this.cache = cache;
        this.ahead = ahead;
        this.links = new LinkIndex(this);
    }

    UUID snapshot() {
        return snapshot;
    }

    static long place(int page, int record) {
        return (long) page << RECORD_BITS | record;
    }

    static int pageOf(long place) {
        return (int) (place >>> RECORD_BITS);
    }

    static int recordOf(long place) {
        return (int) place & (1 << RECORD_BITS) - 1;
    }

    int pages() throws IOException {
        int count = pages;
        if (count < 0) {
            count = session.ask(snapshot, live -> live.manifest(snapshot).count());
            if (count >= MAX_PAGES) {
                throw FormatException.corrupt("snapshot " + snapshot + " has " + count + " pages");
            }
            pages = count;
        }
        return count;
    }

    private PageRef ref(int page) throws IOException {
        return session.ask(snapshot, live -> live.manifest(snapshot).ref(page));
    }

    IndexedPage page(int number) throws IOException {
        return cache.get(snapshot, number, () -> session.ask(snapshot, live -> load(live.manifest(snapshot), number)));
    }

    private static PageCache.Cached load(RemoteManifest manifest, int number) throws IOException {
        PageRef ref = manifest.ref(number);
        Page page = manifest.load(ref);
        if (page.records().size() > 1 << RECORD_BITS) {
            throw FormatException.corrupt(
                    "a manifest page has " + page.records().size() + " records");
        }
        return new PageCache.Cached(new IndexedPage(page), ref.length());
    }

    /** The same, and has the next ones fetched. */
    IndexedPage pageInTurn(int number) throws IOException {
        int end = Math.min(pages(), number + 1 + PAGES_AHEAD);
        for (int i = number + 1; i < end; i++) {
            int next = i;
            if (!cache.has(snapshot, next)) {
                try {
                    ahead.execute(() -> fetch(next));
                } catch (RejectedExecutionException e) {
                    // Enough is under way.
                    break;
                }
            }
        }
        return page(number);
    }

    private void fetch(int page) {
        try {
            page(page);
        } catch (IOException e) {
            // A later read of this page reports the error.
        }
    }

    Node.Named node(long place) throws IOException {
        IndexedPage page = page(pageOf(place));
        if (recordOf(place) < page.size() && page.record(recordOf(place)) instanceof Node.Named named) {
            return named;
        }
        throw FormatException.corrupt("snapshot " + snapshot + " has nothing at place " + place);
    }

    /** The entry that holds the content of a place: that itself, or what it is a further name of. */
    long primary(long place, Node.Named node) throws IOException {
        return node instanceof Node.HardLink link ? links.primary(link, place) : place;
    }

    TreePath path(long place) throws IOException {
        return place == ROOT ? TreePath.ROOT : page(pageOf(place)).path(recordOf(place));
    }

    /** The place of a path, or {@link #NONE}. */
    long find(TreePath path) throws IOException {
        if (path.isRoot()) {
            return ROOT;
        }
        int low = 0;
        int high = pages();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ref(middle).first().compareTo(path) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        // In the last page that begins before the path, or at the beginning of the next.
        int depth = path.names().size() - 1;
        for (int page = Math.max(0, low - 1); page <= low && page < pages(); page++) {
            IndexedPage records = page(page);
            for (int i = 0; i < records.size(); i++) {
                if (records.depth(i) == depth
                        && records.record(i) instanceof Node.Named named
                        && java.util.Arrays.equals(named.name(), path.name())
                        && records.path(i).equals(path)) {
                    return place(page, i);
                }
            }
        }
        return NONE;
    }

    /** The place of a name in a directory, or {@link #NONE}. */
    long child(long directory, byte[] name) throws IOException {
        if (directory != ROOT) {
            IndexedPage page = page(pageOf(directory));
            int record = recordOf(directory);
            int found = page.find(record + 1, page.depth(record) + 1, name);
            if (found != IndexedPage.BEYOND) {
                return found < 0 ? NONE : place(pageOf(directory), found);
            }
        }
        return find(path(directory).child(name));
    }

    /** Takes the entries of a directory. */
    interface Visitor {
        /** @return whether to go on */
        boolean entry(Node.Named node, long place) throws IOException;
    }

    /**
     * Visits what a directory holds, in order.
     *
     * @param after the entry to go on behind; {@link #NONE} to begin
     */
    void children(long directory, long after, Visitor visitor) throws IOException {
        TreePath path = path(directory);
        int depth = path.names().size();
        int number = after != NONE ? pageOf(after) : directory == ROOT ? 0 : pageOf(directory);
        int record = after != NONE ? recordOf(after) + 1 : directory == ROOT ? 0 : recordOf(directory) + 1;
        // Whether the place to look at is known to be in the directory or below it.
        boolean within = true;
        while (number < pages()) {
            IndexedPage page = pageInTurn(number);
            if (!within && !page.beginsWithin(path)) {
                return;
            }
            int subtree = -1;
            for (; record < page.size(); record++) {
                if (page.depth(record) > depth) {
                    subtree = subtree < 0 ? record : subtree;
                    continue;
                }
                subtree = -1;
                Node node = page.record(record);
                if (page.depth(record) < depth || node instanceof Node.Leave) {
                    return;
                }
                if (node instanceof Node.Named named) {
                    if (!visitor.entry(named, place(number, record))) {
                        return;
                    }
                    subtree = named instanceof Node.Directory ? record : -1;
                }
            }
            number = subtree < 0 ? number + 1 : behind(page, subtree, depth, number + 1);
            record = 0;
            within = false;
        }
    }

    /** The page that holds the end of a subtree that goes on beyond its page. */
    private int behind(IndexedPage page, int inside, int depth, int from) throws IOException {
        TreePath top = page.record(inside) instanceof Node.Named
                ? page.path(inside, depth + 1)
                : page.directory(inside, depth + 1);
        int low = from;
        int high = pages();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ref(middle).first().startsWith(top)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return Math.max(from, low - 1);
    }
}
