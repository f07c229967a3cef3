package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.policy.RetentionService;
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

/** Policies: how long snapshots stay. */
final class PolicyRoutes {
    private static final int MAX_LOCK_DAYS = 36_500;
    private static final int MOST_SHOWN = 2000;
    private static final int MOST_POLICIES = 500;

    private final Backend backend;
    private final ControlDb control;

    PolicyRoutes(Backend backend) {
        this.backend = backend;
        this.control = backend.control();
    }

    record Named(String name, Policy policy, List<String> nodes) {}

    record Supposed(Policy policy, @Bound(characters = 255) List<String> nodes) {}

    /** @param reasons why it stays, empty where it goes */
    record Judged(UUID id, String node, Instant taken, List<String> reasons) {}

    /** @param freedBytes at least, by the last reckoning of usage: what only one snapshot refers to goes with it */
    record Preview(int stay, int go, long freedBytes, List<Judged> snapshots) {}

    record PolicyList(List<Named> policies) {}

    List<Route> routes() {
        return List.of(
                Route.get("/policies", Permission.VIEW, "Policies", PolicyList.class, this::list),
                Route.post(
                                "/policies/preview",
                                Permission.VIEW,
                                "What a policy would keep of nodes' present snapshots, without keeping it",
                                Supposed.class,
                                Preview.class,
                                this::preview)
                        .on(Route.Lane.SEARCH),
                // A shorter one deletes tomorrow, so this is for those who may delete.
                Route.put("/policies/{name}", Permission.DESTROY, "Makes or changes a policy", Policy.class, this::put)
                        .proven(),
                Route.delete("/policies/{name}", Permission.PLAN, "Removes a policy that no node has", this::remove)
                        .everywhere(),
                Route.put(
                                "/policies/{name}/nodes/{node}",
                                Permission.DESTROY,
                                "Makes a policy count for a node",
                                Void.class,
                                this::bind)
                        .proven(),
                Route.delete(
                        "/policies/{name}/nodes/{node}",
                        Permission.PLAN,
                        "Takes the policy from a node: all its snapshots stay",
                        this::unbind));
    }

    private String name(Call call) throws IOException {
        if (control.policies().find(call.path("name")).isEmpty()) {
            throw Problem.notFound("there is no policy '" + call.path("name") + "'");
        }
        return call.path("name");
    }

    private Object list(Call call) throws IOException {
        List<Named> policies = new ArrayList<>();
        for (Map.Entry<String, String> each : control.policies().all().entrySet()) {
            policies.add(new Named(
                    each.getKey(),
                    Policy.parse(each.getValue()),
                    control.policies().nodes(each.getKey()).stream()
                            .filter(call.principal()::sees)
                            .toList()));
        }
        return new PolicyList(policies);
    }

    private Object preview(Call call) throws IOException {
        Supposed supposed = call.body(Supposed.class);
        if (supposed.policy == null || supposed.policy.keep() == null || supposed.nodes == null) {
            throw Problem.invalid("give a policy and nodes");
        }
        Map<Integer, Policy> policies = new HashMap<>();
        for (String each : supposed.nodes) {
            policies.put(call.node(control, each).id(), supposed.policy);
        }
        Map<UUID, UsageTable.OfSnapshot> usage = control.usage().snapshots();
        List<Judged> judged = new ArrayList<>();
        int going = 0;
        long freed = 0;
        for (RetentionService.Judged each : backend.keeper().judge(ZoneId.systemDefault(), policies)) {
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
                    snapshot.id(), snapshot.nodeName(), Instant.ofEpochMilli(snapshot.committed()), each.reasons()));
        }
        int stay = judged.size() - going;
        judged.sort(Comparator.comparing(Judged::taken).reversed());
        return new Preview(stay, going, freed, judged.subList(0, Math.min(MOST_SHOWN, judged.size())));
    }

    private Object put(Call call) throws IOException {
        String name = call.path("name");
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw Problem.invalid("'" + name + "' is no name of a policy");
        }
        Policy policy = call.body(Policy.class);
        if (policy.lockDays() < 0
                || policy.lockDays() > MAX_LOCK_DAYS
                || policy.compliance() && policy.lockDays() == 0) {
            throw Problem.invalid("lockDays are 0 to " + MAX_LOCK_DAYS + ", and with compliance above 0");
        }
        if (control.policies().find(name).isEmpty() && control.policies().all().size() >= MOST_POLICIES) {
            throw Problem.conflict("there are " + MOST_POLICIES + " policies, the most; remove some first");
        }
        control.policies().put(name, policy.json());
        control.audit().append(call.actor(), "policy set", name, policy.json());
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        String name = name(call);
        List<String> nodes = control.policies().nodes(name);
        if (!nodes.isEmpty()) {
            throw Problem.conflict("policy '" + name + "' counts for " + String.join(", ", nodes));
        }
        boolean removed = control.policies().remove(name);
        control.audit().append(call.actor(), "policy remove", name, removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object bind(Call call) throws IOException {
        Node node = call.node(control, call.path("node"));
        control.policies().bind(node.id(), name(call));
        control.audit().append(call.actor(), "policy bind", call.path("name") + " " + node.name(), "allowed");
        return Route.DONE;
    }

    private Object unbind(Call call) throws IOException {
        Node node = call.node(control, call.path("node"));
        boolean was = control.policies().unbind(node.id());
        control.audit().append(call.actor(), "policy unbind", node.name(), was ? "allowed" : "had none");
        return Route.DONE;
    }
}
