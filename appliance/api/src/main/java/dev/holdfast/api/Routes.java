package dev.holdfast.api;

import java.util.ArrayList;
import java.util.List;

/** The table of all routes. */
final class Routes {
    private Routes() {}

    static List<Route> all(Backend backend, Live live, Connections connections) {
        List<Route> routes = new ArrayList<>();
        routes.addAll(new SessionRoutes(backend.access(), backend.control()).routes());
        routes.addAll(new OidcRoutes(backend.access(), backend.oidc()).routes());
        routes.addAll(new OverviewRoutes(backend).routes());
        routes.addAll(new LiveRoutes(live, backend.access()).routes());
        routes.addAll(new NodeRoutes(backend).routes());
        routes.addAll(new PlanRoutes(backend.control()).routes());
        routes.addAll(new PolicyRoutes(backend).routes());
        routes.addAll(new TaskRoutes(backend.control()).routes());
        routes.addAll(new SnapshotRoutes(backend, connections).routes());
        routes.addAll(new StorageRoutes(backend).routes());
        routes.addAll(new VaultRoutes(backend).routes());
        routes.addAll(new ApplianceRoutes(backend.control(), backend.auditVerification(), connections).routes());
        routes.addAll(new UserRoutes(backend.access(), backend.control()).routes());
        return List.copyOf(routes);
    }
}
