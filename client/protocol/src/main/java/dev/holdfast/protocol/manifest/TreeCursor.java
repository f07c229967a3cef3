package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a snapshot's tree in order, a page at a time, in memory bounded by the depth. Trusts no page: names must be safe
 * and strictly ascending, pages must fit together, so that no two records can claim one path. Not safe for use by
 * several threads.
 */
public final class TreeCursor {
    /** Where pages come from; {@code load} verifies the page's digest. */
    public interface Pages {
        int count();

        PageRef ref(int index) throws IOException;

        Page load(PageRef ref) throws IOException;
    }

    /** What to do about a page that cannot be loaded: return to continue behind it, or throw. */
    public interface OnDamage {
        void damaged(PageRef page, IOException cause) throws IOException;
    }

    /** A named record and its path, or more content of the file before it. */
    public record Entry(TreePath path, Node node) {}

    /** A directory the walk stands in, and the last name seen there. */
    private static final class Level {
        final TreePath directory;
        byte @Nullable [] last;

        Level(TreePath directory) {
            this.directory = directory;
        }
    }

    private final Pages pages;
    private final OnDamage onDamage;
    private final Deque<Level> levels = new ArrayDeque<>();
    private List<Node> records = List.of();
    private int nextRecord;
    private int nextPage;
    private boolean jumped = true;
    private TreePath lastPath = TreePath.ROOT;
    private @Nullable TreePath skipBelow;

    public TreeCursor(Pages pages, OnDamage onDamage) {
        this.pages = pages;
        this.onDamage = onDamage;
        levels.push(new Level(TreePath.ROOT));
    }

    /** Fails at the first page that cannot be loaded. */
    public TreeCursor(Pages pages) {
        this(pages, (page, cause) -> {
            throw cause;
        });
    }

    /** Moves to the page where {@code path}, or the first path behind it, is to be found. */
    public void seek(TreePath path) throws IOException {
        int low = 0;
        int high = pages.count();
        // Invariant: every page before low begins before path, none from high on does.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pages.ref(middle).first().compareTo(path) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        jumpTo(Math.max(0, low - 1));
    }

    private void jumpTo(int page) {
        nextPage = page;
        skipBelow = null;
        records = List.of();
        nextRecord = 0;
        jumped = true;
    }

    /** The next entry, or null at the end. */
    public @Nullable Entry next() throws IOException {
        Entry entry = advance();
        while (entry != null && skipBelow != null && entry.path().startsWith(skipBelow)) {
            entry = advance();
        }
        skipBelow = null;
        return entry;
    }

    /** The next entry at or below {@code top}, or null behind the last; begin with {@link #seek}. */
    public @Nullable Entry nextWithin(TreePath top) throws IOException {
        for (Entry entry = next(); entry != null; entry = next()) {
            if (entry.path().startsWith(top)) {
                return entry;
            }
            if (entry.path().compareTo(top) > 0) {
                return null;
            }
        }
        return null;
    }

    private @Nullable Entry advance() throws IOException {
        while (true) {
            if (nextRecord == records.size()) {
                if (nextPage == pages.count()) {
                    return null;
                }
                loadPage();
                continue;
            }
            Node node = records.get(nextRecord++);
            switch (node) {
                case Node.Leave() -> {
                    if (levels.size() == 1) {
                        throw FormatException.corrupt("manifest leaves its root");
                    }
                    lastPath = levels.pop().directory;
                }
                case Node.More more -> {
                    return new Entry(lastPath, more);
                }
                case Node.Named named -> {
                    return named(named);
                }
            }
        }
    }

    private Entry named(Node.Named named) throws FormatException {
        Level level = levels.element();
        if (level.last != null && Arrays.compareUnsigned(level.last, named.name()) >= 0) {
            throw FormatException.corrupt("manifest names are out of order in " + level.directory);
        }
        level.last = named.name();
        TreePath path = level.directory.child(named.name());
        lastPath = path;
        if (named instanceof Node.Directory) {
            levels.push(new Level(path));
        }
        return new Entry(path, named);
    }

    private void loadPage() throws IOException {
        PageRef ref = pages.ref(nextPage++);
        Page page;
        try {
            page = pages.load(ref);
        } catch (IOException e) {
            onDamage.damaged(ref, e);
            jumped = true;
            return;
        }
        boolean continuation = !page.records().isEmpty() && page.records().getFirst() instanceof Node.More;
        if (jumped) {
            resume(page.context(), continuation);
        } else {
            TreePath expected = continuation ? lastPath : levels.element().directory;
            if (!page.context().equals(expected)) {
                throw FormatException.corrupt("manifest page begins at " + page.context() + " instead of " + expected);
            }
        }
        jumped = false;
        records = page.records();
        nextRecord = 0;
    }

    /** Rebuilds the levels from a page's context after a jump. */
    private void resume(TreePath context, boolean continuation) {
        levels.clear();
        TreePath directory = continuation ? context.parent() : context;
        TreePath path = TreePath.ROOT;
        levels.push(new Level(path));
        for (byte[] name : directory.names()) {
            levels.element().last = name;
            path = path.child(name);
            levels.push(new Level(path));
        }
        if (continuation) {
            levels.element().last = context.name();
        }
        lastPath = context;
    }

    /** After an entry that is a directory: moves behind everything below it, without loading pages wholly inside. */
    public void skipChildren(TreePath directory) throws IOException {
        int open = levels.size();
        while (nextRecord < records.size()) {
            Node node = records.get(nextRecord++);
            if (node instanceof Node.Directory) {
                open++;
            } else if (node instanceof Node.Leave && --open < levels.size()) {
                lastPath = levels.pop().directory;
                return;
            }
        }
        // Binary search for the first page that begins behind the directory; the one before it holds the way out.
        int low = nextPage;
        int high = pages.count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pages.ref(middle).first().startsWith(directory)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        jumpTo(Math.max(nextPage, low - 1));
        skipBelow = directory;
    }
}
