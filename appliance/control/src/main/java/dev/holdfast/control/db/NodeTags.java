package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Tags of nodes: words by which people group machines. Safe for use by several threads. */
public final class NodeTags {
    /** Of one node. */
    public static final int MOST = 20;

    private final ControlDb db;

    NodeTags(ControlDb db) {
        this.db = db;
    }

    /**
     * Tags as they are stored: in lower case, each once, in order.
     *
     * @throws IllegalArgumentException where one has another form than {@link NameForm#TAG}
     */
    public static List<String> stored(List<String> tags) {
        TreeSet<String> stored = new TreeSet<>();
        for (String each : tags) {
            String tag = each.toLowerCase(Locale.ROOT);
            NameForm.TAG.require(tag);
            stored.add(tag);
        }
        return List.copyOf(stored);
    }

    public List<String> of(int node) throws IOException {
        return db.query(row -> row.getString(1), "SELECT tag FROM node_tag WHERE node_id = ? ORDER BY tag", node);
    }

    /**
     * Adds and removes tags, as {@link #stored} has them; returns those that the node has from then on.
     *
     * @throws IllegalArgumentException where these would be more than {@link #MOST}; then nothing is changed
     */
    public List<String> change(int node, List<String> added, List<String> removed) throws IOException {
        List<String> left = new ArrayList<>();
        db.inTransaction(() -> {
            TreeSet<String> tags = new TreeSet<>(of(node));
            tags.addAll(added);
            removed.forEach(tags::remove);
            if (tags.size() > MOST) {
                throw new PhrasedArgumentException(
                        Phrase.of("node.too-many-tags").with("most", MOST).with("tags", tags.size()));
            }
            db.update("DELETE FROM node_tag WHERE node_id = ?", node);
            add(node, tags);
            left.addAll(tags);
        });
        return List.copyOf(left);
    }

    /** Adds tags that a node does not have yet, within a transaction of the caller. */
    void add(int node, Collection<String> tags) throws IOException {
        for (String each : tags) {
            db.update("INSERT INTO node_tag(node_id, tag) VALUES (?, ?)", node, each);
        }
    }
}
