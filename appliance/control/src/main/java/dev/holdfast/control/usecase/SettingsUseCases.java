package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.task.MaintenanceSchedule;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Settings of the appliance as a whole, and how much of it each node uses. */
public final class SettingsUseCases {
    private static final int MOST_DRILL_DAYS = 366;
    private static final int MOST_HISTORY_DAYS = 10_000;

    private final ControlDb control;
    private final AuditTrail audit;

    SettingsUseCases(ControlDb control) {
        this.control = control;
        this.audit = new AuditTrail(control);
    }

    /**
     * Settings.
     *
     * @param drillDays between the drills of a node; 0 for only those that are ordered
     * @param historyDays for which tasks that ended are kept
     */
    public record Settings(int drillDays, int historyDays) {}

    /** @param at when it was counted, null before */
    public record Usage(@Nullable Instant at, List<UsageTable.OfNode> nodes) {}

    public Settings settings(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        return new Settings(Drills.days(control), MaintenanceSchedule.historyDays(control));
    }

    public void change(Actor actor, Settings wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        if (wanted.drillDays < 0
                || wanted.drillDays > MOST_DRILL_DAYS
                || wanted.historyDays < 1
                || wanted.historyDays > MOST_HISTORY_DAYS) {
            throw UseCaseException.invalid(Phrase.of("settings.days")
                    .with("drillDays", MOST_DRILL_DAYS)
                    .with("historyDays", MOST_HISTORY_DAYS));
        }
        Drills.setDays(control, wanted.drillDays);
        MaintenanceSchedule.setHistoryDays(control, wanted.historyDays);
        audit.allowed(actor, "settings", wanted.toString());
    }

    /** Storage used per node, exclusive and shared, as it was counted last. */
    public Usage usage(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        return new Usage(
                control.usage().at(),
                control.usage().nodes().stream()
                        .filter(each -> actor.sees(each.node()))
                        .toList());
    }
}
