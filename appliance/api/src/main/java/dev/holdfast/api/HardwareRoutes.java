package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.HardwareUseCases;
import java.util.List;

/** The server that the appliance runs on. */
final class HardwareRoutes {
    private final HardwareUseCases hardware;

    HardwareRoutes(HardwareUseCases hardware) {
        this.hardware = hardware;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/hardware",
                                Permission.VIEW,
                                "The server's parts (power supplies, fans, RAID, disks) and their health",
                                HardwareUseCases.Hardware.class,
                                call -> hardware.hardware(call.actor()))
                        .everywhere(),
                Route.post(
                                "/hardware/forget",
                                Permission.PROTECT,
                                "Forgets a part that is absent or unknown, within 30 seconds",
                                HardwareUseCases.PartName.class,
                                Void.class,
                                Route.done(call ->
                                        hardware.forget(call.actor(), call.body(HardwareUseCases.PartName.class))))
                        .everywhere());
    }
}
