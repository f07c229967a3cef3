package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.SupportUseCases;
import java.io.IOException;
import java.util.List;

/** Facts for support. */
final class SupportRoutes {
    private final SupportUseCases support;
    private final Connections connections;

    SupportRoutes(SupportUseCases support, Connections connections) {
        this.support = support;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(Route.post(
                        "/support-bundle",
                        Permission.SETTINGS,
                        "Makes a support bundle and answers it: a ZIP file of texts, without secrets",
                        SupportUseCases.Wanted.class,
                        Void.class,
                        this::bundle)
                .person()
                .on(Route.Lane.DOWNLOAD));
    }

    private Object bundle(Call call) throws IOException {
        support.bundle(call.actor(), call.body(SupportUseCases.Wanted.class), () -> {
            call.context().contentType("application/zip");
            call.context().header("Content-Disposition", "attachment; filename=\"holdfast-appliance-support.zip\"");
            call.context().disableCompression();
            return connections.paced(call.context(), call.context().outputStream());
        });
        return Route.STREAMED;
    }
}
