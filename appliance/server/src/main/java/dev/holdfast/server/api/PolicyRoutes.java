package dev.holdfast.server.api;

import dev.holdfast.server.access.Permission;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.policy.Policy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Policies: how long snapshots stay. */
final class PolicyRoutes {
    private static final int MAX_LOCK_DAYS = 36_500;

    private final ControlDb control;

    PolicyRoutes(ControlDb control) {
        this.control = control;
    }

    record Named(String name, Policy policy, List<String> nodes) {}

    record PolicyList(List<Named> policies) {}

    List<Route> routes() {
        return List.of(
                Route.get("/policies", Permission.VIEW, "Policies", PolicyList.class, this::list),
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
        control.policies().put(name, policy.json());
        control.audit(call.actor(), "policy set", name, policy.json());
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        String name = name(call);
        List<String> nodes = control.policies().nodes(name);
        if (!nodes.isEmpty()) {
            throw Problem.conflict("policy '" + name + "' counts for " + String.join(", ", nodes));
        }
        boolean removed = control.policies().remove(name);
        control.audit(call.actor(), "policy remove", name, removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object bind(Call call) throws IOException {
        ControlDb.Node node = call.node(control, call.path("node"));
        control.policies().bind(node.id(), name(call));
        control.audit(call.actor(), "policy bind", call.path("name") + " " + node.name(), "allowed");
        return Route.DONE;
    }

    private Object unbind(Call call) throws IOException {
        ControlDb.Node node = call.node(control, call.path("node"));
        boolean was = control.policies().unbind(node.id());
        control.audit(call.actor(), "policy unbind", node.name(), was ? "allowed" : "had none");
        return Route.DONE;
    }
}
