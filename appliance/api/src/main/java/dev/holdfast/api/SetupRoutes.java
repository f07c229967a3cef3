package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.RecoveryUseCases;
import dev.holdfast.control.usecase.SetupUseCases;
import java.util.List;

/** What of the first setup is open. */
final class SetupRoutes {
    private final SetupUseCases setup;
    private final RecoveryUseCases recovery;

    SetupRoutes(SetupUseCases setup, RecoveryUseCases recovery) {
        this.setup = setup;
        this.recovery = recovery;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/setup",
                        Permission.SETTINGS,
                        "What of the first setup is open, and how clients reach the appliance",
                        SetupUseCases.Shown.class,
                        call -> setup.show(call.actor())),
                Route.post(
                                "/setup/recovery-key",
                                Permission.SETTINGS,
                                "Confirms possession of the recovery key. The key is compared and not stored",
                                RecoveryUseCases.TypedKey.class,
                                Void.class,
                                Route.done(call ->
                                        recovery.confirm(call.actor(), call.body(RecoveryUseCases.TypedKey.class))))
                        .person(),
                Route.post(
                                "/setup/{point}/dismiss",
                                Permission.SETTINGS,
                                "Leaves a point of the setup open on purpose",
                                Void.class,
                                Void.class,
                                Route.done(call -> setup.dismiss(call.actor(), call.path("point"))))
                        .person());
    }
}
