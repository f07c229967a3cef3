package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable.Line;
import dev.holdfast.control.db.TaskTable.State;
import dev.holdfast.control.db.TaskTable.Task;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Tasks: what nodes and the appliance did, do, and have before them. */
final class TaskRoutes {
    /** What may be asked for here; what forgets is asked for by snapshot. */
    private static final Set<String> KINDS = Set.of("retention-preview", "gc", "gc-preview", "usage", "scrub");

    private static final int MOST_QUEUED = 5000;

    private final ControlDb control;

    TaskRoutes(ControlDb control) {
        this.control = control;
    }

    /** @param next to be given as 'before' for those behind, 0 at the end */
    record TaskList(List<Task> tasks, long next) {}

    record Shown(Task task, long etaSeconds, List<Line> log) {}

    /** @param all for a scrub: everything, rather than the next thirtieth */
    record Wanted(@Bound(characters = 50) String kind, boolean all) {}

    record Queued(long task) {}

    List<Route> routes() {
        return List.of(
                Route.get("/tasks", Permission.VIEW, "Tasks, the newest first", TaskList.class, this::list)
                        .query("before", "limit", "state", "kind", "node", "plan"),
                Route.get("/tasks/{id}", Permission.VIEW, "A task with its log", Shown.class, this::show),
                Route.post(
                                "/tasks",
                                Permission.OPERATE,
                                "Queues a task of the appliance's own",
                                Wanted.class,
                                Queued.class,
                                this::queue)
                        .everywhere(),
                Route.post(
                        "/tasks/{id}/cancel", Permission.OPERATE, "Ends a task", Void.class, Void.class, this::cancel),
                Route.post(
                        "/tasks/{id}/retry",
                        Permission.OPERATE,
                        "Does once more what a task did that has ended",
                        Void.class,
                        Queued.class,
                        this::retry),
                Route.post(
                        "/tasks/{id}/pause",
                        Permission.OPERATE,
                        "Lets a backup by order stand still",
                        Void.class,
                        Void.class,
                        call -> pause(call, true)),
                Route.post(
                        "/tasks/{id}/resume",
                        Permission.OPERATE,
                        "Lets a paused backup go on",
                        Void.class,
                        Void.class,
                        call -> pause(call, false)));
    }

    static boolean sees(Principal principal, Task task) {
        // What the appliance does by itself tells of all nodes.
        return task.node().isEmpty() ? principal.seesAll() : principal.sees(task.node());
    }

    /** Whoever sees some nodes only is not told of what others' snapshots a node is given back, unless he ordered it. */
    private static boolean isDiscreet(Principal principal, Task task) {
        boolean own = task.requestedBy().equals("user " + principal.user())
                || task.requestedBy().equals("user " + principal.user() + " by token");
        return !principal.seesAll() && !own && task.kind().equals("restore");
    }

    static Task seen(Principal principal, Task task) {
        return isDiscreet(principal, task) ? task.discreet() : task;
    }

    /** What waits is bounded, whoever orders it. */
    static void requireRoom(ControlDb control) throws IOException {
        if (control.tasks().countQueued() >= MOST_QUEUED) {
            throw Problem.conflict(
                    MOST_QUEUED + " tasks wait for their turn, the most; let some be done, or cancel some");
        }
    }

    private Object list(Call call) throws IOException {
        String state = call.query("state", "");
        State wanted = null;
        if (!state.isEmpty()) {
            try {
                wanted = State.valueOf(state.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("'" + state + "' is no state of a task");
            }
        }
        int limit = call.limit();
        List<Task> page = control.tasks()
                .page(
                        call.number("before", Long.MAX_VALUE),
                        wanted,
                        call.query("kind", ""),
                        call.query("node", ""),
                        call.query("plan", ""),
                        call.principal().nodes(),
                        limit);
        long next = page.size() < limit ? 0 : page.getLast().id();
        return new TaskList(
                page.stream().map(task -> seen(call.principal(), task)).toList(), next);
    }

    private Task task(Call call) throws IOException {
        return control.tasks()
                .find(call.id("id"))
                .filter(task -> sees(call.principal(), task))
                .orElseThrow(() -> Problem.notFound("there is no task " + call.path("id")));
    }

    private Object show(Call call) throws IOException {
        Task task = task(call);
        return new Shown(
                seen(call.principal(), task),
                task.etaSeconds(Instant.now()),
                isDiscreet(call.principal(), task) ? List.of() : control.tasks().log(task.id()));
    }

    private Object queue(Call call) throws IOException {
        Wanted wanted = call.body(Wanted.class);
        if (wanted.kind == null || !KINDS.contains(wanted.kind)) {
            throw Problem.invalid("kind is one of " + KINDS.stream().sorted().toList());
        }
        requireRoom(control);
        long id = control.tasks().queue(wanted.kind, wanted.kind, "{\"all\":" + wanted.all + "}", 10, call.actor());
        control.audit().append(call.actor(), wanted.kind, "task " + id, "queued");
        return new Queued(id);
    }

    private Object cancel(Call call) throws IOException {
        Task task = task(call);
        if (!control.tasks().cancel(task.id())) {
            throw Problem.conflict("task " + task.id() + " has ended, or was begun at its node");
        }
        control.audit().append(call.actor(), "task cancel", Long.toString(task.id()), "allowed");
        return Route.DONE;
    }

    private Object retry(Call call) throws IOException {
        Task task = task(call);
        boolean asked = task.node().isEmpty()
                ? KINDS.contains(task.kind())
                : !task.requestedBy().isEmpty();
        if (!task.state().ended() || !asked) {
            throw Problem.conflict("only tasks that were asked for and have ended are done once more");
        }
        if (task.kind().equals("restore")
                && (!call.principal().may(Permission.RESTORE)
                        || !call.principal().seesAll())) {
            // Its snapshot may be another node's.
            throw new Problem(403, "forbidden", "order the restore anew, as far as your role may");
        }
        if (task.node().isEmpty() && !call.principal().seesAll()) {
            throw new Problem(403, "forbidden", "you see some nodes only, and this is about more");
        }
        if (!task.node().isEmpty() && !call.node(control, task.node()).active()) {
            throw Problem.conflict("'" + task.node() + "' was revoked");
        }
        requireRoom(control);
        if (task.kind().equals("backup")) {
            long again = Orders.again(control, call.node(control, task.node()).id(), task, call.actor());
            control.audit().append(call.actor(), "task retry", Long.toString(task.id()), "task " + again);
            return new Queued(again);
        }
        long id = task.node().isEmpty()
                ? control.tasks().queue(task.kind(), task.description(), task.argument(), 10, call.actor())
                : control.tasks()
                        .order(
                                call.node(control, task.node()).id(),
                                task.plan(),
                                task.kind(),
                                task.description(),
                                task.argument(),
                                10,
                                call.actor());
        control.audit().append(call.actor(), "task retry", Long.toString(task.id()), "task " + id);
        return new Queued(id);
    }

    private Object pause(Call call, boolean paused) throws IOException {
        Task task = task(call);
        if (!control.tasks().pause(task.id(), paused)) {
            throw Problem.conflict("task " + task.id() + " is no backup by order that waits or runs");
        }
        control.audit()
                .append(call.actor(), paused ? "task pause" : "task resume", Long.toString(task.id()), "allowed");
        return Route.DONE;
    }
}
