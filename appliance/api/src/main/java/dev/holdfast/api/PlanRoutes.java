package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.plan.Plan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plans: what of which nodes is backed up, when, and how. */
final class PlanRoutes {
    private static final int MOST_DUE = 500;
    private static final int SHOWN = 20;
    private static final int MOST_PLANS = 500;
    private static final int AUDITED_CHARACTERS = 4000;
    /** Of the texts in one page. */
    private static final long MOST_CHARACTERS = 1 << 20;

    private static final long DAYS = 7;
    private static final long MOST_DAYS = 366;

    private final ControlDb control;

    PlanRoutes(ControlDb control) {
        this.control = control;
    }

    /**
     * @param schedule in words
     * @param pausedUntil when it resumes by itself; null where it is not paused, or for a pause without end
     */
    record Named(
            String name,
            Plan plan,
            String schedule,
            boolean paused,
            @Nullable Instant pausedUntil,
            List<String> nodes) {}

    /** @param until when it resumes by itself, up to when nobody misses its snapshots; null for a pause without end */
    record Pause(@Nullable Instant until) {}

    /** @param next to be given as 'after' for those behind, empty at the end */
    record PlanList(List<Named> plans, String next) {}

    record Due(Instant at, String plan, List<String> nodes) {}

    record Calendar(List<Due> due) {}

    /** @param schedule in words, and {@code next} when it is due next; {@code problem} is empty where it can be kept */
    record Preview(String schedule, List<Instant> next, String problem) {}

    record Ordered(List<Long> tasks) {}

    /** @param nodes those that it is bound to, where empty */
    record Wanted(@Bound(characters = 255) List<String> nodes, boolean fullRead) {}

    List<Route> routes() {
        return List.of(
                Route.get("/plans", Permission.VIEW, "Plans", PlanList.class, this::list)
                        .query("after", "limit"),
                Route.get(
                                "/plans/calendar",
                                Permission.VIEW,
                                "What is due until a moment",
                                Calendar.class,
                                this::calendar)
                        .moment("until"),
                Route.post(
                        "/plans/preview",
                        Permission.VIEW,
                        "What a plan would do, without keeping it",
                        Plan.class,
                        Preview.class,
                        this::preview),
                Route.put("/plans/{name}", Permission.PLAN, "Makes or changes a plan", Plan.class, this::put)
                        .everywhere(),
                Route.delete("/plans/{name}", Permission.PLAN, "Removes a plan that no node has", this::remove)
                        .everywhere(),
                Route.put(
                        "/plans/{name}/nodes/{node}",
                        Permission.PLAN,
                        "Makes a plan count for a node",
                        Void.class,
                        this::bind),
                Route.delete("/plans/{name}/nodes/{node}", Permission.PLAN, "Takes a plan from a node", this::unbind),
                Route.put(
                                "/plans/{name}/pause",
                                Permission.OPERATE,
                                "Orders nothing by a plan, until a moment or until it is resumed",
                                Pause.class,
                                this::pause)
                        .everywhere(),
                Route.delete("/plans/{name}/pause", Permission.OPERATE, "Follows a plan again", this::resume)
                        .everywhere(),
                Route.post(
                        "/plans/{name}/run",
                        Permission.OPERATE,
                        "Has nodes back up by a plan now",
                        Wanted.class,
                        Ordered.class,
                        this::run));
    }

    private PlanTable.Row row(Call call) throws IOException {
        return control.plans()
                .find(call.path("name"))
                .filter(row -> seen(call, row).isPresent())
                .orElseThrow(() -> Problem.notFound("there is no plan '" + call.path("name") + "'"));
    }

    /** Nodes of a plan that the caller sees; empty where the plan is only others', which tells what they have. */
    private Optional<List<String>> seen(Call call, PlanTable.Row row) {
        try {
            List<String> nodes = control.plans().nodes(row.name()).stream()
                    .filter(call.principal()::sees)
                    .toList();
            return nodes.isEmpty() && !call.principal().seesAll() ? Optional.empty() : Optional.of(nodes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Object list(Call call) throws IOException {
        int limit = call.pageLimit();
        List<Named> plans = new ArrayList<>();
        long characters = 0;
        String last = call.query("after", "");
        for (Optional<PlanTable.Row> row = control.plans().after(last);
                row.isPresent();
                row = control.plans().after(last)) {
            PlanTable.Row each = row.get();
            last = each.name();
            Optional<List<String>> nodes = seen(call, each);
            if (nodes.isEmpty()) {
                continue;
            }
            // Only a plan that the caller sees makes another page: else the end would tell of others' plans.
            if (plans.size() >= limit || characters > MOST_CHARACTERS) {
                return new PlanList(plans, plans.getLast().name());
            }
            Plan plan = Plan.parse(each.settings());
            characters += each.settings().length()
                    + nodes.get().stream().mapToLong(String::length).sum();
            plans.add(new Named(
                    each.name(), plan, described(call, plan), each.paused(), each.pausedUntil(), nodes.get()));
        }
        return new PlanList(plans, "");
    }

    /** A schedule of an earlier release may be one that is refused today. */
    private static String described(Call call, Plan plan) {
        try {
            Schedule schedule = plan.when().parsed();
            return schedule == null ? "" : schedule.describe(call.language());
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** A plan that is due, and when next. */
    private record Coming(Instant at, String plan, Schedule schedule, List<String> nodes) {}

    private Object calendar(Call call) throws IOException {
        Instant now = Instant.now();
        Instant wanted = call.moment("until");
        Instant latest = now.plus(MOST_DAYS, ChronoUnit.DAYS);
        Instant until = wanted == null ? now.plus(DAYS, ChronoUnit.DAYS) : wanted.isBefore(latest) ? wanted : latest;
        PriorityQueue<Coming> coming = new PriorityQueue<>(Comparator.comparing(Coming::at));
        String last = "";
        for (Optional<PlanTable.Row> row = control.plans().after(last);
                row.isPresent();
                row = control.plans().after(last)) {
            PlanTable.Row each = row.get();
            last = each.name();
            List<String> nodes = seen(call, each).orElse(List.of());
            if (each.paused() || nodes.isEmpty()) {
                continue;
            }
            Schedule schedule;
            try {
                schedule = Plan.parse(each.settings()).when().parsed();
            } catch (IllegalArgumentException e) {
                continue;
            }
            if (schedule != null) {
                schedule.next(now).ifPresent(at -> coming.add(new Coming(at, each.name(), schedule, nodes)));
            }
        }
        List<Due> due = new ArrayList<>();
        long characters = 0;
        while (!coming.isEmpty()
                && due.size() < MOST_DUE
                && characters < MOST_CHARACTERS
                && coming.peek().at.isBefore(until)) {
            Coming next = coming.remove();
            due.add(new Due(next.at, next.plan, next.nodes));
            characters += next.nodes.stream().mapToLong(String::length).sum();
            next.schedule
                    .next(next.at)
                    .ifPresent(at -> coming.add(new Coming(at, next.plan, next.schedule, next.nodes)));
        }
        return new Calendar(due);
    }

    private Object preview(Call call) throws IOException {
        Plan plan = call.body(Plan.class);
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
        return new Preview(schedule == null ? "" : schedule.describe(call.language()), next, "");
    }

    private Object put(Call call) throws IOException {
        String name = call.path("name");
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw Problem.invalid("'" + name + "' is no name of a plan");
        }
        Plan plan = call.body(Plan.class);
        plan.check(Instant.now());
        if (control.plans().find(name).isEmpty() && control.plans().count() >= MOST_PLANS) {
            throw Problem.conflict("there are " + MOST_PLANS + " plans, the most; remove some first");
        }
        control.plans().put(name, plan.json());
        control.audit().append(call.actor(), "plan set", name, Call.cut(plan.json(), AUDITED_CHARACTERS));
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        String name = row(call).name();
        List<String> nodes = control.plans().nodes(name);
        if (!nodes.isEmpty()) {
            throw Problem.conflict("plan '" + name + "' is bound to " + String.join(", ", nodes));
        }
        boolean removed = control.plans().remove(name);
        control.audit().append(call.actor(), "plan remove", name, removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object bind(Call call) throws IOException {
        Node node = call.node(control, call.path("node"));
        control.plans().bind(row(call).name(), node.id());
        control.audit().append(call.actor(), "plan bind", call.path("name") + " " + node.name(), "allowed");
        return Route.DONE;
    }

    private Object unbind(Call call) throws IOException {
        Node node = call.node(control, call.path("node"));
        boolean was = control.plans().unbind(row(call).name(), node.id());
        control.audit()
                .append(
                        call.actor(),
                        "plan unbind",
                        call.path("name") + " " + node.name(),
                        was ? "allowed" : "was not bound");
        return Route.DONE;
    }

    private Object pause(Call call) throws IOException {
        String name = row(call).name();
        Instant until = call.body(Pause.class).until;
        if (until != null && !until.isAfter(Instant.now())) {
            throw Problem.invalid("until: " + Moments.text(until) + " is in the past");
        }
        boolean done = control.plans().pause(name, until == null ? 0 : until.toEpochMilli());
        control.audit()
                .append(
                        call.actor(),
                        "plan pause",
                        name,
                        done ? "allowed" + (until == null ? "" : ", until " + Moments.text(until)) : "not found");
        return Route.DONE;
    }

    private Object resume(Call call) throws IOException {
        String name = row(call).name();
        boolean done = control.plans().resume(name);
        control.audit().append(call.actor(), "plan resume", name, done ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object run(Call call) throws IOException {
        String plan = row(call).name();
        Wanted wanted = call.body(Wanted.class);
        List<String> names = wanted.nodes == null || wanted.nodes.isEmpty()
                ? control.plans().nodes(plan).stream()
                        .filter(call.principal()::sees)
                        .toList()
                : wanted.nodes;
        if (names.isEmpty()) {
            throw Problem.conflict("plan '" + plan + "' is bound to no node that you see");
        }
        TaskRoutes.requireRoom(control);
        List<Node> nodes = new ArrayList<>();
        for (String each : Set.copyOf(names)) {
            nodes.add(call.node(control, each));
        }
        List<Long> tasks = new ArrayList<>();
        for (Node each : nodes) {
            tasks.add(Orders.backup(control, each.id(), plan, wanted.fullRead, call.actor()));
            control.audit().append(call.actor(), "plan run", plan + " " + each.name(), "allowed");
        }
        return new Ordered(tasks);
    }
}
