package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.ProfileUseCases;
import java.util.List;

/** The hardware profile. */
final class ProfileRoutes {
    private final ProfileUseCases profile;

    ProfileRoutes(ProfileUseCases profile) {
        this.profile = profile;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/profile",
                                Permission.VIEW,
                                "The hardware profile, and what of it is used",
                                ProfileUseCases.Shown.class,
                                call -> profile.show(call.actor()))
                        .everywhere(),
                Route.put(
                                "/profile",
                                Permission.SETTINGS,
                                "Sets the hardware profile with its memory options, which count from the next start",
                                ProfileUseCases.Wanted.class,
                                ProfileUseCases.Changed.class,
                                call -> profile.set(call.actor(), call.body(ProfileUseCases.Wanted.class)))
                        .proven());
    }
}
