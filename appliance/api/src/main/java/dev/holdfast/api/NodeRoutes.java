package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.SuspensionTable;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Nodes: what is known of them, how they come and go. */
final class NodeRoutes {
    private static final int MOST_REHEARSALS = 20;
    private static final int MOST_PLATFORM_CHARACTERS = 200;
    private static final long MAX_MINUTES = 7L * 24 * 60;

    private final Backend backend;
    private final ControlDb control;

    NodeRoutes(Backend backend) {
        this.backend = backend;
        this.control = backend.control();
    }

    /**
     * A node.
     *
     * @param connected whether its service holds a connection
     * @param frozen why nothing of it is forgotten, empty where that is not so
     * @param suspended why no backups are taken from it, empty where they are
     * @param identityCopied which machine was refused since another has the node's identity, empty where none was
     */
    record NodeView(
            String name,
            String platform,
            boolean active,
            boolean connected,
            Instant enrolledAt,
            @Nullable Instant seenAt,
            @Nullable Instant lastSnapshot,
            int snapshots,
            String policy,
            List<String> plans,
            List<String> overduePlans,
            String frozen,
            String suspended,
            String identityCopied) {}

    record NodeList(List<NodeView> nodes) {}

    /**
     * A rehearsed restore.
     *
     * @param rtoSeconds that all of the snapshot would take, by what the sample took
     */
    record Rehearsal(long task, Instant at, boolean passed, long files, long bytes, long millis, long rtoSeconds) {}

    /** @param storedBytes and {@code ownBytes} as the last reckoning of usage had them, -1 before */
    record Detail(NodeView node, String fingerprint, long storedBytes, long ownBytes, List<Rehearsal> rehearsals) {}

    /** @param node an existing node that gets a new certificate; empty for a new one */
    record WantedToken(
            long validMinutes,
            @Bound(characters = 255) @Nullable String node) {}

    /** @param command to be run on the machine, with the appliance's own address put in */
    record Token(String token, String caFingerprint, Instant expiresAt, String command) {}

    List<Route> routes() {
        return List.of(
                Route.get("/nodes", Permission.VIEW, "Nodes", NodeList.class, this::list),
                Route.get("/nodes/{name}", Permission.VIEW, "A node", Detail.class, this::detail),
                Route.post(
                        "/nodes/{name}/drill",
                        Permission.OPERATE,
                        "Has a node rehearse a restore of its newest snapshot",
                        Void.class,
                        TaskRoutes.Queued.class,
                        this::drill),
                Route.post(
                                "/nodes/tokens",
                                Permission.NODES,
                                "Makes a one-time token that enrols a machine",
                                WantedToken.class,
                                Token.class,
                                this::token)
                        .person(),
                Route.post(
                                "/nodes/{name}/release",
                                Permission.DESTROY,
                                "Lets policies forget snapshots of a node again that looked attacked",
                                Void.class,
                                Void.class,
                                this::release)
                        .proven(),
                Route.post(
                                "/nodes/{name}/resume",
                                Permission.DESTROY,
                                "Takes backups again from a node that was suspended",
                                Void.class,
                                Void.class,
                                this::resume)
                        .proven(),
                Route.post(
                                "/nodes/{name}/release-identity",
                                Permission.DESTROY,
                                "Lets the next machine that connects have a node's identity, after one was refused as a copy",
                                Void.class,
                                Void.class,
                                this::releaseIdentity)
                        .proven(),
                Route.delete(
                                "/nodes/{name}",
                                Permission.NODES,
                                "Takes a node's access away; its snapshots stay",
                                this::revoke)
                        .proven());
    }

    private Object list(Call call) throws IOException {
        return new NodeList(nodes(call));
    }

    private List<NodeView> nodes(Call call) throws IOException {
        Map<Integer, Long> last = new HashMap<>();
        Map<Integer, Integer> counts = new HashMap<>();
        for (StoredSnapshot each : backend.store().manifests().list()) {
            last.merge(each.node(), each.committed(), Math::max);
            counts.merge(each.node(), 1, Integer::sum);
        }
        Map<Integer, List<String>> plans = new HashMap<>();
        Map<Integer, List<String>> overdue = new HashMap<>();
        for (PlanTable.Binding each : control.plans().bindings()) {
            plans.computeIfAbsent(each.node(), node -> new ArrayList<>()).add(each.plan());
            if (each.overdue() != 0) {
                overdue.computeIfAbsent(each.node(), node -> new ArrayList<>()).add(each.plan());
            }
        }
        List<NodeView> nodes = new ArrayList<>();
        for (Node each : control.nodes().list()) {
            if (call.principal().sees(each.name())) {
                nodes.add(new NodeView(
                        each.name(),
                        Call.cut(each.platform(), MOST_PLATFORM_CHARACTERS),
                        each.active(),
                        backend.dispatcher().present(each.id()),
                        each.enrolledAt(),
                        each.seenAt(),
                        Moments.ofMillis(last.get(each.id())),
                        counts.getOrDefault(each.id(), 0),
                        control.policies().of(each.id()).orElse(""),
                        plans.getOrDefault(each.id(), List.of()),
                        overdue.getOrDefault(each.id(), List.of()),
                        control.events().braked(each.id()).orElse(""),
                        control.suspensions()
                                .find(each.id())
                                .map(SuspensionTable.Suspension::reason)
                                .orElse(""),
                        control.holders().refused(each.id()).orElse("")));
            }
        }
        return nodes;
    }

    private Object detail(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        NodeView shown = nodes(call).stream()
                .filter(each -> each.name().equals(node.name()))
                .findFirst()
                .orElseThrow();
        long stored = -1;
        long own = -1;
        for (UsageTable.OfNode each : control.usage().nodes()) {
            if (each.node().equals(node.name())) {
                stored = each.stored();
                own = each.own();
            }
        }
        List<Rehearsal> rehearsals = new ArrayList<>();
        for (DrillTable.Drill each : control.drills().of(node.id(), MOST_REHEARSALS)) {
            JsonNode report = Call.JSON.readTree(each.report());
            JsonNode measured = report.path("measured");
            rehearsals.add(new Rehearsal(
                    each.task(),
                    Instant.ofEpochMilli(each.at()),
                    report.path("passed").asBoolean(),
                    measured.path("files").asLong(),
                    measured.path("bytes").asLong(),
                    measured.path("millis").asLong(),
                    Math.round(report.path("rtoSeconds").asDouble())));
        }
        return new Detail(shown, node.fingerprint(), stored, own, rehearsals);
    }

    private Object drill(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        List<StoredSnapshot> snapshots = backend.store().manifests().list(node.id());
        if (!node.active()) {
            throw Problem.conflict("'" + node.name() + "' was revoked");
        }
        if (snapshots.isEmpty()) {
            throw Problem.conflict("'" + node.name() + "' has no snapshot to rehearse with");
        }
        TaskRoutes.requireRoom(control);
        long task = Drills.order(control, node.id(), snapshots.getLast().id(), System.nanoTime(), call.actor());
        control.audit().append(call.actor(), "drill", node.name(), "ordered, task " + task);
        return new TaskRoutes.Queued(task);
    }

    private Object token(Call call) throws IOException {
        WantedToken wanted = call.body(WantedToken.class);
        if (wanted.validMinutes < 1 || wanted.validMinutes > MAX_MINUTES) {
            throw Problem.invalid("validMinutes are 1 to " + MAX_MINUTES);
        }
        String node = wanted.node == null ? "" : wanted.node;
        if (!call.principal().seesAll() && node.isEmpty()) {
            throw new Problem(403, "forbidden", "you see some nodes only, so you enrol no others");
        }
        Integer id = node.isEmpty() ? null : call.node(control, node).id();
        if (!node.isEmpty() && !call.principal().may(Permission.RESTORE)) {
            // Whoever has a node's certificate reads its snapshots.
            throw new Problem(
                    403, "forbidden", "a new certificate for a node that is there is for those who may restore");
        }
        Authority.Token token =
                Authority.newToken(Authority.fingerprint(backend.authority().certificate()));
        Duration validity = Duration.ofMinutes(wanted.validMinutes);
        control.tokens().add(token.secret(), validity, id);
        control.audit().append(call.actor(), "token create", node, "allowed");
        return new Token(
                token.text(),
                token.fingerprint(),
                Instant.now().plus(validity),
                "holdfast enroll https://" + call.context().req().getServerName() + ":"
                        + backend.address().port() + " --token " + token.text());
    }

    private Object release(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        if (!control.events().release(node.id())) {
            throw Problem.conflict("nothing of '" + node.name() + "' is frozen");
        }
        control.audit().append(call.actor(), "node release", node.name(), "allowed");
        return Route.DONE;
    }

    private Object resume(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        if (!control.suspensions().resume(node.id())) {
            throw Problem.conflict("'" + node.name() + "' is not suspended");
        }
        control.audit().append(call.actor(), "node resume", node.name(), "allowed");
        return Route.DONE;
    }

    private Object releaseIdentity(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        if (!control.holders().release(node.id())) {
            throw Problem.conflict("no machine has the identity of '" + node.name() + "'");
        }
        control.audit().append(call.actor(), "node release-identity", node.name(), "allowed");
        return Route.DONE;
    }

    private Object revoke(Call call) throws IOException {
        Node node = call.node(control, call.path("name"));
        if (!control.nodes().revoke(node.name())) {
            throw Problem.conflict("'" + node.name() + "' is revoked already");
        }
        control.audit().append(call.actor(), "node revoke", node.name(), "allowed");
        return Route.DONE;
    }
}
