package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.SnapshotUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Snapshots: which there are, and what becomes of them. */
final class SnapshotRoutes {
    private final SnapshotUseCases snapshots;

    SnapshotRoutes(SnapshotUseCases snapshots) {
        this.snapshots = snapshots;
    }

    /** Snapshots that would be forgotten. */
    record Forgettable(List<UUID> snapshots) {}

    List<Route> routes() {
        return Stream.of(reading(), keeping(), acting()).flatMap(List::stream).toList();
    }

    private List<Route> reading() {
        return List.of(
                Route.get(
                                "/snapshots",
                                Permission.VIEW,
                                "Snapshots, the newest first",
                                SnapshotUseCases.SnapshotList.class,
                                call -> snapshots.list(
                                        call.actor(),
                                        call.moment("before"),
                                        call.moment("since"),
                                        call.query("node", ""),
                                        call.limit()))
                        .query("limit", "node")
                        .moment("before", "since"),
                Route.get(
                        "/snapshots/{id}",
                        Permission.VIEW,
                        "A snapshot, by its id or the beginning of it",
                        SnapshotUseCases.Snapshot.class,
                        call -> snapshots.show(call.actor(), call.path("id"))),
                Route.post(
                        "/snapshots/forget-preview",
                        Permission.DESTROY,
                        "Which snapshots would be forgotten, without forgetting them",
                        SnapshotUseCases.Ids.class,
                        Forgettable.class,
                        call -> new Forgettable(
                                snapshots.forgettable(call.actor(), call.body(SnapshotUseCases.Ids.class)))));
    }

    private List<Route> keeping() {
        return List.of(
                Route.put(
                        "/snapshots/{id}/hold",
                        Permission.PROTECT,
                        "Keeps a snapshot until it is released",
                        SnapshotUseCases.Hold.class,
                        Route.done(call ->
                                snapshots.hold(call.actor(), call.path("id"), call.body(SnapshotUseCases.Hold.class)))),
                Route.delete(
                                "/snapshots/{id}/hold",
                                Permission.DESTROY,
                                "Releases the hold",
                                Route.done(call -> snapshots.release(call.actor(), call.path("id"))))
                        .proven(),
                Route.put(
                                "/snapshots/{id}/lock",
                                Permission.PROTECT,
                                "Locks a snapshot for days from now",
                                SnapshotUseCases.Lock.class,
                                Route.done(call -> snapshots.lock(
                                        call.actor(), call.path("id"), call.body(SnapshotUseCases.Lock.class))))
                        .proven());
    }

    private List<Route> acting() {
        return List.of(
                Route.delete(
                                "/snapshots/{id}",
                                Permission.DESTROY,
                                "Forgets a snapshot for good",
                                Route.done(call -> snapshots.forget(call.actor(), call.path("id"))))
                        .proven(),
                Route.post(
                                "/snapshots/forget",
                                Permission.DESTROY,
                                "Queues a task that forgets snapshots for good: all that are named, or none",
                                SnapshotUseCases.Ids.class,
                                TaskUseCases.Queued.class,
                                call -> snapshots.forgetAll(call.actor(), call.body(SnapshotUseCases.Ids.class)))
                        .proven(),
                Route.post(
                        "/snapshots/{id}/verify",
                        Permission.OPERATE,
                        "Orders its node to verify a snapshot",
                        Void.class,
                        TaskUseCases.Queued.class,
                        call -> snapshots.verify(call.actor(), call.path("id"))));
    }
}
