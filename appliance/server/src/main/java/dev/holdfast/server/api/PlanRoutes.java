package dev.holdfast.server.api;

import dev.holdfast.server.access.Permission;
import dev.holdfast.server.calendar.Schedule;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.PlanTable;
import dev.holdfast.server.plan.Orders;
import dev.holdfast.server.plan.Plan;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Plans: what of which nodes is backed up, when, and how. */
final class PlanRoutes {
    private static final int MOST_DUE = 500;
    private static final int SHOWN = 20;

    private final ControlDb control;

    PlanRoutes(ControlDb control) {
        this.control = control;
    }

    /** @param schedule in words */
    record Named(String name, Plan plan, String schedule, boolean paused, List<String> nodes) {}

    record PlanList(List<Named> plans) {}

    record Due(long at, String plan, List<String> nodes) {}

    record Calendar(List<Due> due) {}

    /** @param schedule in words, and {@code next} when it is due next; {@code problem} is empty where it can be kept */
    record Preview(String schedule, List<Long> next, String problem) {}

    record Ordered(List<Long> tasks) {}

    /** @param nodes those that it is bound to, where empty */
    record Wanted(List<String> nodes, boolean fullRead) {}

    List<Route> routes() {
        return List.of(
                Route.get("/plans", Permission.VIEW, "Plans", PlanList.class, this::list),
                Route.get(
                                "/plans/calendar",
                                Permission.VIEW,
                                "What is due until a moment",
                                Calendar.class,
                                this::calendar)
                        .query("until"),
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
                                "Orders nothing by a plan",
                                Void.class,
                                call -> pause(call, true))
                        .everywhere(),
                Route.delete(
                                "/plans/{name}/pause",
                                Permission.OPERATE,
                                "Follows a plan again",
                                call -> pause(call, false))
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
                .orElseThrow(() -> Problem.notFound("there is no plan '" + call.path("name") + "'"));
    }

    private Object list(Call call) throws IOException {
        List<Named> plans = new ArrayList<>();
        for (PlanTable.Row each : control.plans().all()) {
            Plan plan = Plan.parse(each.settings());
            Schedule schedule = plan.when().parsed();
            plans.add(new Named(
                    each.name(),
                    plan,
                    schedule == null ? "" : schedule.describe(call.language()),
                    each.paused(),
                    control.plans().nodes(each.name()).stream()
                            .filter(call.principal()::sees)
                            .toList()));
        }
        return new PlanList(plans);
    }

    private Object calendar(Call call) throws IOException {
        Instant until = Instant.ofEpochMilli(call.number("until", System.currentTimeMillis() + 7L * 86_400_000));
        List<Due> due = new ArrayList<>();
        for (PlanTable.Row each : control.plans().all()) {
            Schedule schedule = Plan.parse(each.settings()).when().parsed();
            List<String> nodes = control.plans().nodes(each.name()).stream()
                    .filter(call.principal()::sees)
                    .toList();
            if (schedule == null || each.paused() || nodes.isEmpty()) {
                continue;
            }
            Optional<Instant> at = schedule.next(Instant.now());
            for (int i = 0; i < MOST_DUE && at.isPresent() && at.get().isBefore(until); i++) {
                due.add(new Due(at.get().toEpochMilli(), each.name(), nodes));
                at = schedule.next(at.get());
            }
        }
        due.sort(Comparator.comparingLong(Due::at));
        return new Calendar(due.subList(0, Math.min(MOST_DUE, due.size())));
    }

    private Object preview(Call call) throws IOException {
        Plan plan = call.body(Plan.class);
        try {
            plan.check(Instant.now());
        } catch (IllegalArgumentException e) {
            return new Preview("", List.of(), String.valueOf(e.getMessage()));
        }
        Schedule schedule = plan.when().parsed();
        List<Long> next = new ArrayList<>();
        Optional<Instant> at = schedule == null ? Optional.empty() : schedule.next(Instant.now());
        while (schedule != null && at.isPresent() && next.size() < SHOWN) {
            next.add(at.get().toEpochMilli());
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
        control.plans().put(name, plan.json());
        control.audit(call.actor(), "plan set", name, plan.json());
        return Route.DONE;
    }

    private Object remove(Call call) throws IOException {
        String name = row(call).name();
        List<String> nodes = control.plans().nodes(name);
        if (!nodes.isEmpty()) {
            throw Problem.conflict("plan '" + name + "' is bound to " + String.join(", ", nodes));
        }
        boolean removed = control.plans().remove(name);
        control.audit(call.actor(), "plan remove", name, removed ? "allowed" : "not found");
        return Route.DONE;
    }

    private Object bind(Call call) throws IOException {
        ControlDb.Node node = call.node(control, call.path("node"));
        control.plans().bind(row(call).name(), node.id());
        control.audit(call.actor(), "plan bind", call.path("name") + " " + node.name(), "allowed");
        return Route.DONE;
    }

    private Object unbind(Call call) throws IOException {
        ControlDb.Node node = call.node(control, call.path("node"));
        boolean was = control.plans().unbind(row(call).name(), node.id());
        control.audit(
                call.actor(), "plan unbind", call.path("name") + " " + node.name(), was ? "allowed" : "was not bound");
        return Route.DONE;
    }

    private Object pause(Call call, boolean paused) throws IOException {
        boolean done = control.plans().pause(row(call).name(), paused);
        control.audit(
                call.actor(), paused ? "plan pause" : "plan resume", call.path("name"), done ? "allowed" : "not found");
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
        List<ControlDb.Node> nodes = new ArrayList<>();
        for (String each : names) {
            nodes.add(call.node(control, each));
        }
        List<Long> tasks = new ArrayList<>();
        for (ControlDb.Node each : nodes) {
            tasks.add(Orders.backup(control, each.id(), plan, wanted.fullRead, call.actor()));
            control.audit(call.actor(), "plan run", plan + " " + each.name(), "allowed");
        }
        return new Ordered(tasks);
    }
}
