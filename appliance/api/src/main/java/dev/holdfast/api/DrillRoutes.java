package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.DrillUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Rehearsed restores. */
final class DrillRoutes {
    private final DrillUseCases drills;
    private final Connections connections;

    DrillRoutes(DrillUseCases drills, Connections connections) {
        this.drills = drills;
        this.connections = connections;
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
                Route.post(
                        "/drills/boot",
                        Permission.OPERATE,
                        "Orders the appliance to boot a snapshot of disks in a machine of its own, without a network",
                        DrillUseCases.WantedBoot.class,
                        TaskUseCases.QueuedAll.class,
                        call -> drills.boot(call.actor(), call.body(DrillUseCases.WantedBoot.class))),
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
                        call -> drills.export(call.actor(), call.id("id"))),
                Route.get(
                                "/drills/{id}/screenshot",
                                Permission.VIEW,
                                "The screen of the machine that a drill booted, as PNG",
                                Void.class,
                                this::screenshot)
                        .on(Route.Lane.STREAM));
    }

    private Object screenshot(Call call) throws IOException {
        drills.screenshot(
                call.actor(),
                call.id("id"),
                () -> call.stream(connections, "image/png", Map.of("Content-Security-Policy", FileRoutes.HARMLESS)));
        return Route.STREAMED;
    }
}
