package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks the manifest and plans each entry that is wanted, in the manifest's order. The planning thread runs it. */
final class SnapshotWalk {
    private final TreeCursor.Pages manifest;
    private final RestoreOptions options;
    private final RestoreStats stats;
    private final ExistingFiles existing;
    private final AttributeRules rules;
    private final HardLinks links;
    private final Windows windows;
    private final TargetHealth health;
    private final Pruning pruning;
    private final OpenDirectories directories;
    private final LinkPrimaries primaries;
    private final FileEntries files;
    private final SimpleEntries simple;
    /** What the snapshot has at and below this path is left out. */
    private @Nullable TreePath skipped;

    SnapshotWalk(
            TreeCursor.Pages manifest,
            RestoreParts parts,
            TargetHealth health,
            Pruning pruning,
            OpenDirectories directories,
            LinkPrimaries primaries,
            SimpleEntries simple) {
        this.manifest = manifest;
        this.options = parts.options();
        this.stats = parts.stats();
        this.existing = parts.existing();
        this.rules = parts.rules();
        this.links = parts.links();
        this.windows = parts.windows();
        this.health = health;
        this.pruning = pruning;
        this.directories = directories;
        this.primaries = primaries;
        this.files = new FileEntries(parts, directories, primaries);
        this.simple = simple;
    }

    /**
     * Plans everything at and below {@code wanted}.
     *
     * @param strip how many leading names the restored paths lose
     */
    void run(TreePath wanted, int strip) throws IOException {
        if (!wanted.isRoot()) {
            primaries.addOutside(wanted);
        }
        TreeCursor cursor = new TreeCursor(manifest, this::damaged);
        cursor.seek(wanted);
        boolean found = wanted.isRoot();
        for (TreeCursor.Entry entry = cursor.nextWithin(wanted); entry != null; entry = cursor.nextWithin(wanted)) {
            found = true;
            TreePath path = stripped(entry.path(), strip);
            if (skipped != null && entry.path().startsWith(skipped)) {
                if (entry.node() instanceof Node.Named below && !(below instanceof Node.Directory)) {
                    primaries.elsewhere(new RestoreEntry(entry.path(), path, below));
                }
                continue;
            }
            skipped = null;
            if (entry.node() instanceof Node.More(Content content)) {
                more(path, content);
            } else if (!plan(new RestoreEntry(entry.path(), path, (Node.Named) entry.node()))) {
                continue;
            }
            windows.endIfFull();
        }
        if (!found) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "the snapshot has no " + wanted);
        }
    }

    private void damaged(PageRef page, IOException cause) {
        files.endFile();
        pruning.stop();
        stats.damaged.increment();
        existing.problem(
                page.first(),
                "a page of the manifest is damaged; files from here on may be missing: " + cause.getMessage());
    }

    private void more(TreePath path, Content content) throws IOException {
        try {
            files.more(content);
        } catch (OsException | FormatException e) {
            health.check(e);
            existing.problem(path, e.getMessage());
            files.giveUp();
        }
    }

    /** Returns whether the entry is wanted. */
    private boolean plan(RestoreEntry entry) throws IOException {
        files.endFile();
        TreePath path = entry.path();
        directories.leaveUpTo(path);
        if (!options.selection().wants(entry.source(), entry.node() instanceof Node.Directory)) {
            leaveOut(entry);
            return false;
        }
        try {
            directories.enterMissing(path.parent());
            TreeCursor.Entry primary = entry.node() instanceof Node.HardLink link ? primaries.of(link) : null;
            if (primary != null && entry.node() instanceof Node.HardLink link) {
                restorePrimary(entry, link, primary);
            } else {
                restore(entry);
            }
        } catch (OsException | FormatException e) {
            health.check(e);
            existing.problem(path, e.getMessage());
            files.giveUp();
            primaries.elsewhere(entry);
            if (entry.node() instanceof Node.Directory) {
                skipped = entry.source();
            }
        }
        return true;
    }

    private void leaveOut(RestoreEntry entry) {
        primaries.elsewhere(entry);
        if (entry.node() instanceof Node.Directory directory) {
            if (options.selection().omits(entry.source())) {
                skipped = entry.source();
            } else {
                directories.skip(entry.path(), directory.attributes());
            }
        }
        // What the snapshot has, --delete leaves alone.
        if (directories.isIn(entry.path().parent())) {
            directories.see(entry.path().name());
        }
    }

    private void restore(RestoreEntry entry) throws IOException {
        windows.countEntry();
        TreePath path = entry.path();
        if (!rules.permits(entry.node(), path)) {
            directories.see(entry.node().name());
            return;
        }
        switch (entry.node()) {
            case Node.Directory directory ->
                directories.enter(directory.name(), directory.attributes(), entry.source());
            case Node.RegularFile file -> files.restore(entry, file);
            case Node.HardLink link -> {
                Slot slot = directories.slot(path, link.name());
                // The file it links to may still be on its way in this window.
                windows.atEnd(path, () -> links.link(slot, path, link));
            }
            case Node.Symlink link -> simple.symlink(entry, link);
            case Node.Special special -> simple.special(entry, special);
        }
    }

    /** Restores a hard link's content under the link's own name, the first time; later names link to that. */
    private void restorePrimary(RestoreEntry entry, Node.HardLink link, TreeCursor.Entry primary) throws IOException {
        if (links.staged(FileIdentity.of(link.attributes())) || !primaries.claim(link)) {
            restore(entry);
            return;
        }
        Node.Named named = switch ((Node.Named) primary.node()) {
            case Node.RegularFile file -> new Node.RegularFile(link.name(), file.attributes(), file.content());
            case Node.Symlink s -> new Node.Symlink(link.name(), s.attributes(), s.target());
            case Node.Special s -> new Node.Special(link.name(), s.attributes(), s.type(), s.major(), s.minor());
            case Node.Directory d -> throw FormatException.corrupt("a hard link to a directory");
            case Node.HardLink h -> throw FormatException.corrupt("a hard link to a hard link");
        };
        try {
            // With the place of the content, so that yet another name finds it where this one does not take it.
            restore(new RestoreEntry(primary.path(), entry.path(), named));
        } catch (OsException | FormatException e) {
            primaries.release(link);
            throw e;
        }
        if (named instanceof Node.RegularFile) {
            moreOf(primary.path());
        }
    }

    /** Plans what the manifest has of a file behind its first record. */
    private void moreOf(TreePath path) throws IOException {
        TreeCursor cursor = new TreeCursor(manifest);
        cursor.seek(path);
        for (TreeCursor.Entry each = cursor.next(); each != null; each = cursor.next()) {
            if (each.path().equals(path) && each.node() instanceof Node.More(Content content)) {
                files.more(content);
            } else if (each.path().compareTo(path) > 0) {
                break;
            }
        }
    }

    private static TreePath stripped(TreePath path, int strip) {
        TreePath result = TreePath.ROOT;
        List<byte[]> names = path.names();
        for (byte[] name : names.subList(Math.min(strip, names.size()), names.size())) {
            result = result.child(name);
        }
        return result;
    }
}
