package dev.holdfast.control.browse;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.ManifestPages;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A snapshot's files by name, read by the appliance itself. Memory is a page of the manifest. One thread's, which closes it. */
public final class SnapshotTree implements AutoCloseable {
    /** Of the paths in one page. */
    public static final long MOST_CHARACTERS = 1 << 20;

    private final Store store;
    private final ManifestFile manifest;

    public SnapshotTree(Store store, StoredSnapshot snapshot) throws IOException {
        this.store = store;
        this.manifest = store.manifests().open(snapshot);
    }

    /**
     * An entry of a directory: a file, directory, symlink, hardlink or special.
     *
     * @param damaged whether it, or something below it, is known to be damaged
     * @param modified null where that is no year of four digits
     */
    public record Entry(
            String name,
            String path,
            String kind,
            long size,
            @Nullable Instant modified,
            int mode,
            int uid,
            int gid,
            boolean damaged) {
        public Entry marked(DamagedPaths known) {
            return known.within(path) ? new Entry(name, path, kind, size, modified, mode, uid, gid, true) : this;
        }
    }

    /** A walk of its own. */
    public TreeCursor cursor() {
        return cursor((page, cause) -> {
            throw cause;
        });
    }

    /**
     * A walk that goes on behind pages that are damaged or lost.
     *
     * @param lost is told of each, and why
     */
    TreeCursor cursorOverDamage(BiConsumer<PageRef, IOException> lost) {
        return cursor((page, cause) -> {
            if (!(cause instanceof FormatException || cause instanceof NoSuchFileException)) {
                throw cause;
            }
            lost.accept(page, cause);
        });
    }

    private TreeCursor cursor(TreeCursor.OnDamage onDamage) {
        return new TreeCursor(new ManifestPages(manifest, store.reader()), onDamage);
    }

    /**
     * Part of a directory, in the order of names: so many, or fewer where their paths are long.
     *
     * @param after the last name before, null for the beginning
     */
    public Found list(TreePath directory, @Nullable TreePath after, int limit) throws IOException {
        TreeCursor cursor = cursor();
        cursor.seek(after == null ? directory : after);
        List<Entry> found = new ArrayList<>();
        long characters = 0;
        for (TreeCursor.Entry entry = cursor.nextWithin(directory);
                entry != null;
                entry = cursor.nextWithin(directory)) {
            if (found.size() >= limit || characters > MOST_CHARACTERS) {
                return new Found(found, found.getLast().path());
            }
            if (!(entry.node() instanceof Node.Named node) || entry.path().equals(directory)) {
                continue;
            }
            boolean child = entry.path().parent().equals(directory);
            if (child && (after == null || entry.path().compareTo(after) > 0)) {
                found.add(entry(entry.path(), node));
                characters += found.getLast().path().length();
            }
            if (node instanceof Node.Directory) {
                cursor.skipChildren(entry.path());
            }
        }
        return new Found(found, "");
    }

    /** The entry of a path; the root, which has none of its own, is a directory. */
    public Optional<Entry> find(TreePath path) throws IOException {
        if (path.isRoot()) {
            return Optional.of(new Entry("/", "/", "directory", 0, null, 0, 0, 0, false));
        }
        TreeCursor cursor = cursor();
        cursor.seek(path);
        TreeCursor.Entry entry = cursor.nextWithin(path);
        return entry != null && entry.path().equals(path) && entry.node() instanceof Node.Named node
                ? Optional.of(entry(path, node))
                : Optional.empty();
    }

    public boolean has(TreePath path) throws IOException {
        TreeCursor cursor = cursor();
        cursor.seek(path);
        return cursor.nextWithin(path) != null;
    }

    /** @param next behind which path to go on, empty at the end */
    public record Found(List<Entry> entries, String next) {}

    /**
     * Entries whose names contain something, ignoring case, as far as it comes until a moment of the nano clock.
     *
     * @param after where a search before this one ended, null for the beginning
     */
    public Found search(String text, @Nullable TreePath after, int limit, long until) throws IOException {
        String wanted = text.toLowerCase(Locale.ROOT);
        List<Entry> found = new ArrayList<>();
        TreeCursor cursor = cursor();
        if (after != null) {
            cursor.seek(after);
        }
        TreePath last = null;
        long characters = 0;
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (!(entry.node() instanceof Node.Named node)
                    || after != null && entry.path().compareTo(after) <= 0) {
                continue;
            }
            // One at least, so that whoever goes on comes to an end.
            if (last != null && (found.size() >= limit || characters > MOST_CHARACTERS || System.nanoTime() >= until)) {
                return new Found(found, last.toString());
            }
            last = entry.path();
            if (TreePath.escape(entry.path().name()).toLowerCase(Locale.ROOT).contains(wanted)) {
                found.add(entry(entry.path(), node));
                characters += found.getLast().path().length();
            }
        }
        return new Found(found, "");
    }

    static Entry entry(TreePath path, Node.Named node) {
        var attributes = node.attributes();
        return new Entry(
                TreePath.escape(path.name()),
                path.toString(),
                switch (node) {
                    case Node.Directory directory -> "directory";
                    case Node.RegularFile file -> "file";
                    case Node.HardLink link -> "hardlink";
                    case Node.Symlink link -> "symlink";
                    case Node.Special special -> "special";
                },
                attributes.size(),
                Moments.ofForeign(
                        attributes.mtime().seconds(), attributes.mtime().nanos()),
                attributes.mode(),
                attributes.uid(),
                attributes.gid(),
                false);
    }

    @Override
    public void close() throws IOException {
        manifest.close();
    }
}
