package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rehearsed restores: ordered, listed, and exported with their signatures. */
public final class DrillUseCases {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final AuditTrail audit;
    private final SecureRandom random = new SecureRandom();

    DrillUseCases(ControlDb control, Engine engine, NodeUseCases nodes, TaskUseCases tasks) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.tasks = tasks;
        this.audit = new AuditTrail(control);
    }

    /**
     * Drills to be ordered.
     *
     * @param seed chooses the files; at random where it is missing
     */
    public record Wanted(
            @Bound(characters = 255) List<String> nodes,
            @Nullable Long seed) {}

    /** Reports, the newest first, as they were signed. */
    public record Reports(List<JsonNode> reports) {}

    /**
     * A report as it was signed.
     *
     * @param report the signed text
     * @param signature of its bytes in UTF-8, base64; the key is that of the appliance's authority
     */
    public record Signed(String report, String signature) {}

    /** Orders nodes to restore a sample of their newest snapshots and compare it: all that are named, or none. */
    public TaskUseCases.QueuedAll order(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.OPERATE);
        if (wanted.nodes == null || wanted.nodes.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("drill.no-nodes"));
        }
        record Order(Node node, KnownSnapshot snapshot) {}
        List<Order> orders = new ArrayList<>();
        for (Node each : nodes.find(actor, wanted.nodes)) {
            Node node = nodes.findActive(actor, each.name());
            List<KnownSnapshot> snapshots = engine.snapshots(node.id());
            if (snapshots.isEmpty()) {
                throw UseCaseException.conflict(Phrase.of("node.no-snapshot").with("node", node.name()));
            }
            orders.add(new Order(node, snapshots.getLast()));
        }
        tasks.requireRoom();
        List<Long> queued = new ArrayList<>();
        for (Order each : orders) {
            long seed = wanted.seed == null ? random.nextLong() : wanted.seed;
            long task = Drills.order(control, each.node.id(), each.snapshot.id(), seed, actor.text());
            audit.note(actor, "drill", each.node.name(), "ordered, task " + task);
            queued.add(task);
        }
        return new TaskUseCases.QueuedAll(queued);
    }

    /** Reports of nodes that the actor sees, the newest first. */
    public Reports list(Actor actor, int limit) throws IOException {
        actor.require(Permission.VIEW);
        List<JsonNode> reports = new ArrayList<>();
        for (DrillTable.Drill each : control.drills().list(limit)) {
            if (actor.sees(each.node())) {
                reports.add(JSON.readTree(each.report()));
            }
        }
        return new Reports(reports);
    }

    /** @param task of the drill */
    public Signed export(Actor actor, long task) throws IOException {
        actor.require(Permission.VIEW);
        for (DrillTable.Drill each : control.drills().list(Integer.MAX_VALUE)) {
            if (each.task() == task && actor.sees(each.node())) {
                return new Signed(each.report(), Base64.getEncoder().encodeToString(each.signature()));
            }
        }
        throw UseCaseException.notFound(Phrase.of("drill.no-report").with("task", task));
    }
}
