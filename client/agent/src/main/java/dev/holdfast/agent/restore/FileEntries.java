package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Plans regular files: decides whether one stays as it is, and else which of its content must be fetched. Used by the planning
 * thread.
 */
final class FileEntries {
    /** Of less, one writer at a time is fast enough. */
    private static final int LEAST_RESERVED_BYTES = 4 << 20;

    private final RestoreOptions options;
    private final RestoreStats stats;
    private final ExistingFiles existing;
    private final AttributeRules rules;
    private final WorkFiles work;
    private final ChunkFetch fetch;
    private final HardLinks links;
    private final Windows windows;
    private final OpenDirectories directories;
    private final LinkPrimaries primaries;
    /** The file that more content in the manifest belongs to. */
    private @Nullable RestoredFile growing;

    FileEntries(RestoreParts parts, OpenDirectories directories, LinkPrimaries primaries) {
        this.options = parts.options();
        this.stats = parts.stats();
        this.existing = parts.existing();
        this.rules = parts.rules();
        this.work = parts.work();
        this.fetch = parts.fetch();
        this.links = parts.links();
        this.windows = parts.windows();
        this.directories = directories;
        this.primaries = primaries;
    }

    /** Plans a file with the content that its record has; {@link #more} follows where there is more. */
    void restore(RestoreEntry entry, Node.RegularFile recorded) throws IOException {
        TreePath path = entry.path();
        stats.at(path);
        Slot slot = directories.slot(path, recorded.name());
        Node.RegularFile node =
                new Node.RegularFile(recorded.name(), rules.permitted(recorded.attributes(), path), recorded.content());
        WorkFiles.Left left = directories.left();
        Optional<RestoredFile> begun = slot.parent.use(directory -> {
            slot.locate(directory);
            Stat present = slot.present();
            PresentFile there = null;
            if (present != null) {
                boolean file = present.type() == Stat.Type.FILE;
                if (existing.keep(path, node.attributes(), present, file)) {
                    stats.passed.add(recorded.attributes().size());
                    if (!file || !ExistingFiles.sameState(node.attributes(), present)) {
                        primaries.elsewhere(entry);
                    }
                    return Optional.empty();
                }
                ExistingFiles.requireReplaceable(present);
                there = file && options.overwrite() != Overwrite.ALWAYS ? PresentFile.open(slot, directory) : null;
                if (there != null && options.overwrite() == Overwrite.QUICK && quick(path, there, recorded, node)) {
                    return Optional.empty();
                }
            }
            byte[] partial = work.partial(node.name());
            boolean resumed = adopt(directory, left, node.name(), partial);
            return Optional.of(
                    new RestoredFile(slot, path, node, recorded.attributes(), partial, resumed, there, stats));
        });
        growing = null;
        RestoredFile task = begun.orElse(null);
        if (task == null) {
            if (!primaries.isWanted(FileIdentity.of(node.attributes()))) {
                links.stage(slot, node);
            }
            return;
        }
        windows.add(task);
        growing = task;
        grow(task, node.content());
    }

    /** More content of the file that was planned last, if it is not given up. */
    void more(Content content) throws IOException {
        if (growing != null) {
            grow(growing, content);
        }
    }

    /** No more content of the last file comes. */
    void endFile() {
        growing = null;
    }

    /** Gives up the file that was planned last, where content of it is still to come. */
    void giveUp() throws IOException {
        RestoredFile task = growing;
        growing = null;
        if (task != null) {
            synchronized (task) {
                task.damaged = true;
                task.complete = true;
                task.abandon();
            }
        }
    }

    /** Whether size and time say that a file is right; then it has its attributes set. */
    private boolean quick(TreePath path, PresentFile there, Node.RegularFile recorded, Node.RegularFile node)
            throws IOException {
        if (!ExistingFiles.sameState(recorded.attributes(), there.stat())
                || there.stat().links() > Math.max(1, node.attributes().links())) {
            return false;
        }
        boolean changed =
                existing.settle(path, ExistingFiles.open(there.open()), recorded.attributes(), node.attributes());
        (changed ? stats.settled : stats.skipped).increment();
        stats.passed.add(recorded.attributes().size());
        there.close();
        return true;
    }

    /** Takes over what an attempt of this restore that was cut off left of a file. */
    private static boolean adopt(Directory directory, WorkFiles.Left left, byte[] name, byte[] partial)
            throws IOException {
        byte[] earlier = left.of(name).orElse(null);
        if (earlier == null) {
            return false;
        }
        try {
            directory.renameNew(earlier, partial);
        } catch (OsException e) {
            // Another restore was faster.
            return false;
        }
        if (WorkFiles.resumable(directory.stat(partial))) {
            return true;
        }
        directory.remove(partial, false);
        return false;
    }

    /** Plans more content of a file. */
    private void grow(RestoredFile task, Content content) throws IOException {
        task.lastWindow = windows.number();
        boolean alone = task.planned == 0 && content.extents().size() == 1 && !content.more();
        long run = task.planned;
        for (Extent extent : content.extents()) {
            long from = task.planned;
            long position = from + extent.gap();
            task.planned = position + extent.length();
            boolean here = task.takes(from, position, extent, alone, fetch.hash());
            fetch.remember(task);
            if (here || position > from) {
                reserve(task, run, from);
                run = here ? task.planned : position;
            }
            if (!here) {
                fetch.plan(task, position, extent);
            }
        }
        reserve(task, run, task.planned);
        if (!content.more()) {
            boolean whole;
            synchronized (task) {
                task.length = content.length();
                task.complete = true;
                whole = task.placesLeft == 0;
            }
            if (whole) {
                task.finish(existing);
            }
        }
    }

    private void reserve(RestoredFile task, long from, long to) {
        if (to - from < LEAST_RESERVED_BYTES) {
            return;
        }
        try {
            task.reserve(from, to);
        } catch (IOException e) {
            // The file cannot be made, or written: its first writer meets that as well, and reports it.
        }
        fetch.remember(task);
    }
}
