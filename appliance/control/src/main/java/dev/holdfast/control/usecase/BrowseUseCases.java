package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.DamagedPaths;
import dev.holdfast.control.browse.SnapshotExport;
import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Files in snapshots: listed, searched, and taken out as archives, without the node. */
public final class BrowseUseCases {
    private static final int MOST_NAME_CHARACTERS = 200;
    private static final int MOST_SOURCES = 200;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final SnapshotFinder finder;
    private final TreeReading reading;
    private final AuditTrail audit;

    BrowseUseCases(ControlDb control, Engine engine, NodeUseCases nodes, SnapshotFinder finder) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.finder = finder;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
    }

    /** @param next to be given as 'after' for those behind, empty at the end */
    public record Listing(List<SnapshotTree.Entry> entries, String next) {}

    /** A file as the newest of the snapshots that have it so has it. */
    public record Version(UUID snapshot, Instant taken, SnapshotTree.Entry entry) {}

    /**
     * What a search found.
     *
     * @param next to be given as 'after' to go on looking, which ends after a while; empty at the end. A version may come again
     * @param unreadable how many snapshots were not searched, or not wholly, since their lists of files are damaged
     */
    public record Versions(List<Version> versions, String next, int unreadable) {}

    /**
     * The directories and files that a snapshot was made of.
     *
     * @param entries those that are in it
     * @param missing those that are not, for example since they were not there when the snapshot was made
     * @param more whether there are more than 200, which are all that is told
     */
    public record Sources(List<SnapshotTree.Entry> entries, List<String> missing, boolean more) {}

    /** What a snapshot was made of: where to begin to look for files. */
    public Sources sources(Actor actor, String id) throws IOException {
        actor.require(Permission.BROWSE);
        KnownSnapshot known = finder.find(actor, id);
        StoredSnapshot snapshot = finder.stored(known);
        audit.read(actor, "browse", snapshot.id() + ": sources");
        SnapshotSummary summary = SnapshotSummary.parse(snapshot.summary());
        List<TreePath> tops = SnapshotPaths.outermost(summary.sources());
        List<SnapshotTree.Entry> entries = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        boolean more = reading.of(snapshot, tree -> {
            for (TreePath each : tops.subList(0, Math.min(tops.size(), MOST_SOURCES))) {
                tree.find(each).ifPresentOrElse(entries::add, () -> missing.add(SnapshotPaths.audited(each)));
            }
            return tops.size() > MOST_SOURCES;
        });
        DamagedPaths damaged = SnapshotUseCases.damaged(control, snapshot.id());
        return new Sources(entries.stream().map(each -> each.marked(damaged)).toList(), missing, more);
    }

    /** The entries of a directory, from behind a path on, in the order of names. */
    public Listing list(Actor actor, String id, String directory, String after, int limit) throws IOException {
        actor.require(Permission.BROWSE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        TreePath path = SnapshotPaths.parse(directory);
        audit.read(actor, "browse", snapshot.id() + ":" + SnapshotPaths.audited(path));
        TreePath from = behind(after);
        return listing(snapshot.id(), reading.of(snapshot, tree -> {
            SnapshotTree.Found found = tree.list(path, from, limit);
            if (found.entries().isEmpty() && tree.find(path).isEmpty()) {
                throw absent(path);
            }
            return found;
        }));
    }

    /** Entries of a snapshot whose names contain a text. */
    public Listing search(Actor actor, String id, String name, String after, int limit) throws IOException {
        actor.require(Permission.BROWSE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        requireName(name);
        audit.read(actor, "search", snapshot.id() + ": " + name);
        TreePath from = behind(after);
        long until = System.nanoTime() + SnapshotPaths.SEARCH_NANOS;
        return listing(snapshot.id(), reading.of(snapshot, tree -> tree.search(name, from, limit, until)));
    }

    private Listing listing(UUID snapshot, SnapshotTree.Found found) throws IOException {
        DamagedPaths damaged = SnapshotUseCases.damaged(control, snapshot);
        return new Listing(
                found.entries().stream().map(each -> each.marked(damaged)).toList(), found.next());
    }

    static UseCaseException absent(TreePath path) {
        return UseCaseException.notFound(Phrase.of("path.not-in-snapshot").with("path", SnapshotPaths.audited(path)));
    }

    private static @Nullable TreePath behind(String after) throws UseCaseException {
        return after.isEmpty() ? null : SnapshotPaths.parse(after);
    }

    static void requireName(String name) throws UseCaseException {
        if (name.isEmpty() || name.length() > MOST_NAME_CHARACTERS) {
            throw UseCaseException.invalid(Phrase.of("search.name-length").with("most", MOST_NAME_CHARACTERS));
        }
    }

    /** Where a search over snapshots goes on: a snapshot, and the path behind which. */
    private record Mark(UUID snapshot, String path) {
        static Mark parse(String text) throws UseCaseException {
            String[] parts = text.split(":", 2);
            try {
                return new Mark(UUID.fromString(parts[0]), parts.length == 2 ? parts[1] : "");
            } catch (IllegalArgumentException e) {
                throw UseCaseException.invalid(Phrase.of("search.no-place").with("place", text));
            }
        }
    }

    /** Names in all snapshots of a node that contain a text, each version once, the newest first. */
    public Versions versions(Actor actor, String nodeName, String name, String after, int limit) throws IOException {
        actor.require(Permission.BROWSE);
        Node node = nodes.find(actor, nodeName);
        requireName(name);
        @Nullable Mark mark = after.isEmpty() ? null : Mark.parse(after);
        long until = System.nanoTime() + SnapshotPaths.SEARCH_NANOS;
        audit.read(actor, "search", "node " + node.name() + ": " + name);
        if (mark != null
                && engine.store().manifests().find(node.id(), mark.snapshot).isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("search.snapshot-forgotten"));
        }
        List<Version> found = new ArrayList<>();
        long characters = 0;
        int unreadable = 0;
        Set<String> seen = new HashSet<>();
        for (StoredSnapshot each : engine.store().manifests().list(node.id()).reversed()) {
            boolean before = mark != null && !mark.snapshot.equals(each.id());
            if (before) {
                continue;
            }
            String from = mark == null ? "" : mark.path;
            mark = null;
            if (System.nanoTime() >= until || found.size() >= limit || characters > SnapshotTree.MOST_CHARACTERS) {
                return new Versions(found, each.id() + ":" + from, unreadable);
            }
            try (SnapshotTree tree = new SnapshotTree(engine.store(), each)) {
                SnapshotTree.Found part = tree.search(name, behind(from), limit - found.size(), until);
                for (SnapshotTree.Entry entry : listing(each.id(), part).entries()) {
                    if (seen.add(entry.path() + "\n" + entry.kind() + entry.size() + " " + entry.modified())) {
                        found.add(new Version(each.id(), Instant.ofEpochMilli(each.committed()), entry));
                        characters += entry.path().length();
                    }
                }
                if (!part.next().isEmpty()) {
                    return new Versions(found, each.id() + ":" + part.next(), unreadable);
                }
            } catch (FormatException | NoSuchFileException e) {
                if (!TreeReading.isDamage(e)) {
                    throw e;
                }
                unreadable++;
            }
        }
        return new Versions(found, "", unreadable);
    }

    /** Where an archive goes, once it is known that there will be one. */
    public interface Sink {
        /** @param snapshot of which parts are written */
        OutputStream open(UUID snapshot) throws IOException;
    }

    /** The form of an archive. */
    public enum Format {
        TAR,
        ZIP
    }

    /** Writes parts of a snapshot as an archive, which may take as long as its reader. */
    public void export(Actor actor, String id, List<String> wanted, Format format, Sink sink) throws IOException {
        actor.require(Permission.RESTORE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        List<TreePath> paths = SnapshotPaths.parse(wanted);
        try (SnapshotTree tree = new SnapshotTree(engine.store(), snapshot)) {
            SnapshotPaths.requireThere(tree, paths);
            audit.read(actor, "download", snapshot.id() + ":" + SnapshotPaths.named(paths));
            DamagedPaths damaged = SnapshotUseCases.damaged(control, snapshot.id());
            if (paths.size() == 1 && damaged.isFile(paths.getFirst())) {
                throw UseCaseException.damaged(Phrase.of("snapshot.damaged-download")
                        .with("path", SnapshotPaths.audited(paths.getFirst()))
                        .with("command", control.command("damage")));
            }
            OutputStream out = sink.open(snapshot.id());
            SnapshotExport export = new SnapshotExport(engine.store(), tree, damaged);
            switch (format) {
                case ZIP -> export.zip(paths, out);
                case TAR -> export.tar(paths, out);
            }
        } catch (FrozenException e) {
            throw reading.frozen(snapshot.id());
        }
    }
}
