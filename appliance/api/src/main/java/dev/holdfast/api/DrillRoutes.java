package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.DrillUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import java.util.List;

/** Rehearsed restores. */
final class DrillRoutes {
    private final DrillUseCases drills;

    DrillRoutes(DrillUseCases drills) {
        this.drills = drills;
    }

    List<Route> routes() {
        return List.of(
                Route.post(
                        "/drills",
                        Permission.OPERATE,
                        "Orders nodes to rehearse a restore of their newest snapshots",
                        DrillUseCases.Wanted.class,
                        TaskUseCases.QueuedAll.class,
                        call -> drills.order(call.actor(), call.body(DrillUseCases.Wanted.class))),
                Route.get(
                                "/drills",
                                Permission.VIEW,
                                "Reports of drills, the newest first",
                                DrillUseCases.Reports.class,
                                call -> drills.list(call.actor(), call.limit()))
                        .query("limit"),
                Route.get(
                        "/drills/{id}",
                        Permission.VIEW,
                        "A report of a drill with its signature",
                        DrillUseCases.Signed.class,
                        call -> drills.export(call.actor(), call.id("id"))));
    }
}
