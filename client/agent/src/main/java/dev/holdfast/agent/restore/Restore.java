package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.FileIdentity;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Brings a snapshot, or a part of it, back to a directory.
 *
 * <p>Works in windows of the manifest, see {@link ChunkFetch}. Memory is a window's plan and the chunks in flight. All work is relative to
 * open directories and follows no symlink, so nothing can lead outside the target. Interrupted, it is repeated: files
 * that are complete already are left alone, large ones go on where they stood.
 */
public final class Restore {
    /** One window is planned while the one before is written: two of this size are in memory. */
    private static final int WINDOW_ENTRIES = 16_384;

    /** The first window is small, so that bytes flow at once; each is twice the one before. */
    private static final int FIRST_WINDOW_ENTRIES = 1024;

    private static final int WINDOW_PLACES = 32_768;
    private static final int MAX_OPEN_DIRECTORIES = 256;
    private static final int SET_ID = 06000;
    private static final int UNFINISHED_NAMED = 5;

    private final TreeCursor.Pages manifest;
    private final RestoreOptions options;
    private final RestoreStats stats;
    private final Confinement confinement;
    private final ExistingFiles existing;
    private final DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES);
    private final DirectoryNode target;
    private final HardLinks links;
    private final ChunkFetch fetch;
    private final WorkFiles work;
    private final TargetHealth health;
    private final Pruning pruning;
    private final TouchedFileSystems fileSystems;
    private final EarlySync earlySync;
    /** Whether directories or entries without content were made or changed; the statistics tell of others. */
    private boolean changed;

    private final Deque<OpenDirectory> stack = new ArrayDeque<>();

    private final Deque<Skipped> bare = new ArrayDeque<>();
    private Window window = new Window(0);
    /** Windows that are fetched or being finished, the earlier first: two at most. */
    private final Deque<Window> started = new ArrayDeque<>();
    /** Where the walk is, as the snapshot names it. */
    private @Nullable TreePath current;

    /** Files outside the wanted part, restored under the name of a link inside it. */
    private final Set<FileIdentity> pendingPrimaries = new HashSet<>();
    /** Files with further names whose content must be fetched under one of those, since their own stays as it is. */
    private final Map<FileIdentity, TreeCursor.Entry> primaries = new HashMap<>();

    private @Nullable RestoredFile growing;

    /** Told of each thing that could not be restored exactly. */
    public interface Reporter {
        void problem(TreePath path, String what);

        /** Told of each thing that the {@link Confinement} left out. */
        default void stripped(TreePath path, String what) {
            problem(path, what + " not restored: an order may not give rights on this machine");
        }

        /** Told once if the restore waits for another one into the same target to end. */
        default void waiting() {}

        /** Told of each entry that was removed since the snapshot does not have it. */
        default void deleted(TreePath path) {}
    }

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
            @Nullable Finish finish) {}

    /** A directory that is made only when something in it is wanted. */
    private record Skipped(TreePath path, Attributes attributes) {}

    /** Files whose content is fetched together, and what is to be done after them. */
    private static final class Window {
        final int number;
        final List<RestoredFile> files = new ArrayList<>();
        final List<Runnable> end = new ArrayList<>();
        int entries;
        CompletableFuture<Void> written = CompletableFuture.completedFuture(null);

        Window(int number) {
            this.number = number;
        }
    }

    private interface Finish {
        void run() throws IOException;
    }

    /** @param target closed when the restore ends */
    public Restore(
            Appliance appliance,
            RemoteManifest manifest,
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            int streams,
            Reporter reporter)
            throws IOException {
        this(
                ChunkSource.of(appliance, streams, options.freeOnly()),
                manifest,
                manifest.snapshot(),
                manifest.summary(),
                target,
                options,
                confinement,
                stats,
                reporter);
    }

    Restore(
            ChunkSource source,
            TreeCursor.Pages manifest,
            UUID snapshot,
            SnapshotSummary summary,
            Directory target,
            RestoreOptions options,
            Confinement confinement,
            RestoreStats stats,
            Reporter reporter) {
        this.manifest = manifest;
        this.confinement = confinement;
        this.options = options;
        this.stats = stats;
        this.existing = new ExistingFiles(options.overwrite(), stats, reporter);
        this.target = pool.root(target);
        this.work = new WorkFiles(snapshot);
        this.health = new TargetHealth(this.target, work);
        this.fileSystems = new TouchedFileSystems(existing);
        this.earlySync = new EarlySync(this.target, stats, EarlySync.STEP_BYTES);
        this.pruning = new Pruning(options, summary, existing, confinement);
        this.fetch = new ChunkFetch(source, existing, health);
        this.links = new HardLinks(this.target, work, existing, confinement, stats);
    }

    /**
     * Restores everything at and below {@code wanted} that the options select. Throws {@link TargetFailedException} where the target can
     * take nothing any more; run again, a restore then goes on where this one stood.
     *
     * @param strip how many leading names the restored paths lose
     */
    public void run(TreePath wanted, int strip) throws IOException {
        boolean ended = false;
        TargetLock lock = TargetLock.acquire(target, existing.reporter()::waiting);
        try {
            fileSystems.enter(TreePath.ROOT, target);
            earlySync.start();
            target.use(directory -> {
                List<byte[]> listing = directory.names();
                if (!lock.spelledRight(listing)) {
                    existing.lost(TreePath.ROOT, List.of("names: the file system stores them in another spelling"));
                }
                WorkFiles.Left left = clean(TreePath.ROOT, directory, listing);
                TreePath whole = wanted.isRoot() ? TreePath.ROOT : null;
                stack.push(new OpenDirectory(TreePath.ROOT, target, Names.existing(listing), left, whole, null));
                return true;
            });
            restore(wanted, strip);

            while (stack.size() > 1) {
                leave();
            }
            endWindow();
            finishRunning();
            for (RestoredFile cut : window.files) {
                stats.damaged.increment();
                problem(cut.path, "the end of its content is lost with a damaged page of the manifest");
            }
            OpenDirectory top = stack.pop();
            if (top.whole != null) {
                pruning.prune(top.node, top.names, top.whole);
            }
            target.use(top.left::discard);
            earlySync.end();
            if (changed || stats.files.sum() + stats.settled.sum() + stats.deleted.sum() > 0) {
                fileSystems.sync();
                health.requireWritable();
            }
            ended = true;
        } catch (TargetFailedException | OsException e) {
            try {
                health.check(e);
            } catch (TargetFailedException failed) {
                boolean full = failed.getCause() instanceof OsException cause && cause.full();
                throw new TargetFailedException(failed.getMessage() + left() + (full ? "" : lost()), e);
            }
            throw e;
        } finally {
            end(ended, lock);
        }
        health.requireRoom();
    }

    /**
     * Throws where a path no longer leads to the directory that was opened by it: what was restored is somewhere else.
     *
     * @param opened the directory, when it was opened
     */
    public static void requireInPlace(byte[] path, Stat opened) throws TargetFailedException {
        try (Directory now = Platform.current().open(path)) {
            if (now.stat().sameFile(opened)) {
                return;
            }
        } catch (IOException e) {
            throw displaced(e);
        }
        throw displaced(null);
    }

    private static TargetFailedException displaced(@Nullable IOException cause) {
        return new TargetFailedException(
                "the target's path no longer leads to the directory that was restored into: it was unmounted, moved or replaced meanwhile."
                        + " Mount it again, then run the same command again"
                        + (cause == null ? "" : " (" + cause.getMessage() + ")"),
                cause);
    }

    /** What is there of the work, for whoever reads why it stopped. */
    private String left() {
        StringBuilder text = new StringBuilder("; stopped, with ")
                .append(stats.files.sum())
                .append(" files restored and ")
                .append(stats.skipped.sum() + stats.settled.sum())
                .append(" found right. Run the same command again to go on");
        List<RestoredFile> unfinished =
                cutOff().stream().filter(RestoredFile::unfinished).toList();
        if (!unfinished.isEmpty()) {
            text.append("; it will use what is left of ")
                    .append(unfinished.size())
                    .append(" files under names that begin with .holdfast-partial-, in place of");
            unfinished.stream()
                    .limit(UNFINISHED_NAMED)
                    .forEach(each -> text.append(' ').append(each.path));
            text.append(unfinished.size() > UNFINISHED_NAMED ? " and others" : "");
        }
        return text.toString();
    }

    /** What a file system that breaks may do to files that it took. */
    private String lost() {
        return stats.files.sum() == 0
                ? ""
                : ". Files restored last may lack content that the file system had not stored yet; the default --overwrite"
                        + " policy finds and mends these";
    }

    /** Ends what is under way. Returns the files in it. */
    private List<RestoredFile> cutOff() {
        List<RestoredFile> tasks = new ArrayList<>(window.files);
        for (Window each : started) {
            fetch.abort();
            each.written.exceptionally(e -> null).join();
            tasks.addAll(each.files);
        }
        return tasks;
    }

    private void end(boolean well, TargetLock lock) throws IOException {
        List<RestoredFile> tasks = cutOff();
        List<Closing> closings = new ArrayList<>(List.of(earlySync::close, fetch::close));
        tasks.stream().filter(task -> !task.finished()).forEach(task -> closings.add(task::abandon));
        closings.addAll(List.of(links::close, lock::close, pool::close));
        IOException failed = null;
        for (Closing each : closings) {
            try {
                each.close();
            } catch (IOException e) {
                failed = failed == null ? e : failed;
            }
        }
        work.close();
        // What fails after a failure has the same reason, which is on its way already.
        if (well && failed != null) {
            throw failed;
        }
    }

    private interface Closing {
        void close() throws IOException;
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

    private void restore(TreePath wanted, int strip) throws IOException {
        if (!wanted.isRoot()) {
            primaries.putAll(outsidePrimaries(wanted));
        }
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {
            growing = null;
            pruning.stop();
            stats.damaged.increment();
            problem(
                    page.first(),
                    "a page of the manifest is damaged; files from here on may be missing: " + cause.getMessage());
        });
        cursor.seek(wanted);
        boolean found = wanted.isRoot();
        @Nullable TreePath skipped = null;
        for (TreeCursor.Entry entry = cursor.nextWithin(wanted); entry != null; entry = cursor.nextWithin(wanted)) {
            found = true;
            TreePath path = stripped(entry.path(), strip);
            current = entry.path();
            if (skipped != null && entry.path().startsWith(skipped)) {
                if (entry.node() instanceof Node.Named below && !(below instanceof Node.Directory)) {
                    elsewhere(path, below);
                }
                continue;
            }
            skipped = null;
            if (entry.node() instanceof Node.More(Content content)) {
                growMore(path, content);
                windowMaybeEnd();
                continue;
            }
            growing = null;
            Node.Named node = (Node.Named) entry.node();
            boolean directory = node instanceof Node.Directory;
            while (!path.parent().startsWith(stack.element().path)) {
                leave();
            }
            while (!bare.isEmpty() && !path.startsWith(bare.element().path)) {
                bare.pop();
            }
            if (!options.selection().wants(entry.path(), directory)) {
                elsewhere(path, node);
                if (directory && options.selection().omits(entry.path())) {
                    skipped = entry.path();
                } else if (directory) {
                    bare.push(new Skipped(path, node.attributes()));
                }
                // What the snapshot has, --delete leaves alone.
                if (path.parent().equals(stack.element().path)) {
                    stack.element().names.see(path.name());
                }
                continue;
            }
            try {
                enterMissing(path.parent());
                if (node instanceof Node.HardLink link) {
                    TreeCursor.Entry primary = primaries.get(FileIdentity.of(link.attributes()));
                    if (primary != null) {
                        restorePrimary(path, link, primary);
                        windowMaybeEnd();
                        continue;
                    }
                }
                named(path, node);
            } catch (OsException | FormatException e) {
                health.check(e);
                problem(path, e.getMessage());
                giveUp(growing);
                growing = null;
                elsewhere(path, node);
                if (node instanceof Node.Directory) {
                    skipped = entry.path();
                }
            }
            windowMaybeEnd();
        }
        if (!found) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "the snapshot has no " + wanted);
        }
    }

    private void growMore(TreePath path, Content content) throws IOException {
        RestoredFile task = growing;
        if (task == null) {
            return;
        }
        try {
            grow(task, content);
        } catch (OsException | FormatException e) {
            health.check(e);
            problem(path, e.getMessage());
            giveUp(task);
            growing = null;
        }
    }

    private static void giveUp(@Nullable RestoredFile task) throws IOException {
        if (task != null) {
            synchronized (task) {
                task.damaged = true;
                task.complete = true;
                task.abandon();
            }
        }
    }

    /** Lets a further name of a file carry the content that its first name does not take. */
    private void elsewhere(TreePath path, Node.Named node) {
        if (node.attributes().links() > 1 && !(node instanceof Node.HardLink)) {
            primaries.put(
                    FileIdentity.of(node.attributes()), new TreeCursor.Entry(current == null ? path : current, node));
        }
    }

    /**
     * For a part of a snapshot: the files that hard links inside it refer to but that lie outside. Costs one more walk of
     * the manifest, and only where there are such links.
     */
    private Map<FileIdentity, TreeCursor.Entry> outsidePrimaries(TreePath wanted) throws IOException {
        Set<FileIdentity> inside = new HashSet<>();
        Set<FileIdentity> orphans = new HashSet<>();
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {});
        cursor.seek(wanted);
        for (TreeCursor.Entry entry = cursor.nextWithin(wanted); entry != null; entry = cursor.nextWithin(wanted)) {
            if (entry.node() instanceof Node.Named named && named.attributes().links() > 1) {
                FileIdentity key = FileIdentity.of(named.attributes());
                if (!(named instanceof Node.HardLink)) {
                    inside.add(key);
                } else if (!inside.contains(key)) {
                    orphans.add(key);
                }
            }
        }
        Map<FileIdentity, TreeCursor.Entry> outside = new HashMap<>();
        if (orphans.isEmpty()) {
            return outside;
        }
        TreeCursor all = new TreeCursor(manifest, (page, cause) -> {});
        for (TreeCursor.Entry entry = all.next(); entry != null; entry = all.next()) {
            if (entry.node() instanceof Node.Named named
                    && !(named instanceof Node.HardLink)
                    && named.attributes().links() > 1
                    && orphans.contains(FileIdentity.of(named.attributes()))) {
                outside.put(FileIdentity.of(named.attributes()), entry);
            }
        }
        return outside;
    }

    /** Restores a hard link's content under the link's own name, the first time; later names link to that. */
    private void restorePrimary(TreePath path, Node.HardLink link, TreeCursor.Entry primary) throws IOException {
        Node.Named source = (Node.Named) primary.node();
        boolean staged = links.staged(FileIdentity.of(link.attributes()));
        if (staged || pendingPrimaries.contains(FileIdentity.of(link.attributes()))) {
            named(path, link);
            return;
        }
        pendingPrimaries.add(FileIdentity.of(link.attributes()));
        switch (source) {
            case Node.RegularFile file -> {
                named(path, new Node.RegularFile(link.name(), file.attributes(), file.content()));
                TreeCursor more = new TreeCursor(manifest);
                more.seek(primary.path());
                for (TreeCursor.Entry e = more.next(); e != null; e = more.next()) {
                    if (e.path().equals(primary.path()) && e.node() instanceof Node.More(Content content)) {
                        if (growing != null) {
                            grow(growing, content);
                        }
                    } else if (e.path().compareTo(primary.path()) > 0) {
                        break;
                    }
                }
            }
            case Node.Symlink s -> named(path, new Node.Symlink(link.name(), s.attributes(), s.target()));
            case Node.Special s ->
                named(path, new Node.Special(link.name(), s.attributes(), s.type(), s.major(), s.minor()));
            case Node.Directory d -> throw FormatException.corrupt("a hard link to a directory");
            case Node.HardLink h -> throw FormatException.corrupt("a hard link to a hard link");
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

    private void problem(TreePath path, @Nullable String what) {
        existing.problem(path, what);
    }

    // ---- directories

    /** Makes the directories on the way to {@code parent} that are not there yet. */
    private void enterMissing(TreePath parent) throws IOException {
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
    private void enter(byte[] name, @Nullable Attributes recorded, @Nullable TreePath whole) throws IOException {
        OpenDirectory above = stack.element();
        TreePath path = above.path.child(name);
        Slot slot = slot(path, name);
        Entered entered = above.node.use(directory -> {
            slot.locate(directory);
            return enter(directory, slot, path);
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
        boolean kept = entered == Entered.LINKED || entered == Entered.PRESENT && overwrite() == Overwrite.NEVER;
        Finish finish = null;
        if (recorded != null && !kept) {
            Attributes wanted = permitted(recorded, path);
            finish = () -> changed |= above.node.use(directory ->
                    existing.settle(path, ExistingFiles.named(directory, made, Stat.Type.DIRECTORY), recorded, wanted));
        }
        stack.push(new OpenDirectory(path, node, names, left, whole, finish));
        stats.directories.increment();
    }

    private Overwrite overwrite() {
        return options.overwrite();
    }

    private enum Entered {
        MADE,
        PRESENT,
        /** A symlink to a directory, which is followed. */
        LINKED
    }

    private Entered enter(Directory directory, Slot slot, TreePath path) throws IOException {
        if (slot.present() == null) {
            try {
                directory.makeDirectory(slot.name());
                return Entered.MADE;
            } catch (OsException e) {
                if (e.exists()) {
                    slot.taken(directory);
                } else {
                    slot.refused(directory, e);
                }
            }
        }
        Stat present = slot.present();
        if (present == null) {
            directory.makeDirectory(slot.name());
            return Entered.MADE;
        }
        if (present.type() == Stat.Type.DIRECTORY) {
            if (confinement.closes(present)) {
                throw FormatException.corrupt(Confinement.CLOSED);
            }
            return Entered.PRESENT;
        }
        boolean link = present.type() == Stat.Type.SYMLINK;
        if (link && options.links() && trusted(directory.stat(), present)) {
            return Entered.LINKED;
        }
        // Otherwise a symlink must not be followed: replace it, or leave everything below it out.
        if (overwrite() == Overwrite.NEVER) {
            throw FormatException.corrupt("something that is no directory is in the way");
        }
        if (link) {
            problem(
                    path,
                    "a symlink to '" + TreePath.escape(directory.readLink(slot.name()))
                            + "' was in the place of this directory, and was replaced by it");
        }
        directory.remove(slot.name(), false);
        directory.makeDirectory(slot.name());
        return Entered.MADE;
    }

    /** Whether nobody but root and this user can have made a symlink in a directory, or can make another in its place. */
    private static boolean trusted(Stat directory, Stat link) {
        return mine(directory) && mine(link) && (directory.mode() & 022) == 0;
    }

    private static boolean mine(Stat stat) {
        return stat.uid() == 0 || Platform.current().owns(stat);
    }

    /** Leaves a directory; its attributes are set when everything in it has been written. */
    private void leave() {
        OpenDirectory directory = stack.pop();
        window.end.add(() -> {
            try {
                TreePath whole = directory.whole;
                if (whole != null) {
                    pruning.prune(directory.node, directory.names, whole);
                }
                directory.node.use(open -> directory.left.discard(open));
                directory.node.release();
                if (directory.finish != null) {
                    directory.finish.run();
                }
            } catch (IOException e) {
                fetch.failed(directory.path, e);
            }
        });
    }

    // ---- entries

    private Slot slot(TreePath path, byte[] name) {
        OpenDirectory directory = stack.element();
        return new Slot(directory.node, directory.names, path, name, existing);
    }

    /** The attributes that the restore may give an entry. */
    private Attributes permitted(Attributes recorded, TreePath path) {
        Attributes a = confinement.confine(recorded, what -> existing.stripped(path, what));
        return options.owners()
                ? a
                : new Attributes(
                        a.mode() & ~SET_ID,
                        -1,
                        -1,
                        a.mtime(),
                        a.ctime(),
                        a.inode(),
                        a.device(),
                        a.links(),
                        a.size(),
                        a.xattrs());
    }

    private void named(TreePath path, Node.Named node) throws IOException {
        window.entries++;
        if (!confinement.permits(node, what -> existing.stripped(path, what))) {
            stack.element().names.see(node.name());
            return;
        }
        switch (node) {
            case Node.Directory directory -> enter(directory.name(), directory.attributes(), current);
            case Node.RegularFile file -> regular(path, file);
            case Node.HardLink link -> {
                Slot slot = slot(path, link.name());
                // The file it links to may still be on its way in this window.
                window.end.add(() -> {
                    try {
                        links.link(slot, path, link);
                    } catch (IOException e) {
                        fetch.failed(path, e);
                    }
                });
            }
            case Node.Symlink link ->
                simple(
                        path,
                        link,
                        Stat.Type.SYMLINK,
                        (directory, name, present) -> Arrays.equals(directory.readLink(name), link.target()),
                        (directory, name) -> directory.makeSymlink(name, link.target()));
            case Node.Special special ->
                simple(
                        path,
                        special,
                        type(special),
                        (directory, name, present) -> special.type() == Node.Special.Type.FIFO
                                || present.major() == special.major() && present.minor() == special.minor(),
                        (directory, name) ->
                                directory.makeSpecial(name, special.type(), special.major(), special.minor()));
        }
    }

    private static Stat.Type type(Node.Special special) {
        return switch (special.type()) {
            case FIFO -> Stat.Type.FIFO;
            case CHARACTER_DEVICE -> Stat.Type.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> Stat.Type.BLOCK_DEVICE;
        };
    }

    /** Whether something of the right type is the right one. */
    private interface Same {
        boolean test(Directory directory, byte[] name, Stat present) throws IOException;
    }

    private interface Make {
        void make(Directory directory, byte[] name) throws IOException;
    }

    /** Restores something without content. */
    private void simple(TreePath path, Node.Named node, Stat.Type type, Same same, Make make) throws IOException {
        Slot slot = slot(path, node.name());
        Attributes wanted = permitted(node.attributes(), path);
        slot.parent.use(directory -> {
            slot.locate(directory);
            Stat present = slot.present();
            if (present != null) {
                boolean identical = present.type() == type && same.test(directory, slot.name(), present);
                if (existing.keep(path, wanted, present, identical)) {
                    if (!identical) {
                        elsewhere(path, node);
                    }
                    return false;
                }
                if (identical
                        && overwrite() != Overwrite.ALWAYS
                        && present.links() <= Math.max(1, node.attributes().links())) {
                    boolean changed = existing.settle(
                            path, ExistingFiles.named(directory, slot.name(), type), node.attributes(), wanted);
                    (changed ? stats.settled : stats.skipped).increment();
                    return false;
                }
                ExistingFiles.requireReplaceable(present);
            }
            byte[] made = work.partial(node.name());
            changed = true;
            boolean committed = false;
            try {
                // A driver may make something else, and then fail.
                make.make(directory, made);
                existing.lost(path, directory.apply(made, type, wanted));
                committed = slot.commit(directory, made, wanted);
            } finally {
                if (!committed && ExistingFiles.statOrNull(directory, made) != null) {
                    directory.remove(made, false);
                }
            }
            if (!committed) {
                elsewhere(path, node);
            }
            return true;
        });
        stats.others.increment();
        if (!primaries.containsKey(FileIdentity.of(node.attributes()))) {
            links.stage(slot, node);
        }
    }

    // ---- files

    private void regular(TreePath path, Node.RegularFile recorded) throws IOException {
        Slot slot = slot(path, recorded.name());
        Node.RegularFile node =
                new Node.RegularFile(recorded.name(), permitted(recorded.attributes(), path), recorded.content());
        WorkFiles.Left left = stack.element().left;
        Optional<RestoredFile> begun = slot.parent.use(directory -> {
            slot.locate(directory);
            Stat present = slot.present();
            PresentFile there = null;
            if (present != null) {
                boolean file = present.type() == Stat.Type.FILE;
                if (existing.keep(path, node.attributes(), present, file)) {
                    if (!file || !ExistingFiles.sameState(node.attributes(), present)) {
                        elsewhere(path, node);
                    }
                    return Optional.empty();
                }
                ExistingFiles.requireReplaceable(present);
                there = file && overwrite() != Overwrite.ALWAYS ? PresentFile.open(slot, directory) : null;
                if (there != null && overwrite() == Overwrite.QUICK && quick(path, there, recorded, node)) {
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
            if (!primaries.containsKey(FileIdentity.of(node.attributes()))) {
                links.stage(slot, node);
            }
            return;
        }
        window.files.add(task);
        growing = task;
        grow(task, node.content());
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
        task.lastWindow = window.number;
        boolean alone = task.planned == 0 && content.extents().size() == 1 && !content.more();
        for (Extent extent : content.extents()) {
            long from = task.planned;
            long position = from + extent.gap();
            task.planned = position + extent.length();
            boolean here = task.takes(from, position, extent, alone);
            fetch.remember(task);
            if (!here) {
                fetch.plan(task, position, extent);
            }
        }
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

    // ---- windows

    private void windowMaybeEnd() throws IOException {
        int full = Math.min(WINDOW_ENTRIES, FIRST_WINDOW_ENTRIES << Math.min(window.number, 10));
        if (window.entries >= full || fetch.places() >= WINDOW_PLACES) {
            endWindow();
        }
    }

    /** Lets the planned window be fetched and written, and finishes the one before it. */
    private void endWindow() throws IOException {
        Window planned = window;
        window = new Window(planned.number + 1);
        planned.written = fetch.start();
        started.add(planned);
        if (started.size() > 1) {
            finish(started.element(), planned);
            started.remove();
        }
    }

    private void finishRunning() throws IOException {
        finish(started.element(), window);
        started.remove();
    }

    /** Finishes a window's files, links and directories in that order; files that go on are passed to the next. */
    private void finish(Window ended, Window next) throws IOException {
        Connection.await(ended.written);
        for (RestoredFile task : ended.files) {
            if (!task.complete || task.lastWindow > ended.number) {
                next.files.add(task);
                continue;
            }
            try {
                if (task.placesLeft > 0 && !task.damaged) {
                    fetch.failed(task, FormatException.corrupt("the appliance left out part of its content"));
                }
                if (!task.finished()) {
                    task.finish(existing);
                }
                if (!task.damaged) {
                    links.stage(task.slot, task.node);
                }
            } catch (IOException e) {
                fetch.failed(task, e);
            }
        }
        ended.end.forEach(Runnable::run);
        fetch.requireHealthy();
        earlySync.requireStored();
    }
}
