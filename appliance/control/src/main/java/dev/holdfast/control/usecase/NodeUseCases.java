package dev.holdfast.control.usecase;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeTags;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.SuspensionTable;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.health.Health;
import dev.holdfast.control.health.RecoveryPoints;
import dev.holdfast.control.health.Rpo;
import dev.holdfast.control.health.Standing;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Nodes: what is known of them, and how their access ends. */
public final class NodeUseCases {
    private static final int MOST_DRILLS = 20;
    private static final int MOST_REASON_CHARACTERS = 500;
    private static final int MOST_PLATFORM_CHARACTERS = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;
    private final Assessments assessments;
    private final RecoveryPoints recovery;

    NodeUseCases(ControlDb control, Engine engine, Assessments assessments, RecoveryPoints recovery) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
        this.assessments = assessments;
        this.recovery = recovery;
    }

    /**
     * A node.
     *
     * @param connected whether its service holds a connection
     * @param retiredAt since when it has no access and is kept for its snapshots; null where it is not retired
     * @param clientVersion release of its client at the last connection, empty where it is not known
     * @param clientState newer (than the appliance), old (it speaks an older protocol), or empty
     * @param certificateEndsAt from then on it cannot connect
     * @param frozen why its retention is paused, empty where it is not
     * @param suspended why no backups are taken from it, empty where they are
     * @param identityCopied which machine was refused since another has the node's identity, empty where none was
     * @param frozenPhrase and {@code suspendedPhrase}, {@code identityCopiedPhrase}: the same for other languages; null where
     *     it has no code
     * @param tags words by which people group nodes
     * @param damaged how many files of its snapshots are known to be damaged
     * @param health in one word; null for a node without access
     * @param troubles what is wrong, the worst first
     */
    public record NodeView(
            int id,
            String name,
            String platform,
            boolean active,
            boolean connected,
            Instant enrolledAt,
            @Nullable Instant seenAt,
            @Nullable Instant revokedAt,
            @Nullable Instant retiredAt,
            String clientVersion,
            String clientState,
            Instant certificateEndsAt,
            String fingerprint,
            @Nullable Instant lastSnapshot,
            int snapshots,
            String policy,
            List<String> plans,
            List<String> overduePlans,
            String frozen,
            @Nullable Phrase frozenPhrase,
            String suspended,
            @Nullable Phrase suspendedPhrase,
            String identityCopied,
            @Nullable Phrase identityCopiedPhrase,
            List<String> tags,
            long damaged,
            @Nullable Health health,
            List<Need> troubles) {}

    public record NodeList(List<NodeView> nodes) {}

    /**
     * A rehearsed restore.
     *
     * @param files and {@code bytes} of the sample; 0 where the machine was booted instead
     * @param rtoSeconds that all of the snapshot would take, by what the sample took; until the machine worked where it was booted
     * @param boot null where a sample was restored
     */
    public record Rehearsal(
            long task,
            Instant at,
            boolean passed,
            long files,
            long bytes,
            long millis,
            long rtoSeconds,
            @Nullable Boot boot) {}

    /**
     * A machine that was booted.
     *
     * @param firstSignMillis until it gave a sign of life; -1 where it gave none
     * @param reason why the drill failed; null where it passed
     * @param screenshot whether a picture of its screen was taken
     */
    public record Boot(long firstSignMillis, @Nullable Phrase reason, boolean screenshot) {}

    /**
     * A node in detail.
     *
     * @param storedBytes and {@code ownBytes} as the last count of usage had them, -1 before
     * @param restoreBelow the directories below which its service restores by order, as it told when it last connected; null
     *     where its client is too old to tell
     * @param rpo what would be lost, and would have been, by each plan; empty for a node without access
     */
    public record Detail(
            NodeView node,
            String fingerprint,
            long storedBytes,
            long ownBytes,
            List<Rehearsal> rehearsals,
            @Nullable List<String> restoreBelow,
            List<Rpo> rpo) {}

    /** Tags that a node gets and loses; null for none. */
    public record TagChange(
            @Bound(characters = 100, items = NodeTags.MOST) @Nullable
            List<String> add,

            @Bound(characters = 100, items = NodeTags.MOST) @Nullable
            List<String> remove) {}

    /** @param tags that the node has from now on */
    public record Tagged(String node, List<String> tags) {}

    static UseCaseException none(String name) {
        return UseCaseException.notFound(Phrase.of("node.none").with("node", name));
    }

    static UseCaseException retentionNotPaused(String name) {
        return UseCaseException.unchanged(Phrase.of("node.retention-not-paused").with("node", name));
    }

    /** Finds a node by name; a node that the actor may not see does not exist for him. */
    Node find(Actor actor, String name) throws IOException {
        return control.nodes()
                .findByName(name)
                .filter(node -> actor.sees(node.name()))
                .orElseThrow(() -> none(name));
    }

    /** All of them, each once, or none. */
    List<Node> find(Actor actor, List<String> names) throws IOException {
        List<Node> found = new ArrayList<>();
        for (String each : new LinkedHashSet<>(names)) {
            found.add(find(actor, each));
        }
        return found;
    }

    /** One that takes orders. */
    Node findActive(Actor actor, String name) throws IOException {
        Node node = find(actor, name);
        if (!node.active()) {
            Phrase why = node.retiredAt() == null ? Phrase.of("node.revoked") : Phrase.of("node.retired");
            throw UseCaseException.conflict(why.with("node", name));
        }
        return node;
    }

    /** @param tag of the nodes; empty for all nodes */
    public NodeList list(Actor actor, String tag) throws IOException {
        actor.require(Permission.VIEW);
        String wanted = tag.toLowerCase(Locale.ROOT);
        return new NodeList(seen(actor).stream()
                .filter(each -> wanted.isEmpty() || each.tags.contains(wanted))
                .toList());
    }

    private List<NodeView> seen(Actor actor) throws IOException {
        Map<Integer, LongSummaryStatistics> snapshots = engine.snapshots().stream()
                .collect(Collectors.groupingBy(
                        KnownSnapshot::node, Collectors.summarizingLong(KnownSnapshot::committed)));
        Map<Integer, List<PlanTable.Binding>> plans =
                control.plans().bindings().stream().collect(Collectors.groupingBy(PlanTable.Binding::node));
        Map<Integer, Long> damaged = new HashMap<>();
        control.damage().nodes().forEach(each -> damaged.put(each.id(), each.files()));
        Set<Integer> connected = new HashSet<>(engine.connected());
        Map<Integer, Standing> standings = assessments.machines(actor);
        List<NodeView> nodes = new ArrayList<>();
        for (Node each : control.nodes().list()) {
            boolean gone = each.removedAt() != null && !snapshots.containsKey(each.id());
            if (actor.sees(each.name()) && !gone) {
                ClientRelease client = ClientRelease.of(each);
                Standing standing = standings.get(each.id());
                LongSummaryStatistics own = snapshots.getOrDefault(each.id(), new LongSummaryStatistics());
                List<PlanTable.Binding> bound = plans.getOrDefault(each.id(), List.of());
                Optional<Events.Pause> pause = control.events().retentionPause(each.id());
                Optional<SuspensionTable.Suspension> suspension =
                        control.suspensions().find(each.id());
                Optional<Events.Event> refused = control.holders().refused(each.id());
                nodes.add(new NodeView(
                        each.id(),
                        each.name(),
                        AuditTrail.cut(each.platform(), MOST_PLATFORM_CHARACTERS),
                        each.active(),
                        connected.contains(each.id()),
                        each.enrolledAt(),
                        each.seenAt(),
                        each.revokedAt(),
                        each.retiredAt(),
                        client.number(),
                        client.state(),
                        each.certificateEndsAt(),
                        each.fingerprint(),
                        own.getCount() == 0 ? null : Instant.ofEpochMilli(own.getMax()),
                        Math.toIntExact(own.getCount()),
                        control.policies().of(each.id()).orElse(""),
                        bound.stream().map(PlanTable.Binding::plan).toList(),
                        bound.stream()
                                .filter(plan -> plan.overdue() != 0)
                                .map(PlanTable.Binding::plan)
                                .toList(),
                        pause.map(Events.Pause::reason).orElse(""),
                        pause.map(Events.Pause::phrase).orElse(null),
                        suspension.map(SuspensionTable.Suspension::reason).orElse(""),
                        suspension.map(SuspensionTable.Suspension::phrase).orElse(null),
                        refused.map(Events.Event::message).orElse(""),
                        refused.map(Events.Event::phrase).orElse(null),
                        control.nodeTags().of(each.id()),
                        damaged.getOrDefault(each.id(), 0L),
                        standing == null ? null : standing.health(),
                        standing == null
                                ? List.of()
                                : standing.troubles().stream().map(Need::of).toList()));
            }
        }
        return nodes;
    }

    public Detail detail(Actor actor, String name) throws IOException {
        actor.require(Permission.VIEW);
        Node node = find(actor, name);
        NodeView shown = seen(actor).stream()
                .filter(each -> each.id() == node.id())
                .findFirst()
                .orElseThrow(() -> none(name));
        long stored = -1;
        long own = -1;
        for (UsageTable.OfNode each : control.usage().nodes()) {
            if (each.node().equals(node.name())) {
                stored = each.stored();
                own = each.own();
            }
        }
        List<Rehearsal> rehearsals = new ArrayList<>();
        for (DrillTable.Drill each : control.drills().of(node.id(), MOST_DRILLS)) {
            JsonNode report = JSON.readTree(each.report());
            JsonNode measured = report.path("measured");
            rehearsals.add(new Rehearsal(
                    each.task(),
                    Instant.ofEpochMilli(each.at()),
                    report.path("passed").asBoolean(),
                    measured.path("files").asLong(),
                    measured.path("bytes").asLong(),
                    measured.path("millis").asLong(),
                    Math.round(report.path("rtoSeconds").asDouble()),
                    report.path("kind").asText().equals("boot") ? boot(measured) : null));
        }
        return new Detail(
                shown,
                node.fingerprint(),
                stored,
                own,
                rehearsals,
                control.nodes().restoresBelow(node.id()).orElse(null),
                node.active() ? rpo(node.id()) : List.of());
    }

    private List<Rpo> rpo(int node) throws IOException {
        Set<UUID> there = new HashSet<>();
        for (KnownSnapshot each : engine.snapshots()) {
            if (each.node() == node) {
                there.add(each.id());
            }
        }
        return recovery.of(Set.of(node), there::contains).getOrDefault(node, List.of());
    }

    private static Boot boot(JsonNode measured) {
        return new Boot(
                measured.path("firstSignMillis").asLong(-1),
                PhraseJson.read(measured.path("reasonPhrase").asText()).orElse(null),
                measured.has("screenshot"));
    }

    /** Adds and removes tags of a node. */
    public Tagged tag(Actor actor, String name, TagChange wanted) throws IOException {
        actor.require(Permission.NODES);
        Node node = find(actor, name);
        List<String> tags = control.nodeTags()
                .change(
                        node.id(),
                        NodeTags.stored(wanted.add == null ? List.of() : wanted.add),
                        NodeTags.stored(wanted.remove == null ? List.of() : wanted.remove));
        audit.note(actor, "node tag", node.name(), "tags from now on: " + String.join(", ", tags));
        return new Tagged(node.name(), tags);
    }

    /** Takes a node's access away, at once. Its snapshots stay. */
    public void revoke(Actor actor, String name) throws IOException {
        actor.require(Permission.NODES);
        change(
                actor,
                "node revoke",
                name,
                node -> control.nodes().revoke(node.name()),
                Phrase.of("node.already-revoked").with("node", name));
    }

    /** Takes backups again from a node that was suspended, since it sent what no client sends. */
    public void resume(Actor actor, String name) throws IOException {
        actor.require(Permission.DESTROY);
        change(
                actor,
                "node resume",
                name,
                node -> control.suspensions().resume(node.id()),
                Phrase.of("node.not-suspended").with("node", name));
    }

    /** @param reason why the changes are wanted, for those who read the audit log; may be missing */
    public record Release(
            @Bound(characters = MOST_REASON_CHARACTERS) @Nullable
            String reason) {}

    /** Ends a node's retention pause, after a backup that looked like an attack. */
    public void release(Actor actor, String name, Release wanted) throws IOException {
        actor.require(Permission.DESTROY);
        String reason = Objects.requireNonNullElse(wanted.reason, "").strip();
        Node node = find(actor, name);
        if (!control.events().resumeRetention(node.id())) {
            throw audit.refused(actor, "node release", node.name(), retentionNotPaused(name));
        }
        audit.note(actor, "node release", node.name(), reason.isEmpty() ? "allowed" : "allowed: " + reason);
    }

    /** Lets the next machine that connects have a node's identity, after one was refused as a copy. */
    public void releaseIdentity(Actor actor, String name) throws IOException {
        actor.require(Permission.DESTROY);
        change(
                actor,
                "node release-identity",
                name,
                node -> control.holders().release(node.id()),
                Phrase.of("node.identity-unused").with("node", name));
    }

    /** Changes a node; returns whether there was anything to change. */
    private interface Change {
        boolean of(Node node) throws IOException;
    }

    private void change(Actor actor, String action, String name, Change change, Phrase nothing) throws IOException {
        Node node = find(actor, name);
        if (!change.of(node)) {
            throw audit.refused(actor, action, node.name(), UseCaseException.unchanged(nothing));
        }
        audit.allowed(actor, action, node.name());
    }
}
