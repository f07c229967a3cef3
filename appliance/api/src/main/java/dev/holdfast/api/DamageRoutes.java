package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.DamageUseCases;
import java.util.List;

/** What is damaged. */
final class DamageRoutes {
    private final DamageUseCases damage;

    DamageRoutes(DamageUseCases damage) {
        this.damage = damage;
    }

    List<Route> routes() {
        return List.of(Route.get(
                        "/damage",
                        Permission.VIEW,
                        "What is known to be damaged, which machines, snapshots and files it hurts, and what was healed;"
                                + " ?node= of whose files, ?after= for those behind",
                        DamageUseCases.Damage.class,
                        call -> damage.damage(
                                call.actor(), call.query("node", ""), call.query("after", ""), call.limit()))
                .query("node", "after", "limit"));
    }
}
