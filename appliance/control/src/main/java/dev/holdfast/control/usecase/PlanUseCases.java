package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.DueRuns;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.RunTable;
import dev.holdfast.control.health.Health;
import dev.holdfast.control.health.MachineHealth;
import dev.holdfast.control.health.Standing;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Backup plans: what of which nodes is backed up, when, and how. */
public final class PlanUseCases {
    private static final int SHOWN = 20;
    private static final int SHOWN_RUNS = 14;
    private static final int MOST_PLANS = 500;
    /** Of the texts in one page. */
    private static final long MOST_CHARACTERS = 1 << 20;
    /** What an entry of the calendar takes beside the names of its nodes. */
    private static final int CHARACTERS_OF_ENTRY = 100;

    private static final long DAYS = 7;
    private static final long MOST_DAYS = 366;

    private final ControlDb control;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final Assessments assessments;
    private final AuditTrail audit;

    PlanUseCases(ControlDb control, NodeUseCases nodes, TaskUseCases tasks, Assessments assessments) {
        this.control = control;
        this.nodes = nodes;
        this.tasks = tasks;
        this.assessments = assessments;
        this.audit = new AuditTrail(control);
    }

    /**
     * @param schedule in words
     * @param pausedUntil when it resumes by itself; null where it is not paused, or for a pause without end
     * @param health of its nodes by what it is to do there; null where it has none
     * @param runs the newest, the oldest of them first
     */
    public record Named(
            String name,
            Plan plan,
            String schedule,
            boolean paused,
            @Nullable Instant pausedUntil,
            List<String> nodes,
            @Nullable Health health,
            List<RunTable.Run> runs) {}

    /** @param until when it resumes by itself, up to when nobody misses its snapshots; null for a pause without end */
    public record Pause(@Nullable Instant until) {}

    /** @param next to be given as 'after' for those behind, empty at the end */
    public record PlanList(List<Named> plans, String next) {}

    /** @param zone in which the plan's schedule counts */
    public record Due(Instant at, String zone, String plan, List<String> nodes) {}

    /**
     * A day on which a plan is due so often that its runs are counted rather than listed.
     *
     * @param zone in which the plan's schedule counts
     * @param day such as 2026-11-28, in the zone that was asked for
     * @param everySeconds from one run to the next; 0 where that differs
     */
    public record Band(
            String plan,
            String zone,
            List<String> nodes,
            String day,
            Instant first,
            Instant last,
            int count,
            long everySeconds) {}

    /**
     * What is due.
     *
     * @param until up to when that is all: earlier than was asked for where there is too much to tell at once
     */
    public record Calendar(List<Due> due, List<Band> bands, Instant until) {}

    /** @param schedule in words, and {@code next} when it is due next; {@code problem} is empty where it can be kept */
    public record Preview(String schedule, List<Instant> next, String problem) {}

    /** @param nodes those that it is bound to, where empty */
    public record Wanted(@Bound(characters = 255) List<String> nodes, boolean fullRead) {}

    private Optional<List<String>> seen(Actor actor, PlanTable.Row row) {
        try {
            List<String> nodes = control.plans().nodes(row.name()).stream()
                    .filter(actor::sees)
                    .toList();
            return nodes.isEmpty() && !actor.seesAll() ? Optional.empty() : Optional.of(nodes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param after only plans whose names come behind it */
    public PlanList list(Actor actor, String after, int limit, Locale language) throws IOException {
        actor.require(Permission.VIEW);
        List<Named> plans = new ArrayList<>();
        long characters = 0;
        Collection<Standing> standings = assessments.machines(actor).values();
        String last = after;
        for (Optional<PlanTable.Row> row = control.plans().after(last);
                row.isPresent();
                row = control.plans().after(last)) {
            PlanTable.Row each = row.get();
            last = each.name();
            Optional<List<String>> bound = seen(actor, each);
            if (bound.isEmpty()) {
                continue;
            }
            // Only a plan that the caller sees makes another page: else the end would tell of others' plans.
            if (plans.size() >= limit || characters > MOST_CHARACTERS) {
                return new PlanList(plans, plans.getLast().name());
            }
            Plan plan = Plan.parse(each.settings());
            characters += each.settings().length()
                    + bound.get().stream().mapToLong(String::length).sum();
            plans.add(new Named(
                    each.name(),
                    plan,
                    described(plan, language),
                    each.paused(),
                    each.pausedUntil(),
                    bound.get(),
                    bound.get().isEmpty() ? null : MachineHealth.ofPlan(each.name(), standings),
                    control.runs().ofPlan(each.name(), actor.nodes(), SHOWN_RUNS)));
        }
        return new PlanList(plans, "");
    }

    /** A schedule of an earlier release may be one that is refused today. */
    private static String described(Plan plan, Locale language) {
        try {
            Schedule schedule = plan.when().parsed();
            return schedule == null ? "" : schedule.describe(language);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** A plan that is due by itself. */
    private record Scheduled(String plan, String zone, List<String> nodes, DueRuns runs) {
        long characters() {
            return CHARACTERS_OF_ENTRY
                    + nodes.stream().mapToLong(String::length).sum();
        }
    }

    private List<Scheduled> scheduled(Actor actor) throws IOException {
        List<Scheduled> scheduled = new ArrayList<>();
        String last = "";
        for (Optional<PlanTable.Row> row = control.plans().after(last);
                row.isPresent();
                row = control.plans().after(last)) {
            PlanTable.Row each = row.get();
            last = each.name();
            List<String> nodes = seen(actor, each).orElse(List.of());
            if (each.paused() || nodes.isEmpty()) {
                continue;
            }
            try {
                Schedule schedule = Plan.parse(each.settings()).when().parsed();
                if (schedule != null) {
                    scheduled.add(new Scheduled(each.name(), schedule.zone().getId(), nodes, new DueRuns(schedule)));
                }
            } catch (IllegalArgumentException e) {
                // A schedule of an earlier release may be one that is refused today.
            }
        }
        return scheduled;
    }

    /**
     * What is due, day by day.
     *
     * @param wanted until when; null for the next week
     * @param zone in which days are counted
     */
    public Calendar calendar(Actor actor, @Nullable Instant wanted, String zone) throws IOException {
        actor.require(Permission.VIEW);
        ZoneId days = zone(zone);
        Instant now = Instant.now();
        Instant latest = now.plus(MOST_DAYS, ChronoUnit.DAYS);
        Instant until = wanted == null ? now.plus(DAYS, ChronoUnit.DAYS) : wanted.isBefore(latest) ? wanted : latest;
        List<Scheduled> plans = scheduled(actor);
        List<Due> due = new ArrayList<>();
        List<Band> bands = new ArrayList<>();
        long characters = 0;
        Instant from = now;
        // The first day comes in any case; whole days only, so that none looks emptier than it is.
        while (from.isBefore(until) && characters < MOST_CHARACTERS) {
            LocalDate day = from.atZone(days).toLocalDate();
            Instant end = day.plusDays(1).atStartOfDay(days).toInstant();
            for (Scheduled each : plans) {
                characters += add(each, day, each.runs.between(from, end.isBefore(until) ? end : until), due, bands);
            }
            from = end;
        }
        due.sort(Comparator.comparing(Due::at));
        return new Calendar(due, bands, from.isBefore(until) ? from : until);
    }

    /** Returns how many characters that takes. */
    private static long add(Scheduled plan, LocalDate day, DueRuns.Runs runs, List<Due> due, List<Band> bands) {
        return switch (runs) {
            case DueRuns.Few few -> {
                few.at().forEach(at -> due.add(new Due(at, plan.zone, plan.plan, plan.nodes)));
                yield plan.characters() * few.at().size();
            }
            case DueRuns.Many many -> {
                bands.add(new Band(
                        plan.plan,
                        plan.zone,
                        plan.nodes,
                        day.toString(),
                        many.first(),
                        many.last(),
                        many.count(),
                        many.every().toSeconds()));
                yield plan.characters();
            }
        };
    }

    private static ZoneId zone(String zone) throws UseCaseException {
        try {
            return zone.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Schedule.noZone(zone));
        }
    }

    /** What a plan would do. Changes nothing. */
    public Preview preview(Actor actor, Plan plan, Locale language) throws IOException {
        actor.require(Permission.VIEW);
        try {
            plan.check(Instant.now());
        } catch (IllegalArgumentException e) {
            return new Preview("", List.of(), String.valueOf(e.getMessage()));
        }
        Schedule schedule = plan.when().parsed();
        List<Instant> next = new ArrayList<>();
        Optional<Instant> at = schedule == null ? Optional.empty() : schedule.next(Instant.now());
        while (schedule != null && at.isPresent() && next.size() < SHOWN) {
            next.add(at.get());
            at = schedule.next(at.get());
        }
        return new Preview(schedule == null ? "" : schedule.describe(language), next, "");
    }

    /** Makes or replaces a plan. A change takes effect at the next run. */
    public void set(Actor actor, String name, Plan plan) throws IOException {
        actor.require(Permission.PLAN);
        actor.requireAllNodes();
        NameForm.PLAN.require(name);
        try {
            plan.check(Instant.now());
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        if (plan.upgradesClients()) {
            // As if each of its nodes was ordered to.
            actor.require(Permission.NODES);
        }
        if (control.plans().find(name).isEmpty() && control.plans().count() >= MOST_PLANS) {
            throw UseCaseException.conflict(Phrase.of("plan.limit").with("most", MOST_PLANS));
        }
        control.plans().put(name, plan.json());
        audit.note(actor, "plan set", name, plan.json());
    }

    private PlanTable.Row row(Actor actor, String name) throws IOException {
        return control.plans()
                .find(name)
                .filter(row -> seen(actor, row).isPresent())
                .orElseThrow(() ->
                        UseCaseException.notFound(Phrase.of("plan.unknown").with("plan", name)));
    }

    public void remove(Actor actor, String name) throws IOException {
        actor.require(Permission.PLAN);
        actor.requireAllNodes();
        row(actor, name);
        List<String> bound = control.plans().nodes(name);
        if (!bound.isEmpty()) {
            throw audit.refused(
                    actor,
                    "plan remove",
                    name,
                    UseCaseException.conflict(
                            Phrase.of("plan.bound").with("plan", name).with("nodes", String.join(", ", bound))));
        }
        boolean removed = control.plans().remove(name);
        audit.note(actor, "plan remove", name, removed ? "allowed" : "not found");
    }

    /** Binds a plan to nodes: to all of them, or where one cannot be found, to none. */
    public void bind(Actor actor, String name, List<String> wanted) throws IOException {
        actor.require(Permission.PLAN);
        List<Node> found = nodes.find(actor, wanted);
        row(actor, name);
        for (Node each : found) {
            control.plans().bind(name, each.id());
            audit.allowed(actor, "plan bind", name + " " + each.name());
        }
    }

    /** Unbinds a plan from nodes. Backups that run go on. */
    public void unbind(Actor actor, String name, List<String> wanted) throws IOException {
        actor.require(Permission.PLAN);
        List<Node> found = nodes.find(actor, wanted);
        row(actor, name);
        for (Node each : found) {
            boolean was = control.plans().unbind(name, each.id());
            audit.note(actor, "plan unbind", name + " " + each.name(), was ? "allowed" : "was not bound");
        }
    }

    /** Orders nothing by a plan, until a moment or until it is resumed. Backups that run go on. */
    public void pause(Actor actor, String name, Pause pause) throws IOException {
        actor.require(Permission.OPERATE);
        actor.requireAllNodes();
        row(actor, name);
        Instant until = pause.until;
        if (until != null && !until.isAfter(Instant.now())) {
            throw UseCaseException.invalid(Phrase.of("plan.pause-past").with("until", until));
        }
        boolean done = control.plans().pause(name, until == null ? 0 : until.toEpochMilli());
        audit.note(
                actor,
                "plan pause",
                name,
                done ? "allowed" + (until == null ? "" : ", until " + Moments.text(until)) : "not found");
    }

    public void resume(Actor actor, String name) throws IOException {
        actor.require(Permission.OPERATE);
        actor.requireAllNodes();
        row(actor, name);
        boolean done = control.plans().resume(name);
        audit.note(actor, "plan resume", name, done ? "allowed" : "not found");
    }

    /** Orders nodes to back up by a plan now. */
    public TaskUseCases.QueuedAll run(Actor actor, String plan, Wanted wanted) throws IOException {
        actor.require(Permission.OPERATE);
        row(actor, plan);
        List<String> names = wanted.nodes == null || wanted.nodes.isEmpty()
                ? control.plans().nodes(plan).stream().filter(actor::sees).toList()
                : wanted.nodes;
        if (names.isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("plan.no-nodes").with("plan", plan));
        }
        tasks.requireRoom();
        List<Node> found = new ArrayList<>();
        for (Node each : nodes.find(actor, names)) {
            found.add(nodes.findActive(actor, each.name()));
        }
        List<Long> queued = new ArrayList<>();
        for (Node each : found) {
            queued.add(Orders.backup(control, each.id(), plan, wanted.fullRead, actor.text()));
            audit.allowed(actor, "plan run", plan + " " + each.name());
        }
        return new TaskUseCases.QueuedAll(queued);
    }
}
