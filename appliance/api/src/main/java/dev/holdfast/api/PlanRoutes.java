package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.usecase.PlanUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import java.util.List;
import java.util.stream.Stream;

/** Backup plans: what of which nodes is backed up, when, and how. */
final class PlanRoutes {
    private final PlanUseCases plans;

    PlanRoutes(PlanUseCases plans) {
        this.plans = plans;
    }

    List<Route> routes() {
        return Stream.of(plans(), bound()).flatMap(List::stream).toList();
    }

    private List<Route> plans() {
        return List.of(
                Route.get(
                                "/plans",
                                Permission.VIEW,
                                "Plans",
                                PlanUseCases.PlanList.class,
                                call -> plans.list(
                                        call.actor(), call.query("after", ""), call.pageLimit(), call.language()))
                        .query("after", "limit"),
                Route.get(
                                "/plans/calendar",
                                Permission.VIEW,
                                "What is due until a moment; a plan with more than 6 runs in a day is a band, by days of ?zone=",
                                PlanUseCases.Calendar.class,
                                call -> plans.calendar(call.actor(), call.moment("until"), call.query("zone", "")))
                        .moment("until")
                        .query("zone"),
                Route.post(
                        "/plans/preview",
                        Permission.VIEW,
                        "What a plan would do, without storing it",
                        Plan.class,
                        PlanUseCases.Preview.class,
                        call -> plans.preview(call.actor(), call.body(Plan.class), call.language())),
                Route.put(
                                "/plans/{name}",
                                Permission.PLAN,
                                "Makes or changes a plan",
                                Plan.class,
                                Route.done(call -> plans.set(call.actor(), call.path("name"), call.body(Plan.class))))
                        .everywhere(),
                Route.delete(
                                "/plans/{name}",
                                Permission.PLAN,
                                "Removes a plan that is bound to no node",
                                Route.done(call -> plans.remove(call.actor(), call.path("name"))))
                        .everywhere());
    }

    private List<Route> bound() {
        return List.of(
                Route.post(
                        "/plans/{name}/nodes",
                        Permission.PLAN,
                        "Binds a plan to nodes",
                        NodeNames.class,
                        Void.class,
                        Route.done(call -> plans.bind(
                                call.actor(),
                                call.path("name"),
                                Route.given(call.body(NodeNames.class).nodes())))),
                Route.put(
                        "/plans/{name}/nodes/{node}",
                        Permission.PLAN,
                        "Binds a plan to a node",
                        Void.class,
                        Route.done(call -> plans.bind(call.actor(), call.path("name"), List.of(call.path("node"))))),
                Route.delete(
                        "/plans/{name}/nodes/{node}",
                        Permission.PLAN,
                        "Unbinds a plan from a node",
                        Route.done(call -> plans.unbind(call.actor(), call.path("name"), List.of(call.path("node"))))),
                Route.put(
                                "/plans/{name}/pause",
                                Permission.OPERATE,
                                "Pauses a plan, until a moment or until it is resumed",
                                PlanUseCases.Pause.class,
                                Route.done(call -> plans.pause(
                                        call.actor(), call.path("name"), call.body(PlanUseCases.Pause.class))))
                        .everywhere(),
                Route.delete(
                                "/plans/{name}/pause",
                                Permission.OPERATE,
                                "Resumes a plan",
                                Route.done(call -> plans.resume(call.actor(), call.path("name"))))
                        .everywhere(),
                Route.post(
                        "/plans/{name}/run",
                        Permission.OPERATE,
                        "Orders nodes to back up by a plan now",
                        PlanUseCases.Wanted.class,
                        TaskUseCases.QueuedAll.class,
                        call -> plans.run(call.actor(), call.path("name"), call.body(PlanUseCases.Wanted.class))));
    }
}
