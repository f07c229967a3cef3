package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.ClientInstallUseCases;
import java.io.IOException;
import java.util.List;

/** The client's package, for machines that are about to enrol. */
final class ClientDownloadRoutes {
    private static final String SCHEME = "Bearer ";

    private final ClientInstallUseCases install;
    private final Connections connections;

    ClientDownloadRoutes(ClientInstallUseCases install, Connections connections) {
        this.install = install;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(Route.get(
                        "/client-packages/{id}/file",
                        Permission.VIEW,
                        "A package of the client; instead of a session, an unused enrolment token as bearer",
                        Void.class,
                        this::file)
                .open());
    }

    private Object file(Call call) throws IOException {
        String authorization = call.context().header("Authorization");
        String token = authorization != null && authorization.startsWith(SCHEME)
                ? authorization.substring(SCHEME.length())
                : "";
        install.download(token, call.path("id"), about -> {
            call.context().contentType("application/octet-stream");
            call.context().header("Content-Length", Long.toString(about.size()));
            call.context().disableCompression();
            return connections.paced(call.context(), call.context().outputStream());
        });
        return Route.STREAMED;
    }
}
