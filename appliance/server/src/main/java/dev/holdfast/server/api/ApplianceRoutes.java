package dev.holdfast.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.server.access.Permission;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.Events;
import dev.holdfast.server.control.TaskTable.State;
import dev.holdfast.server.control.UsageTable;
import dev.holdfast.server.plan.Drills;
import dev.holdfast.server.task.Maintenance;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The appliance as a whole: overview, usage, events, vaults, audit, settings. */
final class ApplianceRoutes {
    private final Backend backend;
    private final ControlDb control;

    ApplianceRoutes(Backend backend) {
        this.backend = backend;
        this.control = backend.control();
    }

    /** Times are in ms since 1970, sizes in bytes, here and everywhere. */
    record Overview(
            String profile,
            int nodes,
            int maxNodes,
            long usedBytes,
            long capacityBytes,
            long chunks,
            long snapshots,
            long contentBytes,
            long oldestLastSuccess,
            Map<String, Long> tasks,
            Map<String, Long> openEvents,
            List<String> needsYou) {}

    record EventList(List<Events.Event> events) {}

    record Usage(long at, List<UsageTable.OfNode> nodes) {}

    /** @param status what the vault's service tells, by name */
    record Vault(String name, String url, Map<String, String> status) {}

    record VaultList(List<Vault> vaults) {}

    /** @param broken the first entry that was altered, 0 where none was or nobody asked with verify=true */
    record Audit(List<ControlDb.AuditEntry> entries, long broken) {}

    record Settings(int drillDays, int historyDays) {}

    List<Route> routes() {
        return List.of(
                Route.get(
                        "/overview",
                        Permission.VIEW,
                        "Whether everything is all right",
                        Overview.class,
                        this::overview),
                Route.get("/usage", Permission.VIEW, "Whose the used room is", Usage.class, this::usage),
                Route.get("/events", Permission.VIEW, "Events, the newest first", EventList.class, this::events),
                Route.post(
                        "/events/{id}/acknowledge",
                        Permission.PROTECT,
                        "Says that somebody knows of an event",
                        Void.class,
                        Void.class,
                        this::acknowledge),
                Route.get("/vaults", Permission.VIEW, "Vaults and how far they are", VaultList.class, this::vaults),
                Route.post(
                        "/vaults/{name}/upload",
                        Permission.VAULTS,
                        "Asks for an upload at once",
                        Void.class,
                        Void.class,
                        this::upload),
                Route.get("/audit", Permission.AUDIT, "The audit log, the newest first", Audit.class, this::audit),
                Route.get("/settings", Permission.VIEW, "Settings", Settings.class, this::settings),
                Route.put("/settings", Permission.SETTINGS, "Changes settings", Settings.class, this::set));
    }

    private Object overview(Call call) throws IOException {
        Map<String, Long> last = new TreeMap<>();
        for (ControlDb.Node each : control.nodes()) {
            if (each.active() && call.principal().sees(each.name())) {
                last.put(each.name(), 0L);
            }
        }
        long count = 0;
        Map<String, Long> content = new HashMap<>();
        for (StoredSnapshot each : backend.store().manifests().list()) {
            if (call.principal().sees(each.nodeName())) {
                count++;
                last.computeIfPresent(each.nodeName(), (name, before) -> Math.max(before, each.committed()));
                content.put(
                        each.nodeName(),
                        dev.holdfast.protocol.manifest.SnapshotSummary.parse(each.summary())
                                .counts()
                                .bytes());
            }
        }
        boolean all = call.principal().nodes().isEmpty();
        Map<String, Long> tasks = new TreeMap<>();
        control.tasks()
                .count()
                .forEach((state, number) -> tasks.put(state.name().toLowerCase(Locale.ROOT), number));
        Map<String, Long> events = new TreeMap<>();
        control.events()
                .countOpen()
                .forEach((severity, number) -> events.put(severity.name().toLowerCase(Locale.ROOT), number));
        List<String> needs = new ArrayList<>();
        last.forEach((node, at) -> {
            if (at == 0) {
                needs.add("node " + node + " has no snapshot yet");
            }
        });
        for (Events.Event each : control.events().list(true, 20)) {
            if (each.severity() == Events.Severity.ALERT
                    && (each.node().isEmpty() || call.principal().sees(each.node()))) {
                needs.add(each.message());
            }
        }
        if (all && tasks.getOrDefault(State.FAILED.name().toLowerCase(Locale.ROOT), 0L) > 0 && needs.isEmpty()) {
            needs.add("look at the tasks that failed");
        }
        return new Overview(
                backend.profile().name(),
                last.size(),
                backend.profile().nodes(),
                backend.store().usedBytes(),
                backend.store().capacityBytes(),
                backend.store().chunks(),
                count,
                content.values().stream().mapToLong(Long::longValue).sum(),
                last.values().stream()
                        .filter(at -> at > 0)
                        .mapToLong(Long::longValue)
                        .min()
                        .orElse(0),
                all ? tasks : Map.of(),
                all ? events : Map.of(),
                needs);
    }

    private Object usage(Call call) throws IOException {
        return new Usage(
                control.usage().at(),
                control.usage().nodes().stream()
                        .filter(each -> call.principal().sees(each.node()))
                        .toList());
    }

    private Object events(Call call) throws IOException {
        return new EventList(control.events().list(call.query("open", "false").equals("true"), call.limit()).stream()
                .filter(each -> each.node().isEmpty() || call.principal().sees(each.node()))
                .toList());
    }

    private Object acknowledge(Call call) throws IOException {
        long id = call.id("id");
        boolean seen = control.events().after(id - 1, 1).stream()
                .anyMatch(each -> each.id() == id
                        && (each.node().isEmpty()
                                ? call.principal().nodes().isEmpty()
                                : call.principal().sees(each.node())));
        if (!seen || control.events().acknowledge(id) == 0) {
            throw Problem.notFound("there is no open event " + call.path("id"));
        }
        control.audit(call.actor(), "acknowledge", "event " + call.path("id"), "allowed");
        return Route.DONE;
    }

    private Object vaults(Call call) throws IOException {
        Map<String, String> status = control.status();
        List<Vault> vaults = new ArrayList<>();
        for (ControlDb.VaultRow each : control.vaults()) {
            Map<String, String> own = new TreeMap<>();
            status.forEach((name, value) -> {
                if (name.startsWith(each.name() + ".")) {
                    own.put(name.substring(each.name().length() + 1), value);
                }
            });
            JsonNode settings = Call.JSON.readTree(each.settings());
            vaults.add(new Vault(each.name(), settings.path("url").asText(), own));
        }
        return new VaultList(vaults);
    }

    private Object upload(Call call) throws IOException {
        String name = call.path("name");
        if (control.vault(name).isEmpty()) {
            throw Problem.notFound("there is no vault '" + name + "'");
        }
        control.requestUpload(name);
        control.audit(call.actor(), "vault upload", name, "asked for");
        return Route.DONE;
    }

    private Object audit(Call call) throws IOException {
        boolean verify = call.query("verify", "false").equals("true");
        control.audit(call.actor(), "read audit", "", verify ? "and verified" : "allowed");
        return new Audit(
                control.auditLog(call.limit()), verify ? control.auditBreak().orElse(0L) : 0);
    }

    private Object settings(Call call) throws IOException {
        return new Settings(
                Integer.parseInt(control.setting(Drills.EVERY_DAYS).orElse("7")),
                Integer.parseInt(control.setting(Maintenance.HISTORY_DAYS).orElse("400")));
    }

    private Object set(Call call) throws IOException {
        Settings wanted = call.body(Settings.class);
        if (wanted.drillDays < 0 || wanted.drillDays > 366 || wanted.historyDays < 1 || wanted.historyDays > 10_000) {
            throw Problem.invalid("drillDays are 0 to 366, historyDays 1 to 10000");
        }
        control.setSetting(Drills.EVERY_DAYS, Integer.toString(wanted.drillDays));
        control.setSetting(Maintenance.HISTORY_DAYS, Integer.toString(wanted.historyDays));
        control.audit(call.actor(), "settings", wanted.toString(), "allowed");
        return Route.DONE;
    }
}
