package dev.holdfast.control.browse;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.container.FrozenException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one path is in one snapshot after the other, and which of these have the same content. Content is compared without
 * reading it where its chunks are the same; small files, which share chunks with their neighbours, are read. Memory is a page
 * of the manifest and what was compared so far. One thread's.
 */
public final class FileVersions {
    /** Files up to this size may lie in a chunk with others, so that equal content need not have equal chunks. */
    private static final int BUNDLED_BYTES = 64 << 10;
    /** Of a larger file, about 16 GB of average chunks, it is not said what else has its content. */
    private static final int MOST_EXTENTS = 1 << 16;

    private static final int MARK_BYTES = 8;

    private final Store store;
    private final byte[] secret;
    private final TreePath path;
    private final Map<List<Extent>, String> known = new HashMap<>();

    /** @param secret keeps the marks of content from telling what is in a file to those who may not read it */
    public FileVersions(Store store, byte[] secret, TreePath path) {
        this.store = store;
        this.secret = secret.clone();
        this.path = path;
    }

    /**
     * What a path is in a snapshot.
     *
     * @param entry null where the snapshot does not have it
     * @param content equal for equal content; empty where that is not known
     */
    public record State(SnapshotTree.@Nullable Entry entry, String content) {
        /** Whether nothing of it changed in between. */
        public boolean same(State other) {
            return content.equals(other.content) && sameEntry(entry, other.entry);
        }

        private static boolean sameEntry(SnapshotTree.@Nullable Entry one, SnapshotTree.@Nullable Entry other) {
            if (one == null || other == null) {
                return one == null && other == null;
            }
            boolean sameTime = one.modified() == null
                    ? other.modified() == null
                    : one.modified().equals(other.modified());
            return one.kind().equals(other.kind()) && one.size() == other.size() && sameTime;
        }
    }

    public State in(SnapshotTree tree) throws IOException {
        TreeCursor cursor = tree.cursor();
        cursor.seek(path);
        TreeCursor.Entry found = cursor.nextWithin(path);
        if (found == null || !found.path().equals(path) || !(found.node() instanceof Node.Named node)) {
            return new State(null, "");
        }
        String content = node instanceof Node.RegularFile file ? content(tree, cursor, file) : "";
        return new State(SnapshotTree.entry(path, node), content);
    }

    private String content(SnapshotTree tree, TreeCursor cursor, Node.RegularFile file) throws IOException {
        List<Extent> extents = extents(cursor, file.content());
        if (extents.size() > MOST_EXTENTS) {
            return "";
        }
        String mark = known.get(extents);
        if (mark == null) {
            mark = file.attributes().size() <= BUNDLED_BYTES ? read(tree, file) : mark(of(extents), 1);
            known.put(extents, mark);
        }
        return mark;
    }

    private static List<Extent> extents(TreeCursor cursor, Content first) throws IOException {
        List<Extent> extents = new ArrayList<>(first.extents());
        boolean more = first.more();
        while (more && extents.size() <= MOST_EXTENTS) {
            TreeCursor.Entry entry = cursor.next();
            if (entry == null || !(entry.node() instanceof Node.More(Content content))) {
                throw FormatException.corrupt("the manifest lacks the rest of a file");
            }
            extents.addAll(content.extents());
            more = content.more();
        }
        return extents;
    }

    private String read(SnapshotTree tree, Node.RegularFile file) throws IOException {
        try {
            return mark(new FileContents(store, tree).head(tree.cursor(), file, BUNDLED_BYTES), 0);
        } catch (FormatException | NoSuchFileException | FrozenException e) {
            // That it is damaged or frozen is told elsewhere; here nothing is known of its content.
            return "";
        }
    }

    private static byte[] of(List<Extent> extents) {
        ByteWriter out = new ByteWriter(extents.size() * 48);
        for (Extent each : extents) {
            each.chunk().write(out);
            out.varint(each.gap()).varint(each.offset()).varint(each.length());
        }
        return out.toByteArray();
    }

    private String mark(byte[] bytes, int kind) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(secret);
            digest.update((byte) kind);
            return HexFormat.of().formatHex(digest.digest(bytes), 0, MARK_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
