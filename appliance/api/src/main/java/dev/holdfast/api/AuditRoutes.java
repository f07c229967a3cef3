package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.usecase.AuditUseCases;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The audit log. */
final class AuditRoutes {
    private final AuditUseCases audit;
    private final Connections connections;

    AuditRoutes(AuditUseCases audit, Connections connections) {
        this.audit = audit;
        this.connections = connections;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/audit",
                                Permission.AUDIT,
                                "The audit log, the newest first, or the ?order=oldest",
                                AuditUseCases.Page.class,
                                call -> audit.list(
                                        call.actor(),
                                        filter(call),
                                        call.part(),
                                        call.query("verify", "false").equals("true")))
                        .query("before", "after", "order", "limit", "text", "verify")
                        .moment("since")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/audit.csv",
                                Permission.AUDIT,
                                "All entries of a list that the control database keeps, as CSV for spreadsheets",
                                Void.class,
                                this::csv)
                        .query("order", "text")
                        .moment("since")
                        .on(Route.Lane.DOWNLOAD),
                Route.get(
                                "/audit/export",
                                Permission.AUDIT,
                                "What the control database keeps of the audit log, the oldest first, a JSON object a line, each with the hash that"
                                        + " chains it",
                                Void.class,
                                this::export)
                        .on(Route.Lane.DOWNLOAD),
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
                        .everywhere());
    }

    private static AuditUseCases.Filter filter(Call call) throws Problem {
        return new AuditUseCases.Filter(call.query("text", ""), call.moment("since"));
    }

    private Object csv(Call call) throws IOException {
        AuditUseCases.Filter filter = filter(call);
        boolean oldest = call.oldestFirst();
        return Csv.stream(
                call,
                connections,
                "audit",
                List.of("entry", "at", "actor", "action", "object", "outcome"),
                csv -> audit.export(
                        call.actor(),
                        filter,
                        oldest,
                        entry -> csv.row(
                                entry.id(),
                                entry.at(),
                                entry.actor(),
                                entry.action(),
                                entry.object(),
                                entry.outcome())));
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
