package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.VaultSetupUseCases;
import dev.holdfast.control.usecase.VaultUseCases;
import dev.holdfast.control.vault.Prices;
import dev.holdfast.control.vault.VaultPolicy;
import java.util.List;
import java.util.stream.Stream;

/** Vaults: how far they are, what goes there and when, and what it costs. */
final class VaultRoutes {
    private final VaultUseCases vaults;
    private final VaultSetupUseCases setup;

    VaultRoutes(VaultUseCases vaults, VaultSetupUseCases setup) {
        this.vaults = vaults;
        this.setup = setup;
    }

    List<Route> routes() {
        return Stream.concat(reading().stream(), changing().stream()).toList();
    }

    private List<Route> reading() {
        return List.of(
                Route.get(
                        "/vaults",
                        Permission.VIEW,
                        "Vaults and how far they are",
                        VaultUseCases.VaultList.class,
                        call -> vaults.list(call.actor())),
                Route.get(
                                "/vaults/{name}/upload",
                                Permission.VIEW,
                                "How far an upload is that was ?requested=",
                                VaultUseCases.Progress.class,
                                call -> vaults.progress(
                                        call.actor(), call.path("name"), call.number("requested", Long.MAX_VALUE)))
                        .query("requested"),
                Route.get(
                                "/eviction",
                                Permission.VIEW,
                                "How far the eviction is that was requested last",
                                VaultUseCases.Evicted.class,
                                call -> vaults.evicted(call.actor()))
                        .everywhere());
    }

    private List<Route> changing() {
        return List.of(
                Route.put(
                                "/vaults/{name}",
                                Permission.VAULTS,
                                "Tries a vault and configures it; a running appliance uses it within seconds",
                                VaultSetupUseCases.NewVault.class,
                                VaultSetupUseCases.Tried.class,
                                call -> setup.set(
                                        call.actor(), call.path("name"), call.body(VaultSetupUseCases.NewVault.class)))
                        .proven()
                        .on(Route.Lane.SEARCH),
                Route.put(
                                "/vaults/{name}/credentials",
                                Permission.VAULTS,
                                "Tries other credentials of a bucket and stores them; a running appliance uses them within seconds",
                                VaultSetupUseCases.Rotation.class,
                                VaultSetupUseCases.Tried.class,
                                call -> setup.rotate(
                                        call.actor(), call.path("name"), call.body(VaultSetupUseCases.Rotation.class)))
                        .proven()
                        .on(Route.Lane.SEARCH),
                Route.delete(
                                "/vaults/{name}",
                                Permission.VAULTS,
                                "Stops uploads to a vault, which keeps its content; refused where containers lie there alone",
                                VaultSetupUseCases.Removed.class,
                                call -> setup.unset(call.actor(), call.path("name")))
                        .proven()
                        .on(Route.Lane.SEARCH),
                Route.put(
                                "/vaults/{name}/policy",
                                Permission.VAULTS,
                                "Changes what goes to a vault, when and how; takes effect at once",
                                VaultPolicy.class,
                                Route.done(call -> vaults.setPolicy(
                                        call.actor(), call.path("name"), call.body(VaultPolicy.class))))
                        .proven(),
                Route.post(
                        "/vaults/{name}/upload",
                        Permission.VAULTS,
                        "Requests an upload at once",
                        Void.class,
                        VaultUseCases.Requested.class,
                        call -> vaults.upload(call.actor(), call.path("name"))),
                Route.post(
                                "/eviction",
                                Permission.VAULTS,
                                "Frees room on the volumes: containers that are in the vault leave them",
                                VaultUseCases.Eviction.class,
                                Void.class,
                                Route.done(call -> vaults.evict(call.actor(), call.body(VaultUseCases.Eviction.class))))
                        .everywhere(),
                Route.put(
                        "/prices",
                        Permission.SETTINGS,
                        "Sets what storage costs",
                        Prices.class,
                        Route.done(call -> vaults.setPrices(call.actor(), call.body(Prices.class)))));
    }
}
