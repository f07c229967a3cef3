package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.SettingsUseCases;
import java.util.List;

/** The appliance as a whole: usage and settings. */
final class ApplianceRoutes {
    private final SettingsUseCases settings;

    ApplianceRoutes(SettingsUseCases settings) {
        this.settings = settings;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/usage",
                        Permission.VIEW,
                        "Storage used per node, exclusive and shared",
                        SettingsUseCases.Usage.class,
                        call -> settings.usage(call.actor())),
                Route.get(
                        "/settings",
                        Permission.VIEW,
                        "Settings",
                        SettingsUseCases.Settings.class,
                        call -> settings.settings(call.actor())),
                Route.put(
                        "/settings",
                        Permission.SETTINGS,
                        "Changes settings",
                        SettingsUseCases.Settings.class,
                        Route.done(call -> settings.change(call.actor(), call.body(SettingsUseCases.Settings.class)))));
    }
}
