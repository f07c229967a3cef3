package dev.holdfast.control.browse;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds files of a snapshot by any of their names: the content of a file with several names lies under the first. One thread's. */
public final class LinkedFiles {
    /** Beyond so many files with several names, the rest is looked for each time. */
    private static final int MOST_LINKS = 1_000_000;

    private final SnapshotTree tree;
    private @Nullable Map<Key, TreePath> firsts;

    public LinkedFiles(SnapshotTree tree) {
        this.tree = tree;
    }

    /** What the names of a file have in common. */
    record Key(long device, long inode) {}

    /** A file under its first name, and the cursor that stands behind it. */
    public record Linked(TreeCursor cursor, TreePath path, Node.RegularFile file) {}

    static Key key(Attributes attributes) {
        return new Key(attributes.device(), attributes.inode());
    }

    /** The file of this name; empty where there is none, or something else than a file. */
    public Optional<Linked> find(TreePath path) throws IOException {
        TreeCursor cursor = tree.cursor();
        cursor.seek(path);
        TreeCursor.Entry entry = cursor.nextWithin(path);
        if (entry == null || !entry.path().equals(path)) {
            return Optional.empty();
        }
        return switch (entry.node()) {
            case Node.RegularFile file -> Optional.of(new Linked(cursor, path, file));
            case Node.HardLink link -> Optional.of(first(link));
            default -> Optional.empty();
        };
    }

    Linked first(Node.HardLink link) throws IOException {
        Map<Key, TreePath> known = firsts;
        if (known == null) {
            known = new HashMap<>();
            TreeCursor whole = tree.cursor();
            for (TreeCursor.Entry entry = whole.next();
                    entry != null && known.size() < MOST_LINKS;
                    entry = whole.next()) {
                if (entry.node() instanceof Node.RegularFile file
                        && file.attributes().links() > 1) {
                    known.put(key(file.attributes()), entry.path());
                }
            }
            firsts = known;
        }
        TreePath path = known.get(key(link.attributes()));
        TreeCursor cursor = tree.cursor();
        if (path != null) {
            cursor.seek(path);
        }
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (entry.node() instanceof Node.RegularFile file
                    && key(file.attributes()).equals(key(link.attributes()))) {
                return new Linked(cursor, entry.path(), file);
            }
        }
        throw new IOException("the snapshot lacks the file of a hard link");
    }
}
