package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.AlertUseCases;
import java.util.List;

/** Alert channels: who is told of events. */
final class AlertRoutes {
    private final AlertUseCases alerts;

    AlertRoutes(AlertUseCases alerts) {
        this.alerts = alerts;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/alert-channels",
                                Permission.SETTINGS,
                                "Alert channels, and what is wrong with them",
                                AlertUseCases.ChannelList.class,
                                call -> alerts.list(call.actor()))
                        .everywhere(),
                Route.put(
                                "/alert-channels/{name}",
                                Permission.SETTINGS,
                                "Adds or changes an alert channel",
                                AlertUseCases.NewChannel.class,
                                AlertUseCases.Target.class,
                                call -> alerts.put(
                                        call.actor(), call.path("name"), call.body(AlertUseCases.NewChannel.class)))
                        .everywhere(),
                Route.post(
                                "/alert-channels/{name}/try",
                                Permission.SETTINGS,
                                "Sends a test event by an alert channel as it would be, without storing it",
                                AlertUseCases.NewChannel.class,
                                AlertUseCases.Target.class,
                                call -> alerts.attempt(
                                        call.actor(), call.path("name"), call.body(AlertUseCases.NewChannel.class)))
                        .everywhere()
                        .on(Route.Lane.SEARCH),
                Route.post(
                                "/alert-channels/{name}/test",
                                Permission.SETTINGS,
                                "Sends a test event to an alert channel",
                                Void.class,
                                AlertUseCases.Target.class,
                                call -> alerts.test(call.actor(), call.path("name")))
                        .everywhere()
                        .on(Route.Lane.SEARCH),
                Route.delete(
                                "/alert-channels/{name}",
                                Permission.SETTINGS,
                                "Removes an alert channel",
                                Route.done(call -> alerts.remove(call.actor(), call.path("name"))))
                        .everywhere());
    }
}
