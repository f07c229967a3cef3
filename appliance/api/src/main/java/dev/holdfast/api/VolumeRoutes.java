package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.VolumeUseCases;
import java.util.List;

/** The directories that hold containers. */
final class VolumeRoutes {
    private final VolumeUseCases volumes;

    VolumeRoutes(VolumeUseCases volumes) {
        this.volumes = volumes;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/volumes",
                                Permission.VIEW,
                                "Volumes: where they are, how full, and whether they are mounted",
                                VolumeUseCases.VolumeViews.class,
                                call -> volumes.list(call.actor()))
                        .everywhere(),
                Route.post(
                                "/volumes",
                                Permission.SETTINGS,
                                "Makes a directory of the machine a volume, which takes containers at once",
                                VolumeUseCases.NewPath.class,
                                VolumeUseCases.Added.class,
                                call -> volumes.add(call.actor(), call.body(VolumeUseCases.NewPath.class)))
                        .proven(),
                Route.post(
                                "/volumes/{id}/drain",
                                Permission.SETTINGS,
                                "Moves all containers off a volume, which takes no new ones",
                                VolumeUseCases.DryRun.class,
                                VolumeUseCases.Leaving.class,
                                call -> volumes.drain(
                                        call.actor(), number(call), call.body(VolumeUseCases.DryRun.class)))
                        .everywhere(),
                Route.post(
                                "/volumes/{id}/retire",
                                Permission.SETTINGS,
                                "Takes a volume that holds nothing out of use",
                                VolumeUseCases.DryRun.class,
                                VolumeUseCases.Leaving.class,
                                call -> volumes.retire(
                                        call.actor(), number(call), call.body(VolumeUseCases.DryRun.class)))
                        .everywhere(),
                Route.post(
                                "/volumes/{id}/replace",
                                Permission.SETTINGS,
                                "Adds a volume, moves all containers of another to it, and retires that one",
                                VolumeUseCases.NewPath.class,
                                VolumeUseCases.Leaving.class,
                                call -> volumes.replace(
                                        call.actor(), number(call), call.body(VolumeUseCases.NewPath.class)))
                        .proven(),
                Route.post(
                                "/volumes/{id}/lose",
                                Permission.DESTROY,
                                "Gives up a volume whose disk failed: fetches from vaults what it held, and names what is lost",
                                VolumeUseCases.Loss.class,
                                VolumeUseCases.Leaving.class,
                                call -> volumes.lose(call.actor(), number(call), call.body(VolumeUseCases.Loss.class)))
                        .proven());
    }

    private static int number(Call call) throws Problem {
        return Math.toIntExact(Math.clamp(call.id("id"), Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
}
