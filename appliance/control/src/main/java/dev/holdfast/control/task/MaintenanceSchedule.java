package dev.holdfast.control.task;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Queues the maintenance that is due: what is done every day, and what damage or a full audit log asks for. */
public final class MaintenanceSchedule {
    private static final System.Logger LOG = System.getLogger(MaintenanceSchedule.class.getName());
    private static final long RETRY_MILLIS = Duration.ofHours(3).toMillis();
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();
    private static final long KEPT_ONE_BY_ONE_MILLIS = Duration.ofHours(26).toMillis();
    /** For how many days tasks that ended are kept, in the settings. */
    private static final String HISTORY_DAYS = "tasks.days";

    private static final String DEFAULT_HISTORY_DAYS = "400";

    private static final List<TaskSpec.Own> READ_ONLY_DAILY = List.of(new TaskSpec.PruneAudit());
    private static final List<TaskSpec.Own> DAILY = List.of(
            new TaskSpec.Retention(),
            new TaskSpec.Collect(TaskSpec.Selection.DEFAULT),
            new TaskSpec.CountUsage(),
            TaskSpec.Scrub.NEXT,
            new TaskSpec.PruneAudit());

    private final ControlDb control;
    private final Store store;
    private final AuditKeeper audit;
    private final boolean readOnly;

    public MaintenanceSchedule(ControlDb control, Store store, AuditKeeper audit, boolean readOnly) {
        this.control = control;
        this.store = store;
        this.audit = audit;
        this.readOnly = readOnly;
    }

    /** For how many days tasks that ended are kept. */
    public static int historyDays(ControlDb control) throws IOException {
        return Integer.parseInt(control.settings().get(HISTORY_DAYS).orElse(DEFAULT_HISTORY_DAYS));
    }

    public static void setHistoryDays(ControlDb control, int days) throws IOException {
        control.settings().set(HISTORY_DAYS, Integer.toString(days));
    }

    /**
     * Queues what is due once a day: retention, collection, calculation of usage, a thirtieth of the scrub, and pruning of the
     * audit log, which is also due when the log exceeds its limits.
     */
    public void look() {
        try {
            long now = System.currentTimeMillis();
            control.history().sample(store.usedBytes(), store.capacityBytes(), store.chunks());
            noteDamage();
            noteMended();
            fold(now);
            for (TaskSpec.Own spec : readOnly ? READ_ONLY_DAILY : DAILY) {
                queueIfDue(spec, now);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "maintenance could not be scheduled", e);
        }
    }

    /** Backups of plans that run often are kept one by one for a good day. */
    private void fold(long now) throws IOException {
        Set<String> damaged = new HashSet<>();
        control.damage().bySnapshot().keySet().forEach(each -> damaged.add(each.toString()));
        control.recovery().fold((now - KEPT_ONE_BY_ONE_MILLIS) / HOUR_MILLIS * HOUR_MILLIS, damaged);
    }

    private void queueIfDue(TaskSpec.Own spec, long now) throws IOException {
        TaskKind kind = spec.kind();
        long lastDone = control.taskHistory().lastDone(kind);
        long lastEnded = control.taskHistory().lastEnded(kind);
        // A scrub that found damage failed, and has read its share all the same.
        long read = spec instanceof TaskSpec.Scrub
                ? Long.parseLong(control.settings().get(Maintenance.SCRUBBED_AT).orElse("0"))
                : 0;
        long last = Math.max(Math.max(lastDone, read), firstLook(now));
        // What failed, or was cancelled, is not begun again at once, and again.
        boolean rested = now - lastEnded >= RETRY_MILLIS;
        boolean succeeded = lastEnded == lastDone;
        boolean pending = control.tasks().pending(kind);
        if (!pending && spec instanceof TaskSpec.PruneAudit && (rested || succeeded) && audit.overdue()) {
            control.tasks().queue(spec, "audit log over its limits", 0, "appliance");
        } else if (now - last >= period(spec) && (rested || succeeded) && !pending) {
            control.tasks().queue(spec, "daily " + kind.text(), 0, "appliance");
            long days = historyDays(control);
            control.taskHistory().forgetBefore(now - days * DAY_MILLIS);
            control.history().forgetBefore(now - days * DAY_MILLIS);
            control.usage().forgetBefore(now - days * DAY_MILLIS);
            control.events().forgetBefore(now - days * DAY_MILLIS);
        }
    }

    /** Policies that keep hours of snapshots are for plans that make one every few minutes: those are thinned out hourly. */
    private long period(TaskSpec.Own spec) throws IOException {
        if (spec instanceof TaskSpec.Retention) {
            for (String settings : control.policies().all().values()) {
                if (Policy.parse(settings).keep().hours() > 0) {
                    return HOUR_MILLIS;
                }
            }
        }
        return DAY_MILLIS;
    }

    /** Somebody read something that is damaged: it is told at once, and the files that it hurts are named by a scrub. */
    private void noteDamage() throws IOException {
        Map<Integer, String> reported = store.damage().take();
        if (reported.isEmpty()) {
            return;
        }
        SuspectContainers doubts = SuspectContainers.load(control);
        Map<Integer, String> found = doubts.unknown(reported);
        if (found.isEmpty()) {
            return;
        }
        doubts.add(found.keySet());
        doubts.save(control);
        TaskSpec.Scrub spec = new TaskSpec.Scrub(false, List.copyOf(found.keySet()));
        long task = control.tasks().queue(spec, "read damaged containers", 0, "appliance");
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        EventKinds.DAMAGE,
                        null,
                        Phrase.of("event.containers-damaged")
                                .with("count", found.size())
                                .with("first", found.values().iterator().next())
                                .with("task", task));
    }

    /**
     * A backup stored anew what was damaged, or a damaged snapshot was deleted: a collection looks again, and deletes the
     * damaged container where nothing of it is needed.
     */
    private void noteMended() throws IOException {
        // What is told while a collection is pending may come too late for it, so that it is asked for afterwards.
        if (readOnly || control.tasks().pending(TaskKind.GC)) {
            return;
        }
        boolean mended = store.takeMended();
        boolean eased = control.damage().takeEased();
        if (mended || eased) {
            String why = mended ? "after damaged data were stored again" : "after a damaged snapshot was deleted";
            TaskSpec.Own collect = new TaskSpec.Collect(TaskSpec.Selection.DEFAULT);
            control.tasks().queue(collect, "collection " + why, 0, "appliance");
        }
    }

    /** The first day of an appliance has nothing to maintain. */
    private long firstLook(long now) throws IOException {
        var known = control.settings().get("maintenance.since");
        if (known.isPresent()) {
            return Long.parseLong(known.get());
        }
        control.settings().set("maintenance.since", Long.toString(now));
        return now;
    }
}
