package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.ActivityUseCases;
import dev.holdfast.control.usecase.OverviewUseCases;
import java.util.List;

/** Whether everything is all right, and how it went so far. */
final class OverviewRoutes {
    private final OverviewUseCases overview;
    private final ActivityUseCases activity;

    OverviewRoutes(OverviewUseCases overview, ActivityUseCases activity) {
        this.overview = overview;
        this.activity = activity;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/overview",
                        Permission.VIEW,
                        "Whether everything is all right",
                        OverviewUseCases.Overview.class,
                        call -> overview.overview(call.actor())),
                Route.get(
                                "/history",
                                Permission.VIEW,
                                "How full the appliance was, and what tasks moved, hour by hour for ?days=",
                                OverviewUseCases.History.class,
                                call -> overview.history(call.actor(), call.number("days", 30)))
                        .query("days")
                        .everywhere(),
                Route.get(
                                "/activity",
                                Permission.VIEW,
                                "What backups moved, day by day for ?days=, of the ten nodes that sent most and of all others;"
                                        + " ?node= of one; days begin in ?zone=",
                                ActivityUseCases.Activity.class,
                                call -> activity.activity(
                                        call.actor(),
                                        call.query("node", ""),
                                        call.number("days", 30),
                                        call.query("zone", "")))
                        .query("node", "days", "zone"),
                Route.get(
                                "/usage/history",
                                Permission.VIEW,
                                "How storage used grew for ?days=, of the ten nodes that refer to most; ?node= of one",
                                ActivityUseCases.Growth.class,
                                call -> activity.growth(call.actor(), call.query("node", ""), call.number("days", 30)))
                        .query("node", "days"));
    }
}
