package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.plan.Drills;
import dev.holdfast.control.task.Maintenance;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The appliance as a whole: usage, events, audit, settings. */
final class ApplianceRoutes {
    private static final int PART = 100;

    private final ControlDb control;
    private final Backend.AuditVerification verification;
    private final Connections connections;

    ApplianceRoutes(ControlDb control, Backend.AuditVerification verification, Connections connections) {
        this.control = control;
        this.verification = verification;
        this.connections = connections;
    }

    /** @param next to be given as 'before' for those behind, 0 at the end */
    record EventList(List<Events.Event> events, long next) {}

    record Usage(@Nullable Instant at, List<UsageTable.OfNode> nodes) {}

    /**
     * @param broken the first entry that is not as it was written, 0 where none is or nobody asked with verify=true
     * @param report null where nobody asked with verify=true
     */
    record Audit(
            List<AuditEntry> entries, long broken, @Nullable AuditReport report) {}

    /** An entry of the export; its hash covers {@code at} as ms since 1970. */
    record Exported(long id, Instant at, String actor, String action, String object, String outcome, String hash) {
        static Exported of(AuditTable.Entry entry) {
            return new Exported(
                    entry.id(),
                    Instant.ofEpochMilli(entry.at()),
                    entry.actor(),
                    entry.action(),
                    entry.object(),
                    entry.outcome(),
                    entry.hash());
        }
    }

    record Settings(int drillDays, int historyDays) {}

    List<Route> routes() {
        return List.of(
                Route.get("/usage", Permission.VIEW, "Whose the used room is", Usage.class, this::usage),
                Route.get("/events", Permission.VIEW, "Events, the newest first", EventList.class, this::events)
                        .query("open", "before", "limit"),
                Route.post(
                        "/events/{id}/acknowledge",
                        Permission.PROTECT,
                        "Says that somebody knows of an event",
                        Void.class,
                        Void.class,
                        this::acknowledge),
                Route.get("/audit", Permission.AUDIT, "The audit log, the newest first", Audit.class, this::audit)
                        .query("before", "limit", "verify")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/audit/export",
                                Permission.AUDIT,
                                "What the control database keeps of the audit log, the oldest first, a JSON object a line, each with the hash that"
                                        + " chains it",
                                Void.class,
                                this::export)
                        .on(Route.Lane.DOWNLOAD),
                Route.get("/settings", Permission.VIEW, "Settings", Settings.class, this::settings),
                Route.put("/settings", Permission.SETTINGS, "Changes settings", Settings.class, this::set));
    }

    private Object usage(Call call) throws IOException {
        return new Usage(
                control.usage().at(),
                control.usage().nodes().stream()
                        .filter(each -> call.principal().sees(each.node()))
                        .toList());
    }

    /** What is of no node is of the appliance, and of its users: for those who see all. */
    static boolean sees(Principal principal, String node) {
        return node.isEmpty() ? principal.seesAll() : principal.sees(node);
    }

    private Object events(Call call) throws IOException {
        int limit = call.limit();
        List<Events.Event> page = control.events()
                .page(
                        call.query("open", "false").equals("true"),
                        call.number("before", Long.MAX_VALUE),
                        call.principal().nodes(),
                        limit);
        return new EventList(page, page.size() < limit ? 0 : page.getLast().id());
    }

    private Object acknowledge(Call call) throws IOException {
        long id = call.id("id");
        boolean seen = control.events().after(id - 1, 1).stream()
                .anyMatch(each -> each.id() == id && sees(call.principal(), each.node()));
        if (!seen || control.events().acknowledge(id) == 0) {
            throw Problem.notFound("there is no open event " + call.path("id"));
        }
        control.audit().append(call.actor(), "acknowledge", "event " + call.path("id"), "allowed");
        return Route.DONE;
    }

    private Object audit(Call call) throws IOException {
        boolean verify = call.query("verify", "false").equals("true");
        control.auditLimiter().done(call.source(), call.actor(), "read audit", "", verify ? "and verified" : "allowed");
        AuditReport report = verify ? verification.verify() : null;
        return new Audit(
                control.audit().newest(call.number("before", Long.MAX_VALUE), call.limit()),
                report == null || report.intact()
                        ? 0
                        : Math.max(1, report.findings().getFirst().entry()),
                report);
    }

    private Object export(Call call) throws IOException {
        control.auditLimiter().done(call.source(), call.actor(), "export audit", "", "allowed");
        call.context().contentType("application/x-ndjson; charset=utf-8");
        call.context().header("Content-Disposition", "attachment; filename=\"holdfast-audit.ndjson\"");
        try (OutputStream out = connections.paced(call.context(), call.context().outputStream())) {
            List<AuditTable.Entry> part = control.audit().after(0, PART);
            while (!part.isEmpty()) {
                for (AuditTable.Entry each : part) {
                    out.write(ForeignText.inJson(Call.JSON.writeValueAsString(Exported.of(each)))
                            .getBytes(StandardCharsets.UTF_8));
                    out.write('\n');
                }
                part = control.audit().after(part.getLast().id(), PART);
            }
        }
        return Route.STREAMED;
    }

    private Object settings(Call call) throws IOException {
        return new Settings(
                Integer.parseInt(control.settings().get(Drills.EVERY_DAYS).orElse("7")),
                Integer.parseInt(
                        control.settings().get(Maintenance.HISTORY_DAYS).orElse("400")));
    }

    private Object set(Call call) throws IOException {
        Settings wanted = call.body(Settings.class);
        if (wanted.drillDays < 0 || wanted.drillDays > 366 || wanted.historyDays < 1 || wanted.historyDays > 10_000) {
            throw Problem.invalid("drillDays are 0 to 366, historyDays 1 to 10000");
        }
        control.settings().set(Drills.EVERY_DAYS, Integer.toString(wanted.drillDays));
        control.settings().set(Maintenance.HISTORY_DAYS, Integer.toString(wanted.historyDays));
        control.audit().append(call.actor(), "settings", wanted.toString(), "allowed");
        return Route.DONE;
    }
}
