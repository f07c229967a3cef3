package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.usecase.PolicyUseCases;
import java.util.List;

/** Retention policies: how long snapshots stay. */
final class PolicyRoutes {
    private final PolicyUseCases policies;

    PolicyRoutes(PolicyUseCases policies) {
        this.policies = policies;
    }

    record Nodes(@Bound(characters = 255, items = 1000) List<String> nodes) {}

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/policies",
                        Permission.VIEW,
                        "Policies",
                        PolicyUseCases.PolicyList.class,
                        call -> policies.list(call.actor())),
                Route.post(
                                "/policies/preview",
                                Permission.VIEW,
                                "What a policy would keep of nodes' present snapshots, without storing it",
                                PolicyUseCases.Supposed.class,
                                PolicyUseCases.Preview.class,
                                call -> policies.preview(call.actor(), call.body(PolicyUseCases.Supposed.class)))
                        .on(Route.Lane.SEARCH),
                Route.put(
                                "/policies/{name}",
                                Permission.DESTROY,
                                "Makes or changes a policy",
                                Policy.class,
                                Route.done(
                                        call -> policies.set(call.actor(), call.path("name"), call.body(Policy.class))))
                        .proven(),
                Route.delete(
                                "/policies/{name}",
                                Permission.PLAN,
                                "Removes a policy that applies to no node",
                                Route.done(call -> policies.remove(call.actor(), call.path("name"))))
                        .everywhere(),
                Route.post(
                                "/policies/{name}/nodes",
                                Permission.DESTROY,
                                "Applies a policy to nodes",
                                Nodes.class,
                                Void.class,
                                Route.done(call -> policies.bind(
                                        call.actor(), call.path("name"), Route.given(call.body(Nodes.class).nodes))))
                        .proven(),
                Route.put(
                                "/policies/{name}/nodes/{node}",
                                Permission.DESTROY,
                                "Applies a policy to a node",
                                Void.class,
                                Route.done(call ->
                                        policies.bind(call.actor(), call.path("name"), List.of(call.path("node")))))
                        .proven(),
                Route.delete(
                        "/policies/{name}/nodes/{node}",
                        Permission.PLAN,
                        "Takes the policy from a node: all its snapshots stay",
                        Route.done(call -> policies.unbind(call.actor(), List.of(call.path("node"))))),
                Route.delete(
                        "/nodes/{name}/policy",
                        Permission.PLAN,
                        "Takes its policy from a node: all its snapshots stay",
                        Route.done(call -> policies.unbind(call.actor(), List.of(call.path("name"))))));
    }
}
