package dev.holdfast.agent.restore;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Connection;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.HardLinks.LinkKey;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
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
    private static final String PARTIAL_PREFIX = ".holdfast-partial-";

    private final RemoteManifest manifest;
    private final Overwrite overwrite;
    private final RestoreStats stats;
    private final Confinement confinement;
    private final ExistingFiles existing;
    private final DirectoryNode.Pool pool = new DirectoryNode.Pool(MAX_OPEN_DIRECTORIES);
    private final DirectoryNode target;
    private final HardLinks links;
    private final ChunkFetch fetch;
    private final String partialPrefix;

    private final Deque<OpenDirectory> stack = new ArrayDeque<>();

    private Window window = new Window(0);
    private @Nullable Window running;
    /** Where the walk is, as the snapshot names it. */
    private @Nullable TreePath current;

    /** Files outside the wanted part, restored under the name of a link inside it. */
    private final Set<LinkKey> pendingPrimaries = new HashSet<>();
    /** Files with further names whose content must be fetched under one of those, since their own stays as it is. */
    private final Map<LinkKey, TreeCursor.Entry> primaries = new HashMap<>();

    private @Nullable RestoredFile growing;

    /** Told of each thing that could not be restored exactly. */
    public interface Reporter {
        void problem(TreePath path, String what);

        /** Told of each thing that the {@link Confinement} left out. */
        default void stripped(TreePath path, String what) {
            problem(path, what + " not restored: an order may not give rights on this machine");
        }
    }

    /**
     * A directory that the walk is in: its attributes come last, once nothing below changes it any more.
     *
     * @param fresh made by this restore, so that nothing can be in the way in it
     */
    private record OpenDirectory(
            TreePath path,
            DirectoryNode node,
            boolean fresh,
            @Nullable Finish finish) {}

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

    public Restore(
            Appliance appliance,
            RemoteManifest manifest,
            Directory target,
            Overwrite overwrite,
            Confinement confinement,
            RestoreStats stats,
            int streams,
            Reporter reporter)
            throws IOException {
        this.manifest = manifest;
        this.confinement = confinement;
        this.overwrite = overwrite;
        this.stats = stats;
        this.existing = new ExistingFiles(overwrite, stats, reporter);
        this.target = pool.root(target);
        this.partialPrefix = PARTIAL_PREFIX + manifest.snapshot().toString().substring(0, 13) + "-";
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            connections.add(appliance.connect());
        }
        this.fetch = new ChunkFetch(appliance, connections, existing);
        this.links = new HardLinks(this.target, manifest.snapshot(), existing, confinement, stats);
    }

    /**
     * Restores everything at and below {@code wanted}.
     *
     * @param strip how many leading names the restored paths lose
     */
    public void run(TreePath wanted, int strip) throws IOException {
        run(wanted, strip, path -> true);
    }

    /**
     * As {@link #run(TreePath, int)}, but of the entries only some.
     *
     * @param only asked once for each entry; the directories above those that it wants are made bare
     */
    public void run(TreePath wanted, int strip, Predicate<TreePath> only) throws IOException {
        stack.push(new OpenDirectory(TreePath.ROOT, target, false, null));
        try {
            links.removeStale();
            target.use(directory -> {
                removeStalePartials(directory);
                return true;
            });
            restore(wanted, strip, only);

            while (stack.size() > 1) {
                leave();
            }
            endWindow();
            finishRunning();
            for (RestoredFile cut : window.files) {
                stats.damaged.increment();
                problem(cut.path, "the end of its content is lost with a damaged page of the manifest");
            }
        } finally {
            Window cut = running;
            if (cut != null) {
                fetch.abort();
                cut.written.exceptionally(e -> null).join();
            }
            fetch.close();
            links.close();
            pool.close();
        }
    }

    private void restore(TreePath wanted, int strip, Predicate<TreePath> only) throws IOException {
        if (!wanted.isRoot()) {
            primaries.putAll(outsidePrimaries(wanted));
        }
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {
            growing = null;
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
            if (skipped != null && entry.path().startsWith(skipped)) {
                continue;
            }
            skipped = null;
            TreePath path = stripped(entry.path(), strip);
            current = entry.path();
            if (entry.node() instanceof Node.More(Content content)) {
                growMore(path, content);
                windowMaybeEnd();
                continue;
            }
            growing = null;
            if (!only.test(entry.path())) {
                continue;
            }
            Node.Named node = (Node.Named) entry.node();
            while (!path.parent().startsWith(stack.element().path)) {
                leave();
            }
            try {
                enterMissing(path.parent());
                if (node instanceof Node.HardLink link) {
                    TreeCursor.Entry primary = primaries.get(LinkKey.of(link.attributes()));
                    if (primary != null) {
                        restorePrimary(path, link, primary);
                        windowMaybeEnd();
                        continue;
                    }
                }
                named(path, node);
            } catch (OsException | FormatException e) {
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
        } catch (OsException e) {
            problem(path, e.getMessage());
            giveUp(task);
            growing = null;
        }
    }

    private static void giveUp(@Nullable RestoredFile task) {
        if (task != null) {
            synchronized (task) {
                task.damaged = true;
                task.complete = true;
            }
        }
    }

    /** Lets a further name of a file carry the content that its first name does not take. */
    private void elsewhere(TreePath path, Node.Named node) {
        if (node.attributes().links() > 1 && !(node instanceof Node.HardLink)) {
            primaries.put(LinkKey.of(node.attributes()), new TreeCursor.Entry(current == null ? path : current, node));
        }
    }

    /**
     * For a part of a snapshot: the files that hard links inside it refer to but that lie outside. Costs one more walk of
     * the manifest, and only where there are such links.
     */
    private Map<LinkKey, TreeCursor.Entry> outsidePrimaries(TreePath wanted) throws IOException {
        Set<LinkKey> inside = new HashSet<>();
        Set<LinkKey> orphans = new HashSet<>();
        TreeCursor cursor = new TreeCursor(manifest, (page, cause) -> {});
        cursor.seek(wanted);
        for (TreeCursor.Entry entry = cursor.nextWithin(wanted); entry != null; entry = cursor.nextWithin(wanted)) {
            if (entry.node() instanceof Node.Named named && named.attributes().links() > 1) {
                LinkKey key = LinkKey.of(named.attributes());
                if (!(named instanceof Node.HardLink)) {
                    inside.add(key);
                } else if (!inside.contains(key)) {
                    orphans.add(key);
                }
            }
        }
        Map<LinkKey, TreeCursor.Entry> outside = new HashMap<>();
        if (orphans.isEmpty()) {
            return outside;
        }
        TreeCursor all = new TreeCursor(manifest, (page, cause) -> {});
        for (TreeCursor.Entry entry = all.next(); entry != null; entry = all.next()) {
            if (entry.node() instanceof Node.Named named
                    && !(named instanceof Node.HardLink)
                    && named.attributes().links() > 1
                    && orphans.contains(LinkKey.of(named.attributes()))) {
                outside.put(LinkKey.of(named.attributes()), entry);
            }
        }
        return outside;
    }

    /** Restores a hard link's content under the link's own name, the first time; later names link to that. */
    private void restorePrimary(TreePath path, Node.HardLink link, TreeCursor.Entry primary) throws IOException {
        Node.Named source = (Node.Named) primary.node();
        boolean staged = links.staged(LinkKey.of(link.attributes()));
        if (staged || pendingPrimaries.contains(LinkKey.of(link.attributes()))) {
            named(path, link);
            return;
        }
        pendingPrimaries.add(LinkKey.of(link.attributes()));
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

    /** Makes the directories on the way to {@code parent} that the manifest did not describe. */
    private void enterMissing(TreePath parent) throws IOException {
        List<byte[]> names = parent.names();
        for (int depth = stack.element().path.names().size(); depth < names.size(); depth++) {
            enter(names.get(depth), null);
        }
    }

    private void enter(byte[] name, @Nullable Attributes attributes) throws IOException {
        OpenDirectory above = stack.element();
        TreePath path = above.path.child(name);
        boolean existed = above.node.use(directory -> {
            try {
                directory.makeDirectory(name);
                return false;
            } catch (OsException e) {
                if (!e.exists()) {
                    throw e;
                }
                Stat stat = directory.stat(name);
                if (stat.type() == Stat.Type.DIRECTORY) {
                    if (confinement.closes(stat)) {
                        throw FormatException.corrupt(Confinement.CLOSED);
                    }
                    return true;
                }
                // A symlink here must not be followed: replace it, or leave everything below it out.
                if (overwrite == Overwrite.NEVER) {
                    throw FormatException.corrupt("something that is no directory is in the way");
                }
                directory.remove(name, false);
                directory.makeDirectory(name);
                return false;
            }
        });
        DirectoryNode node = above.node.child(name);
        if (existed) {
            node.use(directory -> {
                removeStalePartials(directory);
                return true;
            });
        }
        Finish finish = attributes == null || (existed && overwrite == Overwrite.NEVER)
                ? null
                : () -> {
                    List<String> lost =
                            above.node.use(directory -> directory.apply(name, Stat.Type.DIRECTORY, attributes));
                    lost.forEach(what -> problem(path, what));
                };
        stack.push(new OpenDirectory(path, node, !existed, finish));
        stats.directories.increment();
    }

    /** Leaves a directory; its attributes are set when everything in it has been written. */
    private void leave() {
        OpenDirectory directory = stack.pop();
        window.end.add(() -> {
            try {
                directory.node.release();
                if (directory.finish != null) {
                    directory.finish.run();
                }
            } catch (IOException e) {
                problem(directory.path, e.getMessage());
            }
        });
    }

    // ---- entries

    private void named(TreePath path, Node.Named described) throws IOException {
        window.entries++;
        Node.Named node = confinement.confine(described, what -> existing.stripped(path, what));
        if (node == null) {
            return;
        }
        DirectoryNode parent = stack.element().node;
        switch (node) {
            case Node.Directory directory -> enter(directory.name(), directory.attributes());
            case Node.RegularFile file -> regular(parent, path, file);
            case Node.HardLink link -> {
                // The file it links to may still be on its way in this window.
                window.end.add(() -> links.link(parent, path, link));
            }
            case Node.Symlink link -> {
                boolean make = clear(
                        parent,
                        path,
                        link,
                        (directory, present) -> present.type() == Stat.Type.SYMLINK
                                && java.util.Arrays.equals(directory.readLink(link.name()), link.target()));
                if (make) {
                    parent.use(directory -> {
                        directory.makeSymlink(link.name(), link.target());
                        applied(path, directory.apply(link.name(), Stat.Type.SYMLINK, link.attributes()));
                        return true;
                    });
                }
                stats.others.increment();
                if (!primaries.containsKey(LinkKey.of(link.attributes()))) {
                    links.stage(parent, link);
                }
            }
            case Node.Special special -> {
                boolean make = clear(
                        parent,
                        path,
                        special,
                        (directory, present) -> present.type() == type(special)
                                && (special.type() == Node.Special.Type.FIFO
                                        || (present.major() == special.major() && present.minor() == special.minor())));
                if (make) {
                    parent.use(directory -> {
                        directory.makeSpecial(special.name(), special.type(), special.major(), special.minor());
                        applied(path, directory.apply(special.name(), Stat.Type.FIFO, special.attributes()));
                        return true;
                    });
                }
                stats.others.increment();
                if (!primaries.containsKey(LinkKey.of(special.attributes()))) {
                    links.stage(parent, special);
                }
            }
        }
    }

    private static Stat.Type type(Node.Special special) {
        return switch (special.type()) {
            case FIFO -> Stat.Type.FIFO;
            case CHARACTER_DEVICE -> Stat.Type.CHARACTER_DEVICE;
            case BLOCK_DEVICE -> Stat.Type.BLOCK_DEVICE;
        };
    }

    private void applied(TreePath path, List<String> lost) {
        lost.forEach(what -> problem(path, what));
    }

    /** Whether something without content is there already, exactly. */
    private interface Same {
        boolean test(Directory directory, Stat present) throws IOException;
    }

    /** Makes room for something without content; false where what is there stays. */
    private boolean clear(DirectoryNode parent, TreePath path, Node.Named node, Same same) throws IOException {
        if (stack.element().fresh) {
            return true;
        }
        return parent.use(directory -> {
            Stat stat = ExistingFiles.statOrNull(directory, node.name());
            if (stat == null) {
                return true;
            }
            boolean identical = same.test(directory, stat);
            if (existing.keep(path, node.attributes(), stat, identical)) {
                if (!identical) {
                    elsewhere(path, node);
                }
                return false;
            }
            ExistingFiles.requireReplaceable(stat);
            directory.remove(node.name(), false);
            return true;
        });
    }

    // ---- files

    private void regular(DirectoryNode parent, TreePath path, Node.RegularFile node) throws IOException {
        byte[] partial = partialName(node.name());
        boolean[] state = new boolean[2];
        boolean restore = stack.element().fresh
                || parent.use(directory -> {
                    Stat present = ExistingFiles.statOrNull(directory, node.name());
                    if (present != null) {
                        boolean file = present.type() == Stat.Type.FILE;
                        if (existing.keep(path, node.attributes(), present, file)) {
                            if (!file || !ExistingFiles.sameState(node.attributes(), present)) {
                                elsewhere(path, node);
                            }
                            return false;
                        }
                        ExistingFiles.requireReplaceable(present);
                    }
                    Stat left = ExistingFiles.statOrNull(directory, partial);
                    state[0] = present != null;
                    state[1] = left != null && resumable(left);
                    if (left != null && !state[1]) {
                        directory.remove(partial, false);
                    }
                    return true;
                });
        growing = null;
        if (!restore) {
            if (!primaries.containsKey(LinkKey.of(node.attributes()))) {
                links.stage(parent, node);
            }
            return;
        }
        // A small new file is written in one go; what may take long, or replaces something, gets its name at the end.
        boolean small = !node.content().more() && node.content().extents().size() <= 1;
        boolean underPartial = state[0] || state[1] || !small;
        RestoredFile task = new RestoredFile(parent, path, node, underPartial ? partial : node.name(), state[1]);
        window.files.add(task);
        growing = task;
        grow(task, node.content());
    }

    /**
     * Whether it is what an attempt of ours left. A file of somebody else may be open to its maker, who could then read and write what
     * is restored.
     */
    static boolean resumable(Stat left) {
        return left.type() == Stat.Type.FILE
                && left.links() == 1
                && (left.mode() & 022) == 0
                && Platform.current().owns(left);
    }

    private void removeStalePartials(Directory directory) throws IOException {
        for (byte[] name : directory.names()) {
            String text = new String(name, StandardCharsets.ISO_8859_1);
            if (text.startsWith(PARTIAL_PREFIX) && !text.startsWith(partialPrefix)) {
                directory.remove(name, false);
            }
        }
    }

    /** Of this snapshot alone: what another one left must not shine through its holes. */
    private byte[] partialName(byte[] name) {
        return (partialPrefix + Digest.of(name).toString().substring(0, 32)).getBytes(StandardCharsets.US_ASCII);
    }

    /** Plans more content of a file. */
    private void grow(RestoredFile task, Content content) throws IOException {
        task.lastWindow = window.number;
        for (Extent extent : content.extents()) {
            long position = task.planned + extent.gap();
            task.planned = position + extent.length();
            if (task.resumed && task.holds(position, extent)) {
                fetch.remember(task);
                stats.bytes.add(extent.length());
                continue;
            }
            fetch.plan(task, position, extent);
        }
        if (!content.more()) {
            synchronized (task) {
                task.length = content.length();
                task.complete = true;
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
        Window before = running;
        running = planned;
        if (before != null) {
            finish(before, planned);
        }
    }

    private void finishRunning() throws IOException {
        Window last = running;
        running = null;
        if (last != null) {
            finish(last, window);
        }
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
                if (task.placesLeft >= 0) {
                    task.finish(existing);
                }
                if (!task.damaged) {
                    links.stage(task.parent, task.node);
                }
            } catch (IOException e) {
                problem(task.path, e.getMessage());
            }
        }
        ended.end.forEach(Runnable::run);
    }
}
