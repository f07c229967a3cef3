package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.RestorePlanner;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Restores: what they would move, where they may go, and orders to nodes that do them. */
public final class RestoreUseCases {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final SnapshotFinder finder;
    private final TreeReading reading;
    private final AuditTrail audit;

    RestoreUseCases(ControlDb control, Engine engine, NodeUseCases nodes, TaskUseCases tasks, SnapshotFinder finder) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.tasks = tasks;
        this.finder = finder;
        this.reading = new TreeReading(control, engine);
        this.audit = new AuditTrail(control);
    }

    /** @param paths none for all */
    public record Selection(
            @Bound(characters = SnapshotPaths.MOST_CHARACTERS, items = SnapshotPaths.MOST)
            List<String> paths) {}

    /**
     * A restore that a node does.
     *
     * @param paths none for all
     * @param target an absolute path on the node; missing for the original place
     * @param overwrite what becomes of files that are there; if-changed where missing
     * @param node where to, missing for the snapshot's own
     * @param original whether everything goes back to where it was, instead of to a target
     */
    public record Restore(
            @Bound(characters = SnapshotPaths.MOST_CHARACTERS, items = SnapshotPaths.MOST)
            List<String> paths,

            @Bound(characters = 4096) @Nullable String target,
            @Bound(characters = 50) @Nullable String overwrite,
            @Bound(characters = 255) @Nullable String node,
            @Nullable Boolean original) {}

    /**
     * A place that a restore writes to.
     *
     * @param target a directory on the node
     * @param paths how many of the selected paths go there
     */
    public record Part(String target, int paths) {}

    /**
     * A restore that could be ordered.
     *
     * @param node that does it
     * @param connected whether it could begin at once
     * @param told whether the node's client tells where it restores to; if it does not, it may refuse when the restore begins
     * @param parts each of which becomes a task
     */
    public record Check(String node, boolean connected, boolean told, List<Part> parts) {}

    /**
     * What was ordered.
     *
     * @param task the first of the tasks
     */
    public record Ordered(long task, List<Long> tasks) {}

    /** What a restore would move, and from where. */
    public RestorePlanner.Plan plan(Actor actor, String id, Selection selection) throws IOException {
        actor.require(Permission.BROWSE);
        KnownSnapshot known = finder.find(actor, id);
        StoredSnapshot snapshot = finder.stored(known);
        List<TreePath> paths = SnapshotPaths.parse(selection.paths);
        return reading.of(snapshot, tree -> {
            SnapshotPaths.requireThere(tree, paths);
            return new RestorePlanner(
                            engine.store(),
                            engine::vaultClass,
                            snapshot,
                            System.nanoTime() + SnapshotPaths.SEARCH_NANOS)
                    .plan(tree, paths, bytesPerSecond(known), SnapshotUseCases.damaged(control, snapshot.id()));
        });
    }

    /** What the profile promises, or what this node's last rehearsal made where that was less. */
    private double bytesPerSecond(KnownSnapshot snapshot) throws IOException {
        double promised = engine.profile().throughputPerHour().bytes() / 3600.0;
        for (DrillTable.Drill each : control.drills().newest()) {
            if (each.node().equals(snapshot.nodeName())) {
                JsonNode measured = JSON.readTree(each.report()).path("measured");
                double made = measured.path("bytes").asDouble()
                        / Math.max(1, measured.path("millis").asDouble())
                        * 1000;
                return made > 0 ? Math.min(made, promised) : promised;
            }
        }
        return promised;
    }

    /** A restore that is wanted, with all that was checked of it. */
    private record Wanted(KnownSnapshot snapshot, Node node, String overwrite, List<OriginalPlaces.Part> parts) {}

    /** Whether a restore could be ordered, and where it would write. Orders nothing; refuses what {@link #restore} would. */
    public Check check(Actor actor, String id, Restore wanted) throws IOException {
        Wanted checked = checked(actor, id, wanted);
        Node node = checked.node;
        return new Check(
                node.name(),
                engine.connected().contains(node.id()),
                control.nodes().restoresBelow(node.id()).isPresent(),
                checked.parts.stream()
                        .map(each -> new Part(each.target(), each.paths().size()))
                        .toList());
    }

    /** Orders a node to restore a snapshot, or parts of it. The node decides below which directories it restores by order. */
    public Ordered restore(Actor actor, String id, Restore wanted) throws IOException {
        Wanted checked = checked(actor, id, wanted);
        tasks.requireRoom();
        List<Long> made = new ArrayList<>();
        for (OriginalPlaces.Part each : checked.parts) {
            boolean all = each.paths().getFirst().isRoot();
            long task = Orders.restore(
                    control,
                    checked.node.id(),
                    checked.snapshot.id(),
                    all
                            ? List.of()
                            : each.paths().stream().map(TreePath::toString).toList(),
                    each.target(),
                    checked.overwrite,
                    actor.text());
            audit.note(
                    actor,
                    "restore to " + checked.node.name(),
                    checked.snapshot.id() + ":" + SnapshotPaths.named(each.paths()),
                    "ordered, task " + task + ", to " + each.target());
            made.add(task);
        }
        return new Ordered(made.getFirst(), made);
    }

    private Wanted checked(Actor actor, String id, Restore wanted) throws IOException {
        actor.require(Permission.RESTORE);
        KnownSnapshot snapshot = finder.find(actor, id);
        boolean original = wanted.original != null && wanted.original;
        if (original == (wanted.target != null)) {
            throw UseCaseException.invalid(Phrase.of("restore.where"));
        }
        String overwrite = wanted.overwrite == null ? "if-changed" : wanted.overwrite;
        if (!Orders.OVERWRITES.contains(overwrite)) {
            throw UseCaseException.invalid(Orders.noOverwrite());
        }
        List<TreePath> paths = SnapshotPaths.parse(wanted.paths);
        Node node = target(actor, snapshot, wanted.node == null ? "" : wanted.node);
        return new Wanted(snapshot, node, overwrite, parts(snapshot, node, paths, wanted.target));
    }

    /** @param target null for the original place */
    private List<OriginalPlaces.Part> parts(
            KnownSnapshot snapshot, Node node, List<TreePath> paths, @Nullable String target) throws IOException {
        if (target != null) {
            if (!paths.getFirst().isRoot()) {
                reading.of(finder.stored(snapshot), tree -> {
                    SnapshotPaths.requireThere(tree, paths);
                    return tree;
                });
            }
            RestoreTargets.require(control, node, target);
            return List.of(new OriginalPlaces.Part(target, paths));
        }
        return reading.of(finder.stored(snapshot), tree -> {
            SnapshotPaths.requireThere(tree, paths);
            return new OriginalPlaces(tree, node.name(), control.nodes().restoresBelow(node.id())).of(paths);
        });
    }

    /** @param name empty for the snapshot's own node */
    private Node target(Actor actor, KnownSnapshot snapshot, String name) throws IOException {
        if (!name.isEmpty()) {
            return nodes.findActive(actor, name);
        }
        Node own = nodes.find(actor, snapshot.nodeName());
        if (!own.active()) {
            Phrase why =
                    own.retiredAt() == null ? Phrase.of("restore.node-revoked") : Phrase.of("restore.node-retired");
            throw UseCaseException.conflict(why.with("node", own.name()));
        }
        return own;
    }
}
