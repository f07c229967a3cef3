package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.RestorePlanner;
import dev.holdfast.control.usecase.RestorePointUseCases;
import dev.holdfast.control.usecase.RestoreUseCases;
import java.util.List;

/** Restores: to which points in time, what they would move, and orders to nodes that do them. */
final class RestoreRoutes {
    private final RestoreUseCases restores;
    private final RestorePointUseCases points;

    RestoreRoutes(RestoreUseCases restores, RestorePointUseCases points) {
        this.restores = restores;
        this.points = points;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/nodes/{name}/restore-points",
                                Permission.VIEW,
                                "How many snapshots a node has on each day of ?month=, such as 2026-11, in ?zone=",
                                RestorePointUseCases.Month.class,
                                call -> points.month(
                                        call.actor(),
                                        call.path("name"),
                                        call.query("month", ""),
                                        call.query("zone", "")))
                        .query("month", "zone"),
                Route.post(
                                "/snapshots/{id}/restore-plan",
                                Permission.BROWSE,
                                "What a restore would move, and from where",
                                RestoreUseCases.Selection.class,
                                RestorePlanner.Plan.class,
                                call -> restores.plan(
                                        call.actor(), call.path("id"), call.body(RestoreUseCases.Selection.class)))
                        .on(Route.Lane.SEARCH)
                        .large(),
                Route.post(
                                "/snapshots/{id}/restore-check",
                                Permission.RESTORE,
                                "Whether a restore could be ordered, and where it would write",
                                RestoreUseCases.Restore.class,
                                RestoreUseCases.Check.class,
                                call -> restores.check(
                                        call.actor(), call.path("id"), call.body(RestoreUseCases.Restore.class)))
                        .on(Route.Lane.SEARCH)
                        .large(),
                Route.post(
                                "/snapshots/{id}/restore",
                                Permission.RESTORE,
                                "Orders its node, or another, to restore a snapshot or parts of it",
                                RestoreUseCases.Restore.class,
                                RestoreUseCases.Ordered.class,
                                call -> restores.restore(
                                        call.actor(), call.path("id"), call.body(RestoreUseCases.Restore.class)))
                        .on(Route.Lane.SEARCH)
                        .large());
    }
}
