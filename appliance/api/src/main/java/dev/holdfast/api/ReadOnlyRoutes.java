package dev.holdfast.api;

import dev.holdfast.control.data.DataDirectory;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The routes of an appliance that was started for rescue: what changes something is refused, with the reason. */
final class ReadOnlyRoutes {
    /** Not GET, and change nothing but who is signed in. */
    static final Set<String> READING = Set.of(
            "/session",
            "/session/proof",
            "/recovery-sheet",
            "/snapshots/{id}/restore-check",
            "/snapshots/{id}/restore-plan",
            "/snapshots/forget-preview",
            "/plans/preview",
            "/policies/preview");

    private ReadOnlyRoutes() {}

    /** @param rescued empty where everything may be changed */
    static List<Route> of(List<Route> routes, Optional<DataDirectory.Rescued> rescued) {
        return rescued.map(why -> routes.stream()
                        .map(each -> reads(each) ? each : each.refusing(why.refusal()))
                        .toList())
                .orElse(routes);
    }

    private static boolean reads(Route route) {
        return route.method() == Route.Method.GET || READING.contains(route.path());
    }
}
