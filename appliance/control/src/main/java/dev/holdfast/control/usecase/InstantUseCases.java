package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.SnapshotTree;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.instant.InstantService;
import dev.holdfast.control.instant.Recoveries;
import dev.holdfast.control.instant.Recovery;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.nbd.NbdException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Machines that run from snapshots at once: their disks are served by NBD, and what they write is kept apart. */
public final class InstantUseCases {
    private static final int MOST_RECOVERIES = 256;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final SnapshotFinder finder;
    private final ClientAddress address;
    private final TreeReading reading;
    private final AuditTrail audit;

    InstantUseCases(
            ControlDb control, Engine engine, NodeUseCases nodes, SnapshotFinder finder, ClientAddress address) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.finder = finder;
        this.address = address;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
    }

    /**
     * Asks for a recovery.
     *
     * @param snapshot its id, or the beginning of it
     * @param disks paths in the snapshot; missing or none for all disks of a snapshot of whole disks
     * @param user the node on which the machine will run, if that is not the appliance; missing for the snapshot's own
     */
    public record Wanted(
            @Bound(characters = 36) @Nullable String snapshot,

            @Bound(characters = SnapshotPaths.MOST_CHARACTERS, items = SnapshotDisks.MOST) @Nullable
            List<String> disks,

            @Bound(characters = 255) @Nullable String user) {}

    /** @param discard whether what was written to the disks may be deleted */
    public record End(@Nullable Boolean discard) {}

    /**
     * A disk.
     *
     * @param path in the snapshot
     * @param export the name of the export
     * @param local a URI for machines on the appliance itself; empty where there is none
     * @param remote a URI for the node that uses it, over TLS with its certificate; empty where there is none
     * @param changedBytes that differ from the snapshot, or may; null where the disk cannot be opened
     * @param readBytes by machines since the appliance opened the disk
     */
    public record Disk(
            int number,
            String path,
            long bytes,
            String export,
            String local,
            String remote,
            @Nullable Long changedBytes,
            @Nullable Long readBytes,
            @Nullable Long writtenBytes) {}

    /**
     * A recovery.
     *
     * @param node whose snapshot it is
     * @param user the node that may use the disks
     * @param actor who began it
     * @param generation is 1 higher after each end of the appliance's system, after which machines must be started anew
     * @param connections of machines
     * @param trouble why its disks cannot be opened; null where they can
     */
    public record Shown(
            UUID id,
            UUID snapshot,
            String node,
            String user,
            Instant begun,
            String actor,
            int generation,
            int connections,
            @Nullable Phrase trouble,
            List<Disk> disks) {}

    /** The oldest first. */
    public record Found(List<Shown> recoveries) {}

    public Found list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        List<Shown> found = new ArrayList<>();
        for (Recovery each : engine.instant().recoveries().list()) {
            if (sees(actor, each)) {
                found.add(shown(each));
            }
        }
        return new Found(found);
    }

    public Shown show(Actor actor, String id) throws IOException {
        actor.require(Permission.VIEW);
        return shown(find(actor, id));
    }

    /** Begins one; its disks can be used when this returns. */
    public Shown begin(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.RESTORE);
        if (wanted.snapshot == null) {
            throw UseCaseException.invalid(Phrase.of("instant.no-snapshot"));
        }
        InstantService service = engine.instant();
        StoredSnapshot snapshot = finder.stored(finder.find(actor, wanted.snapshot));
        Node user = wanted.user == null ? null : nodes.findActive(actor, wanted.user);
        List<Recovery.Disk> disks = disks(snapshot, wanted);
        if (service.recoveries().list().size() >= MOST_RECOVERIES) {
            throw UseCaseException.conflict(Phrase.of("instant.too-many").with("most", MOST_RECOVERIES));
        }
        Recovery begun;
        try {
            begun = service.recoveries()
                    .begin(snapshot, disks, user == null ? snapshot.node() : user.id(), actor.text());
        } catch (FrozenException e) {
            throw reading.frozen(snapshot.id());
        } catch (NbdException e) {
            throw UseCaseException.unavailable(Phrase.of("instant.no-space").with("reason", e));
        } catch (IOException e) {
            if (!TreeReading.isDamage(e)) {
                throw e;
            }
            throw UseCaseException.damaged(Phrase.of("instant.damaged").with("reason", e));
        }
        audit.note(actor, "instant recovery", snapshot.id().toString(), "begun: " + begun.id());
        return shown(begun);
    }

    private List<Recovery.Disk> disks(StoredSnapshot snapshot, Wanted wanted) throws IOException {
        List<Recovery.Disk> disks = new ArrayList<>();
        reading.of(snapshot, tree -> {
            if (wanted.disks == null || wanted.disks.isEmpty()) {
                disks.addAll(SnapshotDisks.of(tree));
                return disks;
            }
            for (String each : wanted.disks) {
                TreePath path = SnapshotPaths.parse(each);
                SnapshotTree.Entry entry = tree.find(path).orElseThrow(() -> BrowseUseCases.absent(path));
                if (!entry.kind().equals("file") || entry.size() == 0) {
                    throw UseCaseException.invalid(
                            Phrase.of("instant.no-disk").with("path", SnapshotPaths.audited(path)));
                }
                disks.add(new Recovery.Disk(disks.size(), entry.path(), entry.size()));
            }
            return disks;
        });
        if (disks.isEmpty()) {
            throw UseCaseException.invalid(
                    Phrase.of("instant.no-disks").with("snapshot", snapshot.id().toString()));
        }
        return disks;
    }

    /** Ends one that no machine uses. */
    public void end(Actor actor, String id, End wanted) throws IOException {
        actor.require(Permission.RESTORE);
        Recovery recovery = find(actor, id);
        Recoveries recoveries = engine.instant().recoveries();
        boolean discard = Boolean.TRUE.equals(wanted.discard);
        Shown shown = shown(recovery);
        long changed = shown.disks.stream()
                .mapToLong(each -> each.changedBytes == null ? each.bytes : each.changedBytes)
                .sum();
        if (changed > 0 && !discard) {
            throw UseCaseException.conflict(Phrase.of("instant.changed")
                    .with("bytes", changed)
                    .with("id", recovery.id().toString()));
        }
        if (!recoveries.end(recovery.id())) {
            throw UseCaseException.conflict(Phrase.of("instant.connected")
                    .with("id", recovery.id().toString())
                    .with("count", shown.connections));
        }
        audit.note(
                actor,
                "end instant recovery",
                recovery.snapshot().toString(),
                recovery.id() + ": " + changed + " bytes that were written are deleted");
    }

    private Recovery find(Actor actor, String id) throws IOException {
        List<Recovery> found = new ArrayList<>();
        for (Recovery each : engine.instant().recoveries().list()) {
            if (!id.isEmpty() && each.id().toString().startsWith(id) && sees(actor, each)) {
                found.add(each);
            }
        }
        if (found.size() > 1) {
            throw UseCaseException.invalid(
                    Phrase.of("instant.several").with("text", id).with("found", found.size()));
        }
        if (found.isEmpty()) {
            throw UseCaseException.notFound(Phrase.of("instant.none").with("text", AuditTrail.cut(id, 100)));
        }
        return found.getFirst();
    }

    private boolean sees(Actor actor, Recovery recovery) throws IOException {
        return actor.sees(name(recovery.node()));
    }

    private String name(int node) throws IOException {
        NodeNames names = control.nodes().names();
        return names.of(node, "node " + node);
    }

    private Shown shown(Recovery recovery) throws IOException {
        InstantService service = engine.instant();
        Optional<Recoveries.Running> running = Optional.empty();
        Phrase trouble = null;
        try {
            running = service.recoveries().find(recovery.id());
        } catch (IOException e) {
            trouble = Phrase.of("instant.trouble").with("reason", e);
        }
        List<Disk> disks = new ArrayList<>();
        for (Recovery.Disk each : recovery.disks()) {
            Recoveries.Figures figures =
                    running.isEmpty() ? null : running.get().disks().get(each.number());
            String export = recovery.export(each);
            disks.add(new Disk(
                    each.number(),
                    each.path(),
                    each.bytes(),
                    export,
                    service.socket()
                            .map(socket -> "nbd+unix:///" + export + "?socket=" + socket)
                            .orElse(""),
                    service.port() == 0 ? "" : "nbds://" + address.host() + ":" + service.port() + "/" + export,
                    figures == null ? null : figures.changedBytes(),
                    figures == null ? null : figures.readBytes(),
                    figures == null ? null : figures.writtenBytes()));
        }
        return new Shown(
                recovery.id(),
                recovery.snapshot(),
                name(recovery.node()),
                name(recovery.user()),
                recovery.begun(),
                recovery.actor(),
                recovery.generation(),
                running.map(Recoveries.Running::connections).orElse(0),
                trouble,
                disks);
    }
}
