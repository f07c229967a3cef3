package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.StatusUseCases;
import dev.holdfast.control.usecase.StorageUseCases;
import java.util.List;

/** What the appliance stands on. */
final class StorageRoutes {
    private final StorageUseCases storage;
    private final StatusUseCases status;

    StorageRoutes(StorageUseCases storage, StatusUseCases status) {
        this.storage = storage;
        this.status = status;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/status",
                                Permission.VIEW,
                                "Whether the appliance runs, how full it is and what it holds",
                                StatusUseCases.Status.class,
                                call -> status.status(call.actor()))
                        .everywhere(),
                Route.get(
                                "/storage",
                                Permission.VIEW,
                                "Volumes and their maintenance",
                                StorageUseCases.Storage.class,
                                call -> storage.storage(call.actor()))
                        .everywhere(),
                Route.get(
                        "/machine",
                        Permission.VIEW,
                        "The machine and its profile",
                        StorageUseCases.Machine.class,
                        call -> storage.machine(call.actor())));
    }
}
