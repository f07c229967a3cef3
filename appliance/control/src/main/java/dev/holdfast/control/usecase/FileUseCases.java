package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.DamagedPaths;
import dev.holdfast.control.browse.FileContents;
import dev.holdfast.control.browse.FileVersions;
import dev.holdfast.control.browse.LinkedFiles;
import dev.holdfast.control.browse.Preview;
import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Single files of snapshots: their versions, a look into them, and their content. */
public final class FileUseCases {
    private static final int MOST_SNAPSHOTS = 200;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final SnapshotFinder finder;
    private final TreeReading reading;
    private final AuditTrail audit;
    /** Marks of content can be compared as long as this object exists. */
    private final byte[] secret = new byte[16];

    FileUseCases(ControlDb control, Engine engine, NodeUseCases nodes, SnapshotFinder finder) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.finder = finder;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
        new SecureRandom().nextBytes(secret);
    }

    /**
     * Successive snapshots that have the same version of a file.
     *
     * @param entry null where they do not have the path
     * @param content equal for equal content, as long as the appliance runs; empty where that is not known
     * @param snapshot the newest of them, taken at {@code taken}; the oldest was taken at {@code since}
     * @param snapshots how many they are
     * @param damaged whether the newest of them has it damaged
     */
    public record Version(
            SnapshotTree.@Nullable Entry entry,
            String content,
            UUID snapshot,
            Instant taken,
            Instant since,
            int snapshots,
            boolean damaged) {}

    /**
     * The versions of a file, the newest first.
     *
     * @param looked at how many snapshots
     * @param unreadable how many of them tell nothing, since their lists of files are damaged
     * @param next to be given as 'before' to go on with older snapshots; null at the end. The first version of what follows may
     *     be the last one of this
     */
    public record Versions(
            List<Version> versions,
            int looked,
            int unreadable,
            @Nullable Instant next) {}

    /** What a file is, in successive snapshots. */
    private static final class Run {
        final StoredSnapshot newest;
        final FileVersions.State state;
        StoredSnapshot oldest;
        int snapshots = 1;

        Run(StoredSnapshot newest, FileVersions.State state) {
            this.newest = newest;
            this.oldest = newest;
            this.state = state;
        }
    }

    /**
     * The versions of a file in the snapshots of a node, the newest first. Snapshots whose sources do not include it are
     * passed over.
     *
     * @param before only snapshots that were taken earlier; null for all
     * @param limit of the snapshots that are looked at, at most 200; a search that takes too long ends earlier
     */
    public Versions versions(Actor actor, String nodeName, String text, @Nullable Instant before, int limit)
            throws IOException {
        actor.require(Permission.BROWSE);
        Node node = nodes.find(actor, nodeName);
        TreePath path = SnapshotPaths.parse(text);
        audit.read(actor, "versions", "node " + node.name() + ": " + SnapshotPaths.audited(path));
        long until = System.nanoTime() + SnapshotPaths.SEARCH_NANOS;
        long earlier = before == null ? Long.MAX_VALUE : before.toEpochMilli();
        FileVersions versions = new FileVersions(engine.store(), secret, path);
        List<Run> runs = new ArrayList<>();
        int looked = 0;
        int unreadable = 0;
        Instant next = null;
        long last = 0;
        for (StoredSnapshot each : engine.store().manifests().list(node.id()).reversed()) {
            if (each.committed() >= earlier || !covers(each, path)) {
                continue;
            }
            boolean enough = looked >= Math.min(limit, MOST_SNAPSHOTS) || looked > 0 && System.nanoTime() >= until;
            if (enough && each.committed() < last) {
                next = Instant.ofEpochMilli(last);
                break;
            }
            last = each.committed();
            looked++;
            try (SnapshotTree tree = new SnapshotTree(engine.store(), each)) {
                add(runs, each, versions.in(tree));
            } catch (FormatException | NoSuchFileException e) {
                if (!TreeReading.isDamage(e)) {
                    throw e;
                }
                unreadable++;
            }
        }
        List<Version> found = new ArrayList<>();
        for (Run each : runs) {
            found.add(version(each, path));
        }
        return new Versions(found, looked, unreadable, next);
    }

    private static boolean covers(StoredSnapshot snapshot, TreePath path) throws IOException {
        return SnapshotSummary.parse(snapshot.summary()).sources().stream().anyMatch(path::startsWith);
    }

    private static void add(List<Run> runs, StoredSnapshot snapshot, FileVersions.State state) {
        if (!runs.isEmpty() && runs.getLast().state.same(state)) {
            runs.getLast().oldest = snapshot;
            runs.getLast().snapshots++;
        } else {
            runs.add(new Run(snapshot, state));
        }
    }

    private Version version(Run run, TreePath path) throws IOException {
        return new Version(
                run.state.entry(),
                run.state.content(),
                run.newest.id(),
                Instant.ofEpochMilli(run.newest.committed()),
                Instant.ofEpochMilli(run.oldest.committed()),
                run.snapshots,
                SnapshotUseCases.damaged(control, run.newest.id()).within(path));
    }

    /** What is to be done with a file. */
    private interface Work<T> {
        T of(SnapshotTree tree, StoredSnapshot snapshot, TreePath path) throws IOException;
    }

    private <T> T with(Actor actor, String action, String id, String text, Work<T> work) throws IOException {
        actor.require(Permission.RESTORE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        TreePath path = SnapshotPaths.parse(text);
        return reading.of(snapshot, tree -> {
            if (!tree.has(path)) {
                throw BrowseUseCases.absent(path);
            }
            audit.read(actor, action, snapshot.id() + ":" + SnapshotPaths.audited(path));
            DamagedPaths damaged = SnapshotUseCases.damaged(control, snapshot.id());
            if (damaged.isFile(path)) {
                throw damaged(path);
            }
            try {
                return work.of(tree, snapshot, path);
            } catch (FormatException | NoSuchFileException e) {
                throw TreeReading.isDamage(e) ? damaged(path) : e;
            }
        });
    }

    private UseCaseException damaged(TreePath path) throws IOException {
        return UseCaseException.damaged(Phrase.of("snapshot.damaged-file")
                .with("path", SnapshotPaths.audited(path))
                .with("command", control.command("damage")));
    }

    private static UseCaseException noFile(TreePath path) {
        return UseCaseException.invalid(Phrase.of("snapshot.no-file").with("path", SnapshotPaths.audited(path)));
    }

    /**
     * The beginning of a text, or whether a file can be shown as a picture.
     *
     * @param encoding in which a text is read; empty to guess
     */
    public Preview preview(Actor actor, String id, String file, String encoding) throws IOException {
        if (!encoding.isEmpty() && !Preview.isEncoding(encoding)) {
            throw UseCaseException.invalid(Phrase.of("snapshot.encodings").with("encodings", Preview.encodings()));
        }
        return with(actor, "preview", id, file, (tree, snapshot, path) -> {
            SnapshotTree.Entry entry = tree.find(path).orElseThrow(() -> noFile(path));
            return switch (entry.kind()) {
                case "file" ->
                    Preview.of(
                            new FileContents(engine.store(), tree),
                            new LinkedFiles(tree).find(path).orElseThrow(() -> noFile(path)),
                            encoding);
                // Its first name would have to be looked for in all of the snapshot.
                case "hardlink" -> Preview.none("link", entry.size());
                default -> throw noFile(path);
            };
        });
    }

    /** Where content goes, once it is known that there will be some. */
    public interface Sink {
        /** @param mediaType of what follows, one of a few that are known to be harmless */
        OutputStream open(String mediaType) throws IOException;
    }

    /** Writes a file that is a picture; its media type is told by what is in it. */
    public void picture(Actor actor, String id, String file, Sink sink) throws IOException {
        with(actor, "preview", id, file, (tree, snapshot, path) -> {
            FileContents contents = new FileContents(engine.store(), tree);
            LinkedFiles links = new LinkedFiles(tree);
            String type = Preview.picture(contents, links.find(path).orElseThrow(() -> noFile(path)))
                    .orElseThrow(() -> UseCaseException.invalid(
                            Phrase.of("snapshot.no-picture").with("path", SnapshotPaths.audited(path))));
            LinkedFiles.Linked picture = links.find(path).orElseThrow(() -> noFile(path));
            contents.write(picture.cursor(), picture.file(), sink.open(type));
            return type;
        });
    }

    /** Writes the content of one file, which may take as long as its reader. */
    public void content(Actor actor, String id, String file, Sink sink) throws IOException {
        with(actor, "download", id, file, (tree, snapshot, path) -> {
            LinkedFiles.Linked found = new LinkedFiles(tree).find(path).orElseThrow(() -> noFile(path));
            new FileContents(engine.store(), tree)
                    .write(found.cursor(), found.file(), sink.open("application/octet-stream"));
            return found;
        });
    }
}
