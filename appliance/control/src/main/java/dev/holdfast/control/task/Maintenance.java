package dev.holdfast.control.task;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditLimits;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.Store;
import dev.holdfast.store.check.Finding;
import dev.holdfast.store.check.Scrub;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.gc.Usage;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/** Carries out the appliance's own tasks: retention, collection, usage, scrub, pruning of the audit log. */
public final class Maintenance implements TaskRunner.Work {
    private static final String SCRUBBED = "scrub.after";
    /** When a stretch of the scrub was read last, whatever it found. */
    static final String SCRUBBED_AT = "scrub.at";
    /** All containers are read again within so many days. */
    private static final int SCRUB_DAYS = 30;

    private final ControlDb control;
    private final Store store;
    private final RetentionService keeper;
    private final AuditKeeper audit;
    private final VolumeTasks volumes;
    private final DamageKeeper damage;
    private final boolean readOnly;
    private final long usageMemory;

    /** @param usageMemory bytes that the calculation of usage may take */
    public Maintenance(
            ControlDb control,
            Store store,
            RetentionService keeper,
            AuditKeeper audit,
            VolumeTasks volumes,
            boolean readOnly,
            long usageMemory) {
        this.usageMemory = usageMemory;
        this.control = control;
        this.store = store;
        this.keeper = keeper;
        this.audit = audit;
        this.volumes = volumes;
        this.damage = new DamageKeeper(control, store);
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
            case TaskSpec.Drain drain -> {
                requireWritable();
                yield volumes.drain(drain, context);
            }
            case TaskSpec.ReplaceLost lost -> {
                requireWritable();
                VolumeTasks.Replaced replaced = volumes.replaceLost(lost, context);
                if (!replaced.dryRun() && replaced.lost() > 0) {
                    damage.look(SuspectContainers.load(control).numbers(), context);
                }
                yield replaced;
            }
            case TaskSpec.RemoveNode(int node) -> {
                requireWritable();
                yield new NodeRemoval(control, store.manifests(), keeper).run(node, context);
            }
            case TaskSpec.PruneAudit _ -> audit.prune(AuditLimits.load(control));
        };
    }

    private void requireWritable() throws IOException {
        if (readOnly) {
            throw new PhrasedException(Phrase.of("task.nothing-deleted"));
        }
    }

    /** What a task that forgets did. */
    record Forgotten(List<String> snapshots, List<String> refused) {}

    private Forgotten forget(List<UUID> snapshots, TaskContext context) throws IOException {
        requireWritable();
        Set<UUID> wanted = new HashSet<>(snapshots);
        List<String> forgotten = new ArrayList<>();
        List<Phrase> refused = new ArrayList<>();
        for (StoredSnapshot each : store.manifests().list()) {
            if (wanted.remove(each.id())) {
                try {
                    keeper.forget(each, context.task().requestedBy());
                    forgotten.add(each.id().toString());
                } catch (RetentionService.KeptException e) {
                    refused.add(e.phrase());
                }
            }
        }
        wanted.forEach(each -> refused.add(Phrase.of("task.no-snapshot").with("snapshot", each.toString())));
        if (forgotten.isEmpty() && !refused.isEmpty()) {
            throw new PhrasedException(Phrase.of("task.refused").with("reasons", refused));
        }
        return new Forgotten(forgotten, refused.stream().map(Phrase::english).toList());
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
        NodeNames names = control.nodes().names();
        List<JudgedRow> rows = judged.stream()
                .filter(each -> dryRun || each.reasons().isEmpty())
                .map(each -> new JudgedRow(
                        each.snapshot().id().toString(),
                        names.of(each.snapshot().node(), each.snapshot().nodeName()),
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

    /**
     * What a collection did.
     *
     * @param waiting containers that are deleted later, since restores or backups may still use them
     * @param warnings what was left alone, and why
     */
    record Collected(
            GarbageCollector.Survey survey, int deleted, long freedBytes, int waiting, List<String> warnings) {}

    private Collected collect(TaskSpec.Selection selection, TaskContext context) throws IOException {
        requireWritable();
        GarbageCollector.Outcome outcome =
                store.collector().collect(rules(selection), context::step, context::stopping);
        for (Phrase warning : outcome.warnings()) {
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
        SuspectContainers doubts = SuspectContainers.load(control);
        if (damage.due(doubts)) {
            doubts.lookAgain(store);
            doubts.save(control);
            if (!damage.look(doubts.numbers(), context).isEmpty()) {
                store.lookAgain(doubts.numbers());
            }
        }
        return new Collected(
                outcome.survey(),
                outcome.deleted(),
                outcome.freedBytes(),
                outcome.waiting(),
                outcome.warnings().stream().map(Phrase::english).toList());
    }

    /** Result of a calculation of usage; details are in their own tables. */
    record Counted(int oneIn, long sharedBytes, List<Usage.OfNode> nodes) {}

    private Counted usage(TaskContext context) throws IOException {
        Usage.Report report = store.collector().usage(usageMemory, context::step, context::stopping);
        control.usage().put(report);
        return new Counted(report.oneIn(), report.sharedBytes(), report.nodes());
    }

    /** What a stretch of the scrub found, and what is damaged, healed or not. */
    record Scrubbed(Scrub.Outcome outcome, List<DamageKeeper.Shown> findings) {}

    private Scrubbed scrub(TaskSpec.Scrub spec, TaskContext context) throws IOException {
        SuspectContainers doubts = SuspectContainers.load(control);
        boolean due = damage.due(doubts);
        Scrub.Outcome outcome = read(spec, doubts.numbers(), context);
        doubts.settle(store, outcome);
        doubts.save(control);
        if (!outcome.damaged().isEmpty() && !readOnly && !control.tasks().pending(TaskKind.GC)) {
            // What is whole in a damaged container moves to another, so that uploads need not wait for the rest.
            TaskSpec.Own collect = new TaskSpec.Collect(TaskSpec.Selection.DEFAULT);
            control.tasks().queue(collect, "collection after damage", 0, "appliance");
        }
        damage.healed(outcome, context);
        List<Finding> findings = List.of();
        if (due || !outcome.damaged().isEmpty() || !outcome.manifests().isEmpty()) {
            findings = damage.look(doubts.numbers(), context);
        }
        if (context.stopping()) {
            throw new CancellationException("stopped");
        }
        Scrubbed result = new Scrubbed(outcome, damage.shown(findings));
        if (!findings.isEmpty()) {
            throw new TaskFailedException(
                    Phrase.of("task.damage-found")
                            .with("summary", damage.summary())
                            .with("command", control.command("damage")),
                    result);
        }
        return result;
    }

    /** Reads the containers that are named, or those whose turn it is; and those that were found damaged before. */
    private Scrub.Outcome read(TaskSpec.Scrub spec, Set<Integer> suspect, TaskContext context) throws IOException {
        if (!spec.containers().isEmpty()) {
            suspect.addAll(spec.containers());
            return store.scrub().run(suspect, context::step, context::stopping);
        }
        int most = spec.all() ? Integer.MAX_VALUE : store.archiving().local().size() / SCRUB_DAYS + 1;
        int after = spec.all()
                ? 0
                : Integer.parseInt(control.settings().get(SCRUBBED).orElse("0"));
        Scrub.Outcome outcome = store.scrub().run(after, most, context::step, context::stopping);
        control.settings().set(SCRUBBED, Integer.toString(outcome.last()));
        if (!context.stopping()) {
            control.settings().set(SCRUBBED_AT, Long.toString(System.currentTimeMillis()));
        }
        // A vault that could not be reached then may heal them now.
        outcome.healed().forEach(suspect::remove);
        outcome.damaged().forEach(suspect::remove);
        return suspect.isEmpty() ? outcome : outcome.and(store.scrub().run(suspect, context::step, context::stopping));
    }
}
