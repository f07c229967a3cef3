package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.InstantUseCases;
import java.util.List;

/** Machines that run from snapshots. */
final class InstantRoutes {
    private final InstantUseCases instant;

    InstantRoutes(InstantUseCases instant) {
        this.instant = instant;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/instant-recoveries",
                        Permission.VIEW,
                        "Instant recoveries: the disks of snapshots that machines run from; the oldest first",
                        InstantUseCases.Found.class,
                        call -> instant.list(call.actor())),
                Route.post(
                        "/instant-recoveries",
                        Permission.RESTORE,
                        "Begins an instant recovery: serves disks of a snapshot by NBD, and keeps what is written to them",
                        InstantUseCases.Wanted.class,
                        InstantUseCases.Shown.class,
                        call -> instant.begin(call.actor(), call.body(InstantUseCases.Wanted.class))),
                Route.get(
                        "/instant-recoveries/{id}",
                        Permission.VIEW,
                        "One instant recovery",
                        InstantUseCases.Shown.class,
                        call -> instant.show(call.actor(), call.path("id"))),
                Route.post(
                        "/instant-recoveries/{id}/end",
                        Permission.RESTORE,
                        "Ends an instant recovery that no machine uses; what was written to its disks is deleted only if the"
                                + " request says so",
                        InstantUseCases.End.class,
                        Void.class,
                        Route.done(call ->
                                instant.end(call.actor(), call.path("id"), call.body(InstantUseCases.End.class)))));
    }
}
