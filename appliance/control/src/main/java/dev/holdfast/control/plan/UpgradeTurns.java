package dev.holdfast.control.plan;

import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.OrderTable;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a node upgrades its client: nothing else runs there, and the hours of its plans allow it. One thread's: the
 * dispatcher's, under its lock.
 */
public final class UpgradeTurns {
    private final ControlDb control;
    private final ClientPackages packages;
    private final InstantSource clock;
    /** Why an order waits, as its log says. */
    private final Map<Long, Phrase> waiting = new HashMap<>();

    public UpgradeTurns(ControlDb control, ClientPackages packages, InstantSource clock) {
        this.control = control;
        this.packages = packages;
        this.clock = clock;
    }

    ClientPackages packages() {
        return packages;
    }

    /** Whether a node begins its upgrade now. If not, the task's log says why, once. */
    boolean isTurn(OrderTable.Order order) throws IOException {
        Phrase reason = obstacle(order.node());
        if (reason == null) {
            waiting.remove(order.id());
            return true;
        }
        if (!reason.equals(waiting.put(order.id(), reason))) {
            control.tasks().log(order.id(), Phrase.of("log.upgrade-waits").with("reason", reason));
        }
        return false;
    }

    /** Why a node does not begin an upgrade now, null where it does. */
    @Nullable
    Phrase obstacle(int node) throws IOException {
        if (!control.orders().idle(node)) {
            return Phrase.of("upgrade.node-busy");
        }
        Instant now = clock.instant();
        for (PlanTable.Binding each : control.plans().bindings()) {
            if (each.node() == node && !allows(each.plan(), now)) {
                return Phrase.of("upgrade.plan-hours").with("plan", each.plan());
            }
        }
        return null;
    }

    private boolean allows(String name, Instant now) throws IOException {
        PlanTable.Row row = control.plans().find(name).orElse(null);
        if (row == null) {
            return true;
        }
        try {
            Plan.When when = Plan.parse(row.settings()).when();
            Schedule schedule = when.parsed();
            return schedule == null || when.mayBegin(now, schedule);
        } catch (IOException | IllegalArgumentException e) {
            // A plan that cannot be read orders nothing, so its hours are nobody's.
            return true;
        }
    }
}
