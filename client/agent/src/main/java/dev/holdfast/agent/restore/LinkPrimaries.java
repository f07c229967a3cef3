package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files with several names whose content is fetched under one of the later names, since the first one, the primary, is not restored
 * or stays as it is. Used by the planning thread.
 */
final class LinkPrimaries {
    private final TreeCursor.Pages manifest;
    /** Where the content of such files is. */
    private final Map<FileIdentity, TreeCursor.Entry> primaries = new HashMap<>();
    /** Files that are restored, or on their way, under the name of a link. */
    private final Set<FileIdentity> pending = new HashSet<>();

    LinkPrimaries(TreeCursor.Pages manifest) {
        this.manifest = manifest;
    }

    /** Whether the file is neither restored nor on its way yet, since the names so far did not take its content. */
    boolean isWanted(FileIdentity file) {
        return primaries.containsKey(file) && !pending.contains(file);
    }

    /** Where the content of the file is that a link refers to; null where the link's first name is restored as it is. */
    TreeCursor.@Nullable Entry of(Node.HardLink link) {
        return primaries.get(FileIdentity.of(link.attributes()));
    }

    /** Whether this link is the one that gets the content: the first that asks. */
    boolean claim(Node.HardLink link) {
        return pending.add(FileIdentity.of(link.attributes()));
    }

    /** The link did not get the content after all: the next one that asks may. */
    void release(Node.HardLink link) {
        pending.remove(FileIdentity.of(link.attributes()));
    }

    /**
     * Lets a further name of a file carry the content that its first name, or the link that {@link #claim claimed} it, does not
     * take.
     */
    void elsewhere(RestoreEntry entry) {
        Node.Named node = entry.node();
        if (node.attributes().links() > 1 && !(node instanceof Node.HardLink)) {
            FileIdentity file = FileIdentity.of(node.attributes());
            primaries.put(file, new TreeCursor.Entry(entry.source(), node));
            pending.remove(file);
        }
    }

    /**
     * For a part of a snapshot: adds the files that hard links inside it refer to but that lie outside. Costs one more walk of
     * the manifest, and only where there are such links.
     */
    void addOutside(TreePath wanted) throws IOException {
        Set<FileIdentity> orphans = orphans(wanted);
        if (orphans.isEmpty()) {
            return;
        }
        TreeCursor all = new TreeCursor(manifest, (page, cause) -> {});
        for (TreeCursor.Entry entry = all.next(); entry != null; entry = all.next()) {
            if (entry.node() instanceof Node.Named named
                    && !(named instanceof Node.HardLink)
                    && named.attributes().links() > 1
                    && orphans.contains(FileIdentity.of(named.attributes()))) {
                primaries.put(FileIdentity.of(named.attributes()), entry);
            }
        }
    }

    /** Files that have a link inside, and no first name before it. */
    private Set<FileIdentity> orphans(TreePath wanted) throws IOException {
        Set<FileIdentity> inside = new HashSet<>();
        Set<FileIdentity> orphans = new HashSet<>();
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {});
        cursor.seek(wanted);
        for (TreeCursor.Entry entry = cursor.nextWithin(wanted); entry != null; entry = cursor.nextWithin(wanted)) {
            if (entry.node() instanceof Node.Named named && named.attributes().links() > 1) {
                FileIdentity file = FileIdentity.of(named.attributes());
                if (!(named instanceof Node.HardLink)) {
                    inside.add(file);
                } else if (!inside.contains(file)) {
                    orphans.add(file);
                }
            }
        }
        return orphans;
    }
}
