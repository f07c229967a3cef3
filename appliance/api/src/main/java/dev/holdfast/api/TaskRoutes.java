package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.TaskUseCases;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Tasks: what nodes and the appliance did, do, and have before them. */
final class TaskRoutes {
    private final TaskUseCases tasks;
    private final Connections connections;

    TaskRoutes(TaskUseCases tasks, Connections connections) {
        this.tasks = tasks;
        this.connections = connections;
    }

    List<Route> routes() {
        return Stream.of(reading(), acting()).flatMap(List::stream).toList();
    }

    private List<Route> reading() {
        return List.of(
                Route.get(
                                "/tasks",
                                Permission.VIEW,
                                "Tasks, the newest first, or the ?order=oldest",
                                TaskUseCases.TaskList.class,
                                call -> tasks.list(call.actor(), filter(call), call.part()))
                        .query("before", "after", "order", "limit")
                        .query("state", "kind", "node", "plan", "tag", "text")
                        .moment("since"),
                Route.get(
                                "/tasks.csv",
                                Permission.VIEW,
                                "All tasks of a list, as CSV for spreadsheets",
                                Void.class,
                                this::export)
                        .query("order", "state", "kind", "node", "plan", "tag", "text")
                        .moment("since")
                        .on(Route.Lane.DOWNLOAD),
                Route.get(
                        "/tasks/{id}",
                        Permission.VIEW,
                        "A task with its log",
                        TaskUseCases.Shown.class,
                        call -> tasks.show(call.actor(), call.id("id"))));
    }

    private static TaskUseCases.Filter filter(Call call) throws Problem {
        return new TaskUseCases.Filter(
                call.query("state", ""),
                call.query("kind", ""),
                call.query("node", ""),
                call.query("plan", ""),
                call.query("tag", ""),
                call.query("text", ""),
                call.moment("since"));
    }

    private Object export(Call call) throws IOException {
        TaskUseCases.Filter filter = filter(call);
        boolean oldest = call.oldestFirst();
        return Csv.stream(
                call,
                connections,
                "tasks",
                List.of(
                        "task",
                        "kind",
                        "node",
                        "state",
                        "description",
                        "reason",
                        "plan",
                        "requestedBy",
                        "queuedAt",
                        "startedAt",
                        "finishedAt",
                        "bytes",
                        "snapshot"),
                csv -> tasks.export(
                        call.actor(),
                        filter,
                        oldest,
                        task -> csv.row(
                                task.id(),
                                task.kind(),
                                task.node(),
                                task.state().text(),
                                task.description(),
                                task.reason(),
                                task.plan(),
                                task.requestedBy(),
                                task.queuedAt(),
                                task.startedAt(),
                                task.finishedAt(),
                                task.bytes(),
                                task.snapshot())));
    }

    private List<Route> acting() {
        return List.of(
                Route.post(
                                "/tasks",
                                Permission.OPERATE,
                                "Queues a task of the appliance's own",
                                TaskUseCases.Wanted.class,
                                TaskUseCases.Queued.class,
                                call -> tasks.queue(call.actor(), call.body(TaskUseCases.Wanted.class)))
                        .everywhere(),
                Route.post(
                        "/tasks/{id}/cancel",
                        Permission.OPERATE,
                        "Ends a task",
                        Void.class,
                        Void.class,
                        Route.done(call -> tasks.cancel(call.actor(), call.id("id")))),
                Route.post(
                        "/tasks/{id}/retry",
                        Permission.OPERATE,
                        "Does once more what a task did that has ended",
                        Void.class,
                        TaskUseCases.Queued.class,
                        call -> tasks.retry(call.actor(), call.id("id"))),
                Route.post(
                        "/tasks/{id}/pause",
                        Permission.OPERATE,
                        "Pauses a running backup",
                        Void.class,
                        Void.class,
                        Route.done(call -> tasks.pause(call.actor(), call.id("id"), true))),
                Route.post(
                        "/tasks/{id}/resume",
                        Permission.OPERATE,
                        "Resumes a paused backup",
                        Void.class,
                        Void.class,
                        Route.done(call -> tasks.pause(call.actor(), call.id("id"), false))));
    }
}
