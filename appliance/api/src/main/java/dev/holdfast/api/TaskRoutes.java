package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.TaskUseCases;
import java.util.List;

/** Tasks: what nodes and the appliance did, do, and have before them. */
final class TaskRoutes {
    private final TaskUseCases tasks;

    TaskRoutes(TaskUseCases tasks) {
        this.tasks = tasks;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/tasks",
                                Permission.VIEW,
                                "Tasks, the newest first",
                                TaskUseCases.TaskList.class,
                                call -> tasks.list(
                                        call.actor(),
                                        new TaskUseCases.Filter(
                                                call.number("before", Long.MAX_VALUE),
                                                call.query("state", ""),
                                                call.query("kind", ""),
                                                call.query("node", ""),
                                                call.query("plan", ""),
                                                call.limit())))
                        .query("before", "limit", "state", "kind", "node", "plan"),
                Route.get(
                        "/tasks/{id}",
                        Permission.VIEW,
                        "A task with its log",
                        TaskUseCases.Shown.class,
                        call -> tasks.show(call.actor(), call.id("id"))),
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
