package dev.holdfast.control.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditLimits;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.policy.RetentionService;
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
public final class Maintenance {
    private static final System.Logger LOG = System.getLogger(Maintenance.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCRUBBED = "scrub.after";
    /** All containers are read again within so many days. */
    private static final int SCRUB_DAYS = 30;

    private static final long RETRY_MILLIS = Duration.ofHours(3).toMillis();
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();
    /** For how many days tasks that ended are kept, in the settings. */
    private static final String HISTORY_DAYS = "tasks.days";

    private static final String DEFAULT_HISTORY_DAYS = "400";

    private static final String AUDIT_PRUNE = "audit-prune";
    private static final List<String> READ_ONLY_DAILY = List.of(AUDIT_PRUNE);
    private static final List<String> DAILY = List.of("retention", "gc", "usage", "scrub", AUDIT_PRUNE);

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

    /** The kinds of tasks, by name. */
    public Map<String, TaskRunner.Work> works() {
        return Map.of(
                "forget",
                this::forget,
                "retention",
                (argument, context) -> retention(false, context),
                "retention-preview",
                (argument, context) -> retention(true, context),
                "gc",
                this::collect,
                "gc-preview",
                this::survey,
                "usage",
                this::usage,
                "scrub",
                this::scrub,
                AUDIT_PRUNE,
                (argument, context) -> audit.prune(AuditLimits.load(control)));
    }

    /** Queues what is due once a day: retention, collection, the calculation of usage, a thirtieth of the containers to be read again, pruning of the audit log. That is queued as well where the log is over its limits. */
    public void look() {
        try {
            long now = System.currentTimeMillis();
            control.history().sample(store.usedBytes(), store.capacityBytes(), store.chunks());
            noteDamage();
            for (String kind : readOnly ? READ_ONLY_DAILY : DAILY) {
                long last = Math.max(control.tasks().lastDone(kind), firstLook(now));
                // What failed, or was cancelled, is not begun again at once, and again.
                boolean rested = now - control.tasks().lastEnded(kind) >= RETRY_MILLIS;
                boolean succeeded =
                        control.tasks().lastEnded(kind) == control.tasks().lastDone(kind);
                boolean pending = control.tasks().pending(kind);
                if (!pending && kind.equals(AUDIT_PRUNE) && (rested || succeeded) && audit.overdue()) {
                    control.tasks().queue(kind, "audit log over its limits", "{}", 0, "appliance");
                } else if (now - last >= DAY_MILLIS && rested && !pending) {
                    control.tasks().queue(kind, "daily " + kind, "{}", 0, "appliance");
                    long days = historyDays(control);
                    control.tasks().forgetBefore(now - days * DAY_MILLIS);
                    control.history().forgetBefore(now - days * DAY_MILLIS);
                    control.events().forgetBefore(now - days * DAY_MILLIS);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "maintenance could not be scheduled", e);
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
        String argument = JSON.writeValueAsString(Map.of("containers", found.keySet()));
        long task = control.tasks().queue("scrub", "read damaged containers", argument, 0, "appliance");
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

    private Forgotten forget(JsonNode argument, TaskContext context) throws IOException {
        requireWritable();
        Set<UUID> wanted = new HashSet<>();
        argument.path("snapshots").forEach(each -> wanted.add(UUID.fromString(each.asText())));
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

    private static GarbageCollector.Rules rules(JsonNode argument) {
        return new GarbageCollector.Rules(
                argument.path("liveBelowPercent").asInt(GarbageCollector.Rules.DEFAULT.liveBelowPercent()),
                argument.path("graceHours").asInt(24) * 3_600_000L);
    }

    private GarbageCollector.Survey survey(JsonNode argument, TaskContext context) throws IOException {
        return store.collector().survey(rules(argument), each -> false, context::step, context::stopping);
    }

    private GarbageCollector.Outcome collect(JsonNode argument, TaskContext context) throws IOException {
        requireWritable();
        GarbageCollector.Outcome outcome = store.collector().collect(rules(argument), context::step, context::stopping);
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

    private Reckoned usage(JsonNode argument, TaskContext context) throws IOException {
        Usage.Report report = store.collector().usage(usageMemory, context::step, context::stopping);
        control.usage().put(report);
        return new Reckoned(report.oneIn(), report.sharedBytes(), report.nodes());
    }

    /** What a stretch of the scrub found, and whom it hurts. */
    record Scrubbed(Scrub.Outcome outcome, List<Finding> findings) {}

    private Scrubbed scrub(JsonNode argument, TaskContext context) throws IOException {
        int all = store.archiving().local().size();
        int most = argument.path("all").asBoolean() ? Integer.MAX_VALUE : all / SCRUB_DAYS + 1;
        int after = argument.path("all").asBoolean()
                ? 0
                : Integer.parseInt(control.settings().get(SCRUBBED).orElse("0"));
        Set<Integer> named = new HashSet<>();
        argument.path("containers").forEach(each -> named.add(each.asInt()));
        Scrub.Outcome outcome = named.isEmpty()
                ? store.scrub().run(after, most, context::step, context::stopping)
                : store.scrub().run(named, context::step, context::stopping);
        if (named.isEmpty()) {
            control.settings().set(SCRUBBED, Integer.toString(outcome.last()));
        }
        SuspectContainers doubts = SuspectContainers.load(control);
        doubts.settle(store, outcome);
        doubts.save(control);
        if (!outcome.damaged().isEmpty() && !readOnly && !control.tasks().pending("gc")) {
            // What is whole in a damaged container moves to another, so that uploads need not wait for the rest.
            control.tasks().queue("gc", "collection after damage", "{}", 0, "appliance");
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
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            "damage",
                            null,
                            findings.size()
                                    + " findings that could not be healed from a vault; clients are asked for what"
                                    + " they still have at their next backup. The files they hurt: "
                                    + control.command(
                                            "tasks",
                                            "show",
                                            Long.toString(context.task().id())));
            control.audit().append("scrub", "scrub", findings.size() + " findings", "DAMAGED");
        }
        if (context.stopping()) {
            throw new CancellationException("stopped");
        }
        return new Scrubbed(outcome, findings);
    }
}
