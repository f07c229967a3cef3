package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.DrillUseCases;
import dev.holdfast.control.usecase.FolderUseCases;
import dev.holdfast.control.usecase.NodeUseCases;
import dev.holdfast.control.usecase.TaskUseCases;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Nodes: what is known of them, and how their access ends. */
final class NodeRoutes {
    private final NodeUseCases nodes;
    private final FolderUseCases folders;
    private final DrillUseCases drills;

    NodeRoutes(NodeUseCases nodes, FolderUseCases folders, DrillUseCases drills) {
        this.nodes = nodes;
        this.folders = folders;
        this.drills = drills;
    }

    List<Route> routes() {
        return Stream.of(known(), access()).flatMap(List::stream).toList();
    }

    /** What is known of nodes, and what they are asked to do. */
    private List<Route> known() {
        return List.of(
                Route.get(
                                "/nodes",
                                Permission.VIEW,
                                "Nodes; ?tag= those with a tag",
                                NodeUseCases.NodeList.class,
                                call -> nodes.list(call.actor(), call.query("tag", "")))
                        .query("tag"),
                Route.get(
                        "/nodes/{name}",
                        Permission.VIEW,
                        "A node",
                        NodeUseCases.Detail.class,
                        call -> nodes.detail(call.actor(), call.path("name"))),
                Route.get(
                                "/nodes/{name}/folders",
                                Permission.BROWSE,
                                "The folders that a connected node has now in ?path=; ?after= for what is behind a name",
                                FolderUseCases.FolderList.class,
                                call -> folders.list(
                                        call.actor(),
                                        call.path("name"),
                                        call.query("path", ""),
                                        call.query("after", "")))
                        .query("path", "after")
                        .on(Route.Lane.SEARCH),
                Route.post(
                        "/nodes/{name}/tags",
                        Permission.NODES,
                        "Adds and removes tags of a node",
                        NodeUseCases.TagChange.class,
                        NodeUseCases.Tagged.class,
                        call -> nodes.tag(call.actor(), call.path("name"), call.body(NodeUseCases.TagChange.class))),
                Route.post(
                        "/nodes/{name}/drill",
                        Permission.OPERATE,
                        "Orders a node to rehearse a restore of its newest snapshot",
                        Void.class,
                        TaskUseCases.Queued.class,
                        this::drill));
    }

    /** What ends or restores the access of a node, and the protection of its snapshots. */
    private List<Route> access() {
        return List.of(
                Route.post(
                                "/nodes/{name}/release",
                                Permission.DESTROY,
                                "Ends a node's retention pause, after a backup that looked like an attack",
                                NodeUseCases.Release.class,
                                Void.class,
                                Route.done(call -> nodes.release(
                                        call.actor(), call.path("name"), call.body(NodeUseCases.Release.class))))
                        .proven(),
                Route.post(
                                "/nodes/{name}/resume",
                                Permission.DESTROY,
                                "Takes backups again from a node that was suspended",
                                Void.class,
                                Void.class,
                                Route.done(call -> nodes.resume(call.actor(), call.path("name"))))
                        .proven(),
                Route.post(
                                "/nodes/{name}/release-identity",
                                Permission.DESTROY,
                                "Lets the next machine that connects have a node's identity, after one was refused as a copy",
                                Void.class,
                                Void.class,
                                Route.done(call -> nodes.releaseIdentity(call.actor(), call.path("name"))))
                        .proven(),
                Route.delete(
                                "/nodes/{name}",
                                Permission.NODES,
                                "Revokes a node: its access ends, its snapshots stay",
                                Route.done(call -> nodes.revoke(call.actor(), call.path("name"))))
                        .proven());
    }

    private Object drill(Call call) throws IOException {
        List<Long> tasks = drills.order(call.actor(), new DrillUseCases.Wanted(List.of(call.path("name")), null))
                .tasks();
        return new TaskUseCases.Queued(tasks.getFirst());
    }
}
