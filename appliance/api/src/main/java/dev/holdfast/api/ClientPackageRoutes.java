package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.ClientPackageUseCases;
import java.util.List;

/** Packages of the client, and upgrades of nodes to them. */
final class ClientPackageRoutes {
    private final ClientPackageUseCases packages;

    ClientPackageRoutes(ClientPackageUseCases packages) {
        this.packages = packages;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/client-packages",
                        Permission.VIEW,
                        "Packages of the client that the appliance offers, the newest version first",
                        ClientPackageUseCases.PackageList.class,
                        call -> packages.list(call.actor())),
                Route.post(
                                "/client-packages",
                                Permission.SETTINGS,
                                "Offers the signature of a package, whose parts follow; tells how many bytes have arrived",
                                ClientPackageUseCases.Offer.class,
                                ClientPackageUseCases.Arrival.class,
                                call -> packages.offer(call.actor(), call.body(ClientPackageUseCases.Offer.class)))
                        .everywhere(),
                Route.put(
                                "/client-packages/{id}",
                                Permission.SETTINGS,
                                "Sends the next part of a package; the last part makes it available to nodes",
                                ClientPackageUseCases.Part.class,
                                ClientPackageUseCases.Arrival.class,
                                call -> packages.append(
                                        call.actor(), call.path("id"), call.body(ClientPackageUseCases.Part.class)))
                        .everywhere()
                        .large(),
                Route.delete(
                                "/client-packages/{id}",
                                Permission.SETTINGS,
                                "Offers a package no more",
                                Route.done(call -> packages.remove(call.actor(), call.path("id"))))
                        .everywhere(),
                Route.get(
                        "/nodes/{name}/upgrade",
                        Permission.VIEW,
                        "Whether a newer version of the client is offered for a node, and if not, why",
                        ClientPackageUseCases.Available.class,
                        call -> packages.available(call.actor(), call.path("name"))),
                Route.post(
                        "/node-upgrades",
                        Permission.NODES,
                        "Orders nodes to upgrade their clients to a package, each when its plans allow it",
                        ClientPackageUseCases.Wanted.class,
                        ClientPackageUseCases.Upgrades.class,
                        call -> packages.upgrade(call.actor(), call.body(ClientPackageUseCases.Wanted.class))));
    }
}
