package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.scan.Walker;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides, on the walking thread, what becomes of each entry: taken over from the previous snapshot, described anew, or read.
 */
final class ChangeDetection implements Walker.Visitor {
    private static final System.Logger LOG = System.getLogger(ChangeDetection.class.getName());

    private final @Nullable PreviousTree previous;
    private final AttributeReader attributes;
    private final WalkOutput output;
    private final BackupStats stats;
    private final Problems problems;
    private final LinkTracker links;
    /** File systems that were written back. */
    private final Set<Long> devices = new HashSet<>();

    /** @param previous null where every file is to be read */
    ChangeDetection(
            @Nullable PreviousTree previous,
            AttributeReader attributes,
            WalkOutput output,
            BackupStats stats,
            Problems problems,
            LinkTracker links) {
        this.previous = previous;
        this.attributes = attributes;
        this.output = output;
        this.stats = stats;
        this.problems = problems;
        this.links = links;
    }

    private Node.@Nullable Named unchanged(TreePath path, Stat stat) {
        return previous == null ? null : previous.unchanged(path, stat);
    }

    /**
     * Has a file system write back what it holds in memory before the first of its files is looked at. What programs store
     * through mappings of a file moves its times only once for each time that it is written back: without this, what they
     * store after it was read would be taken for old by the next backup.
     */
    private void writeBack(TreePath path, DirectoryNode directory) {
        try {
            directory.use(open -> {
                open.sync();
                return true;
            });
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the file system of " + path + " could not write back what it holds in memory: " + e.getMessage());
        }
    }

    @Override
    public void enter(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        if (devices.add(stat.device())) {
            DirectoryNode self = parent.child(name, stat);
            writeBack(path, self);
            self.release();
        }
        stats.directories.increment();
        Node.Named before = unchanged(path, stat);
        if (before instanceof Node.Directory
                && stat.sameFlags(before.attributes().flags())) {
            Attributes known = before.attributes();
            output.ready(new Node.Directory(
                    path.name(), stat.attributes().withXattrs(known.xattrs()).withFlags(known.flags())));
            return;
        }
        List<Xattr> xattrs = parent.use(directory -> attributes.xattrs(path, directory, name));
        output.ready(new Node.Directory(
                path.name(),
                stat.attributes().withXattrs(xattrs).withFlags(attributes.flags(path, parent, name, stat))));
    }

    @Override
    public void leave(TreePath path) throws IOException {
        output.ready(new Node.Leave());
    }

    @Override
    public void problem(TreePath path, Problem.Kind kind, String detail) {
        problems.add(path, kind, detail);
    }

    @Override
    public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
        if (devices.add(stat.device())) {
            writeBack(path, parent);
        }
        switch (stat.type()) {
            case SOCKET -> {
                problems.add(path, Problem.Kind.SOCKET_SKIPPED, "sockets exist only while a program listens");
                return;
            }
            case OTHER, DIRECTORY -> {
                problems.add(path, Problem.Kind.UNREPRESENTABLE, "unknown type of file");
                return;
            }
            case FILE -> stats.files.increment();
            case SYMLINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE -> stats.others.increment();
        }
        Node.Named before = unchanged(path, stat);
        int generation = 0;
        if (stat.links() > 1) {
            LinkTracker.FurtherName further = links.further(stat);
            if (further != null) {
                skipMore();
                output.link(new FileJob(parent, name, path, stat, further.generation()), further.last());
                return;
            }
            generation = links.first(path, stat);
        }
        if (stat.type() == Stat.Type.FILE) {
            regular(parent, name, path, stat, before, generation);
        } else {
            other(parent, name, path, stat, before, generation);
        }
    }

    private void skipMore() {
        // A record that is not used takes its continuation along.
        Node.More skipped = more();
        while (skipped != null) {
            skipped = more();
        }
    }

    private void regular(
            DirectoryNode parent, byte[] name, TreePath path, Stat stat, Node.@Nullable Named before, int generation)
            throws IOException {
        stats.bytes.add(stat.size());
        if (generation == 0
                && before instanceof Node.RegularFile file
                && sameAttributes(file.attributes(), stat)
                && !file.content().changed()) {
            takeOver(path, stat, file);
            return;
        }
        skipMore();
        output.file(new FileJob(parent, name, path, stat, generation));
    }

    private void takeOver(TreePath path, Stat stat, Node.RegularFile file) throws IOException {
        stats.at(path);
        stats.reusedFiles.increment();
        stats.reusedBytes.add(stat.size());
        output.ready(file);
        boolean open = file.content().more();
        for (Node.More more = more(); more != null; more = more()) {
            output.ready(more);
            open = more.content().more();
        }
        if (open) {
            throw new PreviousBrokenException(path);
        }
    }

    private Node.@Nullable More more() {
        return previous == null ? null : previous.more();
    }

    /** Mode and owner are covered by ctime; checked all the same, for file systems with a lazy one. */
    private boolean sameAttributes(Attributes a, Stat stat) {
        Attributes now = stat.attributes();
        return a.mode() == now.mode()
                && a.uid() == now.uid()
                && a.gid() == now.gid()
                && stat.sameFlags(a.flags())
                && a.links() == now.links()
                && a.device() == now.device();
    }

    private void other(
            DirectoryNode parent, byte[] name, TreePath path, Stat stat, Node.@Nullable Named before, int generation)
            throws IOException {
        if (before != null
                && generation == 0
                && sameAttributes(before.attributes(), stat)
                && !(before instanceof Node.HardLink)) {
            output.ready(before);
            return;
        }
        try {
            Attributes found = FileJob.generation(stat.attributes(), generation)
                    .withXattrs(parent.use(directory -> attributes.xattrs(path, directory, name)));
            Node node = switch (stat.type()) {
                case SYMLINK -> new Node.Symlink(name, found, parent.use(directory -> directory.readLink(name)));
                case FIFO -> special(name, found, Node.Special.Type.FIFO, stat);
                case CHARACTER_DEVICE -> special(name, found, Node.Special.Type.CHARACTER_DEVICE, stat);
                case BLOCK_DEVICE -> special(name, found, Node.Special.Type.BLOCK_DEVICE, stat);
                case FILE, DIRECTORY, SOCKET, OTHER -> throw new IllegalStateException("handled before");
            };
            if (!parent.use(directory -> directory.stat(name)).sameState(stat)) {
                problems.add(path, Problem.Kind.CHANGED, "replaced or changed while it was read");
            }
            output.ready(node);
        } catch (OsException e) {
            Problem.Kind kind = e.vanished() ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE;
            problems.add(path, kind, String.valueOf(e.getMessage()));
        }
    }

    private static Node special(byte[] name, Attributes attributes, Node.Special.Type type, Stat stat) {
        boolean device = type != Node.Special.Type.FIFO;
        return new Node.Special(name, attributes, type, device ? stat.major() : 0, device ? stat.minor() : 0);
    }
}
