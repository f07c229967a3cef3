package dev.holdfast.control.task;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditLimits;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.store.Store;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.check.Scrub;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.gc.Usage;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/** What an appliance does for itself: forgets by policy, collects garbage, reads its containers again. */
public final class Maintenance implements TaskRunner.Work {
    private static final System.Logger LOG = System.getLogger(Maintenance.class.getName());
    private static final String SCRUBBED = "scrub.after";
    /** All containers are read again within so many days. */
    private static final int SCRUB_DAYS = 30;

    private static final long RETRY_MILLIS = Duration.ofHours(3).toMillis();
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();
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
    private final RetentionService keeper;
    private final AuditKeeper audit;
    private final boolean readOnly;
    private final long usageMemory;

    /** For how many days tasks that ended are kept. */
    public static int historyDays(ControlDb control) throws IOException {
        return Integer.parseInt(control.settings().get(HISTORY_DAYS).orElse(DEFAULT_HISTORY_DAYS));
    }

    public static void setHistoryDays(ControlDb control, int days) throws IOException {
        control.settings().set(HISTORY_DAYS, Integer.toString(days));
    }

    /** @param usageMemory bytes that the reckoning of usage may take */
    public Maintenance(
            ControlDb control,
            Store store,
            RetentionService keeper,
            AuditKeeper audit,
            boolean readOnly,
            long usageMemory) {
        this.usageMemory = usageMemory;
        this.control = control;
        this.store = store;
        this.keeper = keeper;
        this.audit = audit;
        this.readOnly = readOnly;
    }

    @Override
    public Object run(TaskSpec.Own spec, TaskContext context) throws IOException {
        return switch (spec) {
            case TaskSpec.Forget(List<UUID> snapshots) -> forget(snapshots, context);
            case TaskSpec.Retention _ -> retention(false, context);
            case TaskSpec.RetentionPreview _ -> retention(true, context);
            case TaskSpec.Collect(TaskSpec.Selection selection) -> collect(selection, context);
            case TaskSpec.CollectPreview(TaskSpec.Selection selection) ->
                store.collector().survey(rules(selection), each -> false, context::step, context::stopping);
            case TaskSpec.CountUsage _ -> usage(context);
            case TaskSpec.Scrub scrub -> scrub(scrub, context);
            case TaskSpec.PruneAudit _ -> audit.prune(AuditLimits.load(control));
        };
    }

    /** Queues what is due once a day: retention, collection, the calculation of usage, a thirtieth of the containers to be read again, pruning of the audit log. That is queued as well where the log is over its limits. */
    public void look() {
        try {
            long now = System.currentTimeMillis();
            control.history().sample(store.usedBytes(), store.capacityBytes(), store.chunks());
            noteDamage();
            for (TaskSpec.Own spec : readOnly ? READ_ONLY_DAILY : DAILY) {
                queueIfDue(spec, now);
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "maintenance could not be scheduled", e);
        }
    }

    private void queueIfDue(TaskSpec.Own spec, long now) throws IOException {
        TaskKind kind = spec.kind();
        long lastDone = control.taskHistory().lastDone(kind);
        long lastEnded = control.taskHistory().lastEnded(kind);
        long last = Math.max(lastDone, firstLook(now));
        // What failed, or was cancelled, is not begun again at once, and again.
        boolean rested = now - lastEnded >= RETRY_MILLIS;
        boolean succeeded = lastEnded == lastDone;
        boolean pending = control.tasks().pending(kind);
        if (!pending && spec instanceof TaskSpec.PruneAudit && (rested || succeeded) && audit.overdue()) {
            control.tasks().queue(spec, "audit log over its limits", 0, "appliance");
        } else if (now - last >= DAY_MILLIS && rested && !pending) {
            control.tasks().queue(spec, "daily " + kind.text(), 0, "appliance");
            long days = historyDays(control);
            control.taskHistory().forgetBefore(now - days * DAY_MILLIS);
            control.history().forgetBefore(now - days * DAY_MILLIS);
            control.events().forgetBefore(now - days * DAY_MILLIS);
        }
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
                        "damage",
                        null,
                        found.size() + " containers cannot be read whole; the first: "
                                + found.values().iterator().next()
                                + ". Everything else goes on. Clients are asked for what they still have at their next"
                                + " backup; task " + task + " names the files that are hurt");
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

    private void requireWritable() throws IOException {
        if (readOnly) {
            throw new IOException("this appliance was recovered to read only: nothing is deleted here");
        }
    }

    /** What a task that forgets did. */
    record Forgotten(List<String> snapshots, List<String> refused) {}

    private Forgotten forget(List<UUID> snapshots, TaskContext context) throws IOException {
        requireWritable();
        Set<UUID> wanted = new HashSet<>(snapshots);
        List<String> forgotten = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (StoredSnapshot each : store.manifests().list()) {
            if (wanted.remove(each.id())) {
                try {
                    keeper.forget(each, context.task().requestedBy());
                    forgotten.add(each.id().toString());
                } catch (RetentionService.KeptException e) {
                    refused.add(String.valueOf(e.getMessage()));
                }
            }
        }
        wanted.forEach(each -> refused.add("there is no snapshot " + each));
        if (forgotten.isEmpty() && !refused.isEmpty()) {
            throw new IOException(String.join("; ", refused));
        }
        return new Forgotten(forgotten, refused);
    }

    /** A snapshot as retention judged it. */
    record JudgedRow(String id, String node, Instant taken, boolean stays, List<String> reasons) {}

    /** What retention did, or would. */
    record Retained(boolean dryRun, int stay, int go, long freedBytes, List<JudgedRow> snapshots) {}

    private Retained retention(boolean dryRun, TaskContext context) throws IOException {
        List<RetentionService.Judged> judged = keeper.judge(ZoneId.systemDefault());
        List<StoredSnapshot> going = judged.stream()
                .filter(each -> each.reasons().isEmpty())
                .map(RetentionService.Judged::snapshot)
                .toList();
        long freed = 0;
        if (dryRun) {
            Set<UUID> gone = new HashSet<>();
            going.forEach(each -> gone.add(each.id()));
            long now = survey(context, Set.of()).deadBytes();
            freed = survey(context, gone).deadBytes() - now;
        } else {
            requireWritable();
            long done = 0;
            for (StoredSnapshot each : going) {
                if (context.stopping()) {
                    throw new CancellationException("stopped");
                }
                keeper.forget(each, "retention");
                context.step("snapshots forgotten", ++done, going.size());
            }
        }
        List<JudgedRow> rows = judged.stream()
                .filter(each -> dryRun || each.reasons().isEmpty())
                .map(each -> new JudgedRow(
                        each.snapshot().id().toString(),
                        each.snapshot().nodeName(),
                        Instant.ofEpochMilli(each.snapshot().committed()),
                        !each.reasons().isEmpty(),
                        each.reasons()))
                .toList();
        return new Retained(dryRun, judged.size() - going.size(), going.size(), freed, rows);
    }

    private GarbageCollector.Survey survey(TaskContext context, Set<UUID> gone) throws IOException {
        return store.collector()
                .survey(
                        GarbageCollector.Rules.DEFAULT,
                        each -> gone.contains(each.id()),
                        context::step,
                        context::stopping);
    }

    private static GarbageCollector.Rules rules(TaskSpec.Selection selection) {
        GarbageCollector.Rules normal = GarbageCollector.Rules.DEFAULT;
        Integer percent = selection.liveBelowPercent();
        Integer hours = selection.graceHours();
        return new GarbageCollector.Rules(
                percent == null ? normal.liveBelowPercent() : percent,
                hours == null ? normal.graceMillis() : hours * 3_600_000L);
    }

    private GarbageCollector.Outcome collect(TaskSpec.Selection selection, TaskContext context) throws IOException {
        requireWritable();
        GarbageCollector.Outcome outcome =
                store.collector().collect(rules(selection), context::step, context::stopping);
        for (String warning : outcome.warnings()) {
            context.log(warning);
        }
        if (outcome.deleted() > 0) {
            control.audit()
                    .append(
                            context.task().requestedBy(),
                            "collect",
                            outcome.deleted() + " containers",
                            outcome.freedBytes() + " bytes freed");
        }
        return outcome;
    }

    /** What a reckoning came to; details are in their own tables. */
    record Reckoned(int oneIn, long sharedBytes, List<Usage.OfNode> nodes) {}

    private Reckoned usage(TaskContext context) throws IOException {
        Usage.Report report = store.collector().usage(usageMemory, context::step, context::stopping);
        control.usage().put(report);
        return new Reckoned(report.oneIn(), report.sharedBytes(), report.nodes());
    }

    /** What a stretch of the scrub found, and whom it hurts. */
    record Scrubbed(Scrub.Outcome outcome, List<Finding> findings) {}

    private Scrubbed scrub(TaskSpec.Scrub spec, TaskContext context) throws IOException {
        Scrub.Outcome outcome = read(spec, context);
        SuspectContainers doubts = SuspectContainers.load(control);
        doubts.settle(store, outcome);
        doubts.save(control);
        if (!outcome.damaged().isEmpty() && !readOnly && !control.tasks().pending(TaskKind.GC)) {
            // What is whole in a damaged container moves to another, so that uploads need not wait for the rest.
            TaskSpec.Own collect = new TaskSpec.Collect(TaskSpec.Selection.DEFAULT);
            control.tasks().queue(collect, "collection after damage", 0, "appliance");
        }
        List<Finding> findings = List.of();
        if (!outcome.damaged().isEmpty() || !outcome.manifests().isEmpty()) {
            Set<Integer> damaged = new HashSet<>(outcome.damaged());
            Checker.Report report = store.checker().run(damaged::contains, context::step);
            findings = report.findings();
            for (Finding finding : findings) {
                context.log(finding.toString());
            }
        }
        for (int number : outcome.healed()) {
            control.audit().append("scrub", "heal", String.format("container %08x", number), "from the vault");
        }
        for (String manifest : outcome.healedManifests()) {
            control.audit().append("scrub", "heal", manifest, "from the vault");
        }
        if (!findings.isEmpty()) {
            raise(findings, context.task().id());
        }
        if (context.stopping()) {
            throw new CancellationException("stopped");
        }
        return new Scrubbed(outcome, findings);
    }

    /** Reads the containers that are named, or those whose turn it is. */
    private Scrub.Outcome read(TaskSpec.Scrub spec, TaskContext context) throws IOException {
        if (!spec.containers().isEmpty()) {
            return store.scrub().run(new HashSet<>(spec.containers()), context::step, context::stopping);
        }
        int most = spec.all() ? Integer.MAX_VALUE : store.archiving().local().size() / SCRUB_DAYS + 1;
        int after = spec.all()
                ? 0
                : Integer.parseInt(control.settings().get(SCRUBBED).orElse("0"));
        Scrub.Outcome outcome = store.scrub().run(after, most, context::step, context::stopping);
        control.settings().set(SCRUBBED, Integer.toString(outcome.last()));
        return outcome;
    }

    private void raise(List<Finding> findings, long task) throws IOException {
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        "damage",
                        null,
                        findings.size()
                                + " findings that could not be healed from a vault; clients are asked for what"
                                + " they still have at their next backup. The files they hurt: "
                                + control.command("tasks", "show", Long.toString(task)));
        control.audit().append("scrub", "scrub", findings.size() + " findings", "DAMAGED");
    }
}
