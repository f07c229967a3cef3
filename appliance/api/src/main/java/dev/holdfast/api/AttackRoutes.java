package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.AttackUseCases;
import java.util.List;

/** Backups that looked like an attack. */
final class AttackRoutes {
    private final AttackUseCases attacks;

    AttackRoutes(AttackUseCases attacks) {
        this.attacks = attacks;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/attacks",
                        Permission.VIEW,
                        "Machines whose backup looked like an attack, or whose backups are suspended",
                        AttackUseCases.Machines.class,
                        call -> attacks.list(call.actor())),
                Route.get(
                        "/nodes/{name}/attack",
                        Permission.VIEW,
                        "How much the newest backups of a node changed beside what is usual, and which snapshots are from"
                                + " before the one that looked like an attack",
                        AttackUseCases.Attack.class,
                        call -> attacks.attack(call.actor(), call.path("name"))),
                Route.post(
                        "/nodes/{name}/attack",
                        Permission.PROTECT,
                        "Says that it is an attack: retention stays paused, and the snapshots from before and since are held",
                        AttackUseCases.Confirmation.class,
                        AttackUseCases.Confirmed.class,
                        call -> attacks.confirm(
                                call.actor(), call.path("name"), call.body(AttackUseCases.Confirmation.class))));
    }
}
