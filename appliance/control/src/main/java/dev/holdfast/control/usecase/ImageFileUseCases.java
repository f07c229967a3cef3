package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.guestfs.FileSystem;
import dev.holdfast.control.guestfs.GuestfsException;
import dev.holdfast.control.guestfs.ImageFiles;
import dev.holdfast.control.guestfs.ImageMachine;
import dev.holdfast.control.instant.Recovery;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Files on the disks of snapshots of whole disks: listed, searched, and taken out, without the node. */
public final class ImageFileUseCases {
    private final Engine engine;
    private final SnapshotFinder finder;
    private final TreeReading reading;
    private final AuditTrail audit;

    ImageFileUseCases(ControlDb control, Engine engine, SnapshotFinder finder) {
        this.engine = engine;
        this.finder = finder;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
    }

    /**
     * The file systems of a snapshot.
     *
     * @param disks paths in the snapshot; the first one is sda in names of file systems
     */
    public record FileSystems(List<String> disks, List<FileSystem> fileSystems) {}

    /** @param more whether there may be more of them */
    public record Matches(List<SnapshotTree.Entry> entries, boolean more) {}

    private <T> T use(StoredSnapshot snapshot, ImageFiles.Work<T> work) throws IOException {
        try {
            return engine.instant().files().use(snapshot, disks(snapshot), work);
        } catch (GuestfsException e) {
            throw UseCaseException.unavailable(e.phrase());
        } catch (FrozenException e) {
            throw reading.frozen(snapshot.id());
        }
    }

    private List<TreePath> disks(StoredSnapshot snapshot) throws IOException {
        List<TreePath> paths = new ArrayList<>();
        for (Recovery.Disk each : reading.of(snapshot, SnapshotDisks::of)) {
            paths.add(TreePath.parse(each.path()));
        }
        if (paths.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("image-files.no-disks")
                    .with("snapshot", snapshot.id().toString()));
        }
        return paths;
    }

    /** The file systems on the disks. The first call about a snapshot starts a machine, which may take a minute. */
    public FileSystems fileSystems(Actor actor, String id) throws IOException {
        actor.require(Permission.BROWSE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        audit.read(actor, "browse", snapshot.id() + ": file systems");
        List<String> disks = disks(snapshot).stream().map(TreePath::toString).toList();
        return new FileSystems(disks, use(snapshot, ImageMachine::fileSystems));
    }

    /** The entries of a directory, from behind a path on, in the order of names. */
    public BrowseUseCases.Listing list(
            Actor actor, String id, String fileSystem, String directory, String after, int limit) throws IOException {
        actor.require(Permission.BROWSE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        TreePath path = SnapshotPaths.parse(directory);
        @Nullable TreePath from = after.isEmpty() ? null : SnapshotPaths.parse(after);
        audit.read(actor, "browse", audited(snapshot, fileSystem, List.of(path)));
        SnapshotTree.Found found = use(snapshot, machine -> machine.list(fileSystem, path, from, limit));
        return new BrowseUseCases.Listing(found.entries(), found.next());
    }

    /** Entries below a directory whose names contain a text. */
    public Matches search(Actor actor, String id, String fileSystem, String directory, String name, int limit)
            throws IOException {
        actor.require(Permission.BROWSE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        TreePath path = SnapshotPaths.parse(directory);
        BrowseUseCases.requireName(name);
        audit.read(actor, "search", audited(snapshot, fileSystem, List.of(path)) + ": " + name);
        List<SnapshotTree.Entry> found = use(snapshot, machine -> machine.search(fileSystem, path, name, limit));
        return new Matches(found, found.size() >= limit);
    }

    /** Writes the content of one file, which may take as long as its reader. */
    public void content(Actor actor, String id, String fileSystem, String file, BrowseUseCases.Sink sink)
            throws IOException {
        actor.require(Permission.RESTORE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        TreePath path = SnapshotPaths.parse(file);
        audit.read(actor, "download", audited(snapshot, fileSystem, List.of(path)));
        ImageFiles files = engine.instant().files();
        use(snapshot, machine -> {
            files.content(machine, fileSystem, path, () -> sink.open(snapshot.id()));
            return path;
        });
    }

    /** Writes files and directories as a tar archive, which may take as long as its reader. */
    public void archive(Actor actor, String id, String fileSystem, List<String> wanted, BrowseUseCases.Sink sink)
            throws IOException {
        actor.require(Permission.RESTORE);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        List<TreePath> paths = SnapshotPaths.parse(wanted);
        audit.read(actor, "download", audited(snapshot, fileSystem, paths));
        ImageFiles files = engine.instant().files();
        use(snapshot, machine -> {
            files.archive(machine, fileSystem, paths, () -> sink.open(snapshot.id()));
            return paths;
        });
    }

    private static String audited(StoredSnapshot snapshot, String fileSystem, List<TreePath> paths) {
        return snapshot.id() + ":" + AuditTrail.cut(fileSystem, SnapshotPaths.MOST_CHARACTERS) + ":"
                + SnapshotPaths.named(paths);
    }
}
