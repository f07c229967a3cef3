package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Removes what the snapshot does not have from directories that it has in full. Left alone: what lies outside the sources of the
 * backup, what the backup or the restore excludes, what the backup could not read, sockets, and other file systems. Used by one thread.
 */
final class Pruning {
    private final RestoreOptions options;
    private final ExistingFiles existing;
    private final Confinement confinement;
    private final List<TreePath> sources;
    private final Excludes backupExcludes;
    /** Set when a part of the manifest is lost: what is missing may be in it. */
    private boolean blind;

    Pruning(RestoreOptions options, SnapshotSummary summary, ExistingFiles existing, Confinement confinement) {
        this.options = options;
        this.existing = existing;
        this.confinement = confinement;
        this.sources = summary.sources();
        this.backupExcludes = new Excludes(options.delete() ? summary.excludes() : List.of());
    }

    void stop() {
        blind = true;
    }

    private record Level(DirectoryNode above, byte[] name, DirectoryNode node, TreePath path, Deque<byte[]> left) {}

    /** @param path of the directory in the snapshot */
    void prune(DirectoryNode node, Names names, TreePath path) throws IOException {
        if (!options.delete() || blind || sources.stream().noneMatch(path::startsWith)) {
            return;
        }
        long device = node.use(directory -> directory.stat().device());
        for (byte[] name : node.use(Directory::names)) {
            if (!names.seen(name) && !WorkFiles.isOne(name)) {
                try {
                    remove(node, name, path.child(name), device);
                } catch (IOException e) {
                    existing.problem(path.child(name), "not deleted: " + e.getMessage());
                }
            }
        }
    }

    private boolean spared(TreePath path, Stat stat, long device) {
        boolean directory = stat.type() == Stat.Type.DIRECTORY;
        return stat.device() != device
                || stat.type() == Stat.Type.SOCKET
                || directory && confinement.closes(stat)
                || options.spared().contains(path)
                || options.selection().spares(path, directory)
                || backupExcludes.matches(path, directory);
    }

    /** A directory goes if everything in it does. */
    private void remove(DirectoryNode parent, byte[] first, TreePath firstPath, long device) throws IOException {
        Deque<Level> levels = new ArrayDeque<>();
        enter(levels, parent, first, firstPath, device);
        while (!levels.isEmpty()) {
            Level level = levels.element();
            byte[] next = level.left.poll();
            if (next != null) {
                enter(levels, level.node, next, level.path.child(next), device);
                continue;
            }
            levels.pop();
            boolean empty = level.node.use(directory -> directory.names().isEmpty());
            level.node.release();
            if (empty) {
                level.above.use(directory -> {
                    directory.remove(level.name, true);
                    return true;
                });
                deleted(level.path);
            }
        }
    }

    private void enter(Deque<Level> levels, DirectoryNode above, byte[] name, TreePath path, long device)
            throws IOException {
        boolean enter = above.use(directory -> {
            Stat stat = ExistingFiles.statOrNull(directory, name);
            if (stat == null || spared(path, stat, device)) {
                return false;
            }
            if (stat.type() == Stat.Type.DIRECTORY) {
                return true;
            }
            directory.remove(name, false);
            deleted(path);
            return false;
        });
        if (enter) {
            DirectoryNode node = above.child(name);
            levels.push(new Level(above, name, node, path, new ArrayDeque<>(node.use(Directory::names))));
        }
    }

    private void deleted(TreePath path) {
        existing.stats().deleted.increment();
        existing.reporter().deleted(path);
    }
}
