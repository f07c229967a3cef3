package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.EventUseCases;
import java.io.IOException;
import java.util.List;

/** Events: what an operator should know of. */
final class EventRoutes {
    private final EventUseCases events;
    private final Connections connections;

    EventRoutes(EventUseCases events, Connections connections) {
        this.events = events;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/events",
                                Permission.VIEW,
                                "Events, the newest first, or the ?order=oldest",
                                EventUseCases.EventList.class,
                                call -> events.list(call.actor(), filter(call), call.part()))
                        .query("before", "after", "order", "limit")
                        .query("open", "severity", "kind", "node", "tag", "text")
                        .moment("since"),
                Route.get(
                                "/events.csv",
                                Permission.VIEW,
                                "All events of a list, as CSV for spreadsheets",
                                Void.class,
                                this::export)
                        .query("order", "open", "severity", "kind", "node", "tag", "text")
                        .moment("since")
                        .on(Route.Lane.DOWNLOAD),
                Route.post(
                        "/events/{id}/acknowledge",
                        Permission.PROTECT,
                        "Acknowledges an event",
                        Void.class,
                        Void.class,
                        Route.done(call -> events.acknowledge(call.actor(), call.id("id")))),
                Route.post(
                                "/events/acknowledge",
                                Permission.PROTECT,
                                "Acknowledges all events",
                                Void.class,
                                Void.class,
                                Route.done(call -> events.acknowledgeAll(call.actor())))
                        .everywhere());
    }

    private static EventUseCases.Filter filter(Call call) throws Problem {
        return new EventUseCases.Filter(
                call.query("open", "false").equals("true"),
                call.query("severity", ""),
                call.query("kind", ""),
                call.query("node", ""),
                call.query("tag", ""),
                call.query("text", ""),
                call.moment("since"));
    }

    private Object export(Call call) throws IOException {
        EventUseCases.Filter filter = filter(call);
        boolean oldest = call.oldestFirst();
        return Csv.stream(
                call,
                connections,
                "events",
                List.of("event", "at", "severity", "kind", "node", "message", "acknowledged"),
                csv -> events.export(
                        call.actor(),
                        filter,
                        oldest,
                        event -> csv.row(
                                event.id(),
                                event.at(),
                                event.severity(),
                                event.kind(),
                                event.node(),
                                event.message(),
                                event.acknowledged())));
    }
}
