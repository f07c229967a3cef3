package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.NodeLifeUseCases;
import java.util.List;

/** How nodes are renamed and removed. */
final class NodeLifeRoutes {
    private final NodeLifeUseCases nodes;

    NodeLifeRoutes(NodeLifeUseCases nodes) {
        this.nodes = nodes;
    }

    List<Route> routes() {
        return List.of(
                Route.post(
                                "/nodes/{name}/rename",
                                Permission.NODES,
                                "Gives a node another name",
                                NodeLifeUseCases.NewName.class,
                                NodeLifeUseCases.Renamed.class,
                                call -> nodes.rename(
                                        call.actor(), call.path("name"), call.body(NodeLifeUseCases.NewName.class)))
                        .proven(),
                Route.post(
                                "/nodes/{name}/remove",
                                Permission.NODES,
                                "Ends a node: its access and its plans. Its snapshots are kept, or forgotten by a task",
                                NodeLifeUseCases.Leaving.class,
                                NodeLifeUseCases.Left.class,
                                call -> nodes.remove(
                                        call.actor(), call.path("name"), call.body(NodeLifeUseCases.Leaving.class)))
                        .proven());
    }
}
