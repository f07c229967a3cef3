package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.AuditUseCases;
import dev.holdfast.control.usecase.EventUseCases;
import dev.holdfast.control.usecase.SettingsUseCases;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The appliance as a whole: usage, events, audit, settings. */
final class ApplianceRoutes {
    private final SettingsUseCases settings;
    private final EventUseCases events;
    private final AuditUseCases audit;
    private final Connections connections;

    ApplianceRoutes(SettingsUseCases settings, EventUseCases events, AuditUseCases audit, Connections connections) {
        this.settings = settings;
        this.events = events;
        this.audit = audit;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/usage",
                        Permission.VIEW,
                        "Storage used per node, exclusive and shared",
                        SettingsUseCases.Usage.class,
                        call -> settings.usage(call.actor())),
                Route.get(
                                "/events",
                                Permission.VIEW,
                                "Events, the newest first",
                                EventUseCases.EventList.class,
                                call -> events.list(
                                        call.actor(),
                                        call.query("open", "false").equals("true"),
                                        call.number("before", Long.MAX_VALUE),
                                        call.limit()))
                        .query("open", "before", "limit"),
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
                        .everywhere(),
                Route.get(
                                "/audit",
                                Permission.AUDIT,
                                "The audit log, the newest first",
                                AuditUseCases.Page.class,
                                call -> audit.list(
                                        call.actor(),
                                        call.number("before", Long.MAX_VALUE),
                                        call.limit(),
                                        call.query("verify", "false").equals("true")))
                        .query("before", "limit", "verify")
                        .on(Route.Lane.SEARCH),
                Route.get(
                        "/audit/limits",
                        Permission.AUDIT,
                        "How much of the audit log stays in the control database",
                        AuditUseCases.Limits.class,
                        call -> audit.limits(call.actor())),
                Route.put(
                                "/audit/limits",
                                Permission.SETTINGS,
                                "Sets how much of the audit log stays in the control database",
                                AuditUseCases.Limits.class,
                                Route.done(
                                        call -> audit.setLimits(call.actor(), call.body(AuditUseCases.Limits.class))))
                        .everywhere(),
                Route.get(
                                "/audit/export",
                                Permission.AUDIT,
                                "What the control database keeps of the audit log, the oldest first, a JSON object a line, each with the hash that"
                                        + " chains it",
                                Void.class,
                                this::export)
                        .on(Route.Lane.DOWNLOAD),
                Route.get(
                        "/settings",
                        Permission.VIEW,
                        "Settings",
                        SettingsUseCases.Settings.class,
                        call -> settings.settings(call.actor())),
                Route.put(
                        "/settings",
                        Permission.SETTINGS,
                        "Changes settings",
                        SettingsUseCases.Settings.class,
                        Route.done(call -> settings.change(call.actor(), call.body(SettingsUseCases.Settings.class)))));
    }

    private Object export(Call call) throws IOException {
        call.context().contentType("application/x-ndjson; charset=utf-8");
        call.context().header("Content-Disposition", "attachment; filename=\"holdfast-audit.ndjson\"");
        try (OutputStream out = connections.paced(call.context(), call.context().outputStream())) {
            audit.export(call.actor(), entry -> {
                out.write(
                        ForeignText.inJson(Call.JSON.writeValueAsString(entry)).getBytes(StandardCharsets.UTF_8));
                out.write('\n');
            });
        }
        return Route.STREAMED;
    }
}
