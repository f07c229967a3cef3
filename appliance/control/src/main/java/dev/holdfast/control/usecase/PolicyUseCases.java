package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Retention policies: how long snapshots stay, and for which nodes. */
public final class PolicyUseCases {
    private static final int MOST_LOCK_DAYS = 36_500;
    private static final int MOST_SHOWN = 2000;
    private static final int MOST_POLICIES = 500;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final AuditTrail audit;

    PolicyUseCases(ControlDb control, Engine engine, NodeUseCases nodes) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.audit = new AuditTrail(control);
    }

    /** A policy, and the nodes that it applies to, as far as the actor sees them. */
    public record Named(String name, Policy policy, List<String> nodes) {}

    public record PolicyList(List<Named> policies) {}

    /** A policy that is not stored, and the nodes that it would apply to. */
    public record Supposed(
            Policy policy, @Bound(characters = 255) List<String> nodes) {}

    /** @param reasons why it stays, empty where it goes */
    public record Judged(UUID id, String node, Instant taken, List<String> reasons) {}

    /** @param freedBytes at least, by the last count of usage: data that only one snapshot refers to go with it */
    public record Preview(int stay, int go, long freedBytes, List<Judged> snapshots) {}

    public PolicyList list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        List<Named> policies = new ArrayList<>();
        for (Map.Entry<String, String> each : control.policies().all().entrySet()) {
            policies.add(new Named(
                    each.getKey(),
                    Policy.parse(each.getValue()),
                    control.policies().nodes(each.getKey()).stream()
                            .filter(actor::sees)
                            .toList()));
        }
        return new PolicyList(policies);
    }

    /** What a policy would keep of the present snapshots of some nodes. Changes nothing. */
    public Preview preview(Actor actor, Supposed supposed) throws IOException {
        actor.require(Permission.VIEW);
        if (supposed.policy == null || supposed.policy.keep() == null || supposed.nodes == null) {
            throw UseCaseException.invalid(Phrase.of("policy.incomplete"));
        }
        Map<Integer, Policy> policies = new HashMap<>();
        for (String each : supposed.nodes) {
            policies.put(nodes.find(actor, each).id(), supposed.policy);
        }
        Map<UUID, UsageTable.OfSnapshot> usage = control.usage().snapshots();
        NodeNames names = control.nodes().names();
        List<Judged> judged = new ArrayList<>();
        int going = 0;
        long freed = 0;
        for (RetentionService.Judged each : engine.retention().judge(ZoneId.systemDefault(), policies)) {
            StoredSnapshot snapshot = each.snapshot();
            if (!policies.containsKey(snapshot.node())) {
                continue;
            }
            if (each.reasons().isEmpty()) {
                going++;
                UsageTable.OfSnapshot room = usage.get(snapshot.id());
                freed += room == null ? 0 : room.own();
            }
            judged.add(new Judged(
                    snapshot.id(),
                    names.of(snapshot.node(), snapshot.nodeName()),
                    Instant.ofEpochMilli(snapshot.committed()),
                    each.reasons()));
        }
        int stay = judged.size() - going;
        judged.sort(Comparator.comparing(Judged::taken).reversed());
        return new Preview(stay, going, freed, judged.subList(0, Math.min(MOST_SHOWN, judged.size())));
    }

    /** Makes or changes a policy. A shorter one deletes tomorrow, so this is for those who may delete. */
    public void set(Actor actor, String name, Policy policy) throws IOException {
        actor.require(Permission.DESTROY);
        NameForm.POLICY.require(name);
        if (policy.lockDays() < 0
                || policy.lockDays() > MOST_LOCK_DAYS
                || policy.compliance() && policy.lockDays() == 0) {
            throw UseCaseException.invalid(Phrase.of("policy.lock-days").with("most", MOST_LOCK_DAYS));
        }
        if (control.policies().find(name).isEmpty() && control.policies().all().size() >= MOST_POLICIES) {
            throw UseCaseException.conflict(Phrase.of("policy.limit").with("most", MOST_POLICIES));
        }
        control.policies().put(name, policy.json());
        audit.note(actor, "policy set", name, policy.json());
    }

    public void remove(Actor actor, String name) throws IOException {
        actor.require(Permission.PLAN);
        actor.requireAllNodes();
        requireKnown(name);
        List<String> bound = control.policies().nodes(name);
        if (!bound.isEmpty()) {
            throw audit.refused(
                    actor,
                    "policy remove",
                    name,
                    UseCaseException.conflict(
                            Phrase.of("policy.bound").with("policy", name).with("nodes", String.join(", ", bound))));
        }
        boolean removed = control.policies().remove(name);
        audit.note(actor, "policy remove", name, removed ? "allowed" : "not found");
    }

    /** Applies a policy to nodes: to all of them, or where one cannot be found, to none. */
    public void bind(Actor actor, String name, List<String> wanted) throws IOException {
        actor.require(Permission.DESTROY);
        requireKnown(name);
        List<Node> found = nodes.find(actor, wanted);
        for (Node each : found) {
            control.policies().bind(each.id(), name);
            audit.allowed(actor, "policy bind", name + " " + each.name());
        }
    }

    /** Takes the policy from nodes: all their snapshots stay from now on. Locks stay as they are. */
    public void unbind(Actor actor, List<String> wanted) throws IOException {
        actor.require(Permission.PLAN);
        for (Node each : nodes.find(actor, wanted)) {
            boolean was = control.policies().unbind(each.id());
            audit.note(actor, "policy unbind", each.name(), was ? "allowed" : "had none");
        }
    }

    private void requireKnown(String name) throws IOException {
        if (control.policies().find(name).isEmpty()) {
            throw UseCaseException.notFound(Phrase.of("policy.unknown").with("policy", name));
        }
    }
}
