package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.restore.DirectoryMaker.Entered;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directories that the walk is in, from the target down. A directory gets its attributes when it is left and everything in it
 * is written. Used by the planning thread.
 */
final class OpenDirectories {
    private final RestoreOptions options;
    private final RestoreStats stats;
    private final ExistingFiles existing;
    private final AttributeRules rules;
    private final WorkFiles work;
    private final Windows windows;
    private final Pruning pruning;
    private final TouchedFileSystems fileSystems;
    private final DirectoryMaker maker;
    private final Deque<OpenDirectory> stack = new ArrayDeque<>();

    private final Deque<Skipped> bare = new ArrayDeque<>();
    private boolean changed;

    /**
     * A directory that the walk is in: its attributes come last, once nothing below changes it any more.
     *
     * @param whole where the snapshot has it, if it has everything that belongs in it
     */
    private record OpenDirectory(
            TreePath path,
            DirectoryNode node,
            Names names,
            WorkFiles.Left left,
            @Nullable TreePath whole,
            Windows.@Nullable Action finish) {}

    /** A directory that is made only when something in it is wanted. */
    private record Skipped(TreePath path, Attributes attributes) {}

    OpenDirectories(RestoreParts parts, Pruning pruning, TouchedFileSystems fileSystems, DirectoryMaker maker) {
        this.options = parts.options();
        this.stats = parts.stats();
        this.existing = parts.existing();
        this.rules = parts.rules();
        this.work = parts.work();
        this.windows = parts.windows();
        this.pruning = pruning;
        this.fileSystems = fileSystems;
        this.maker = maker;
    }

    /**
     * Enters the target.
     *
     * @param lock of the target, which tells how it spells names
     * @param whole where the snapshot has it, if it has everything that belongs in it
     */
    void enterTarget(DirectoryNode target, TargetLock lock, @Nullable TreePath whole) throws IOException {
        target.use(directory -> {
            List<byte[]> listing = directory.names();
            if (!lock.spelledRight(listing)) {
                existing.lost(TreePath.ROOT, List.of("names: the file system stores them in another spelling"));
            }
            WorkFiles.Left left = clean(TreePath.ROOT, directory, listing);
            stack.push(new OpenDirectory(TreePath.ROOT, target, Names.existing(listing), left, whole, null));
            return true;
        });
    }

    /** Leaves all directories but the target. */
    void leaveAll() {
        while (stack.size() > 1) {
            leave();
        }
    }

    /** Finishes the target itself, once everything in it is written. */
    void finishTarget() throws IOException {
        OpenDirectory top = stack.pop();
        if (top.whole != null) {
            pruning.prune(top.node, top.names, top.whole);
        }
        top.node.use(top.left::discard);
    }

    /** Whether directories were made or changed. */
    boolean changed() {
        return changed;
    }

    /** Leaves directories until one is left that {@code path} is in. */
    void leaveUpTo(TreePath path) {
        while (!path.parent().startsWith(stack.element().path)) {
            leave();
        }
        while (!bare.isEmpty() && !path.startsWith(bare.element().path)) {
            bare.pop();
        }
    }

    /** Notes a directory that is made only when something in it is wanted. */
    void skip(TreePath path, Attributes attributes) {
        bare.push(new Skipped(path, attributes));
    }

    /** Whether entries of {@code parent} are made in the directory that the walk is in. */
    boolean isIn(TreePath parent) {
        return parent.equals(stack.element().path);
    }

    /** Notes a name of the directory that the walk is in: what the snapshot has, {@code --delete} leaves alone. */
    void see(byte[] name) {
        stack.element().names.see(name);
    }

    /** The place of an entry in the directory that the walk is in. */
    Slot slot(TreePath path, byte[] name) {
        OpenDirectory directory = stack.element();
        return new Slot(directory.node, directory.names, path, name, existing);
    }

    /** What earlier restores left in the directory that the walk is in. */
    WorkFiles.Left left() {
        return stack.element().left;
    }

    /** Makes the directories on the way to {@code parent} that are not there yet. */
    void enterMissing(TreePath parent) throws IOException {
        List<byte[]> names = parent.names();
        for (int depth = stack.element().path.names().size(); depth < names.size(); depth++) {
            TreePath path = stack.element().path.child(names.get(depth));
            Attributes attributes = null;
            for (Skipped each : bare) {
                attributes = each.path.equals(path) ? each.attributes : attributes;
            }
            enter(names.get(depth), attributes, null);
        }
    }

    /**
     * @param recorded as the snapshot has them; null where it does not say
     * @param whole where the snapshot has it, if everything that belongs in it is restored
     */
    void enter(byte[] name, @Nullable Attributes recorded, @Nullable TreePath whole) throws IOException {
        OpenDirectory above = stack.element();
        TreePath path = above.path.child(name);
        Slot slot = slot(path, name);
        Entered entered = above.node.use(directory -> {
            slot.locate(directory);
            return maker.enter(directory, slot, path);
        });
        byte[] made = slot.name();
        DirectoryNode node = entered == Entered.LINKED ? above.node.linkedChild(made) : above.node.child(made);
        Names names = Names.ofNew();
        WorkFiles.Left left = WorkFiles.Left.NOTHING;
        if (entered == Entered.MADE) {
            changed = true;
        } else {
            fileSystems.enter(path, node);
            List<byte[]> listing = node.use(Directory::names);
            names = Names.existing(listing);
            left = node.use(directory -> clean(path, directory, listing));
        }
        boolean kept =
                entered == Entered.LINKED || entered == Entered.PRESENT && options.overwrite() == Overwrite.NEVER;
        Windows.Action finish = null;
        if (recorded != null && !kept) {
            Attributes wanted = rules.permitted(recorded, path);
            finish = () -> changed |= above.node.use(directory ->
                    existing.settle(path, ExistingFiles.named(directory, made, Stat.Type.DIRECTORY), recorded, wanted));
        }
        stack.push(new OpenDirectory(path, node, names, left, whole, finish));
        stats.directories.increment();
    }

    private WorkFiles.Left clean(TreePath path, Directory directory, List<byte[]> listing) throws IOException {
        return work.clean(
                directory,
                listing,
                name -> existing.lost(
                        path.child(name),
                        List.of("a work file of a restore that may run on another machine or in a"
                                + " container was left alone; remove it if none does")));
    }

    /** Leaves a directory; its attributes are set when everything in it has been written. */
    private void leave() {
        OpenDirectory directory = stack.pop();
        windows.atEnd(directory.path, () -> {
            TreePath whole = directory.whole;
            if (whole != null) {
                pruning.prune(directory.node, directory.names, whole);
            }
            directory.node.use(open -> directory.left.discard(open));
            directory.node.release();
            if (directory.finish != null) {
                directory.finish.run();
            }
        });
    }
}
