package dev.holdfast.server.metrics;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.health.RecoveryPoints;
import dev.holdfast.control.health.Rpo;
import dev.holdfast.control.task.HardwareState;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.store.Store;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volume;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;

/** What Prometheus scrapes: read when it asks, no more than once in a few seconds. Safe for use by several threads. */
public final class Metrics implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Metrics.class.getName());
    private static final long FRESH_NANOS = 5_000_000_000L;

    private final Store store;
    private final ControlDb control;
    private final RecoveryPoints recovery;
    private final Clients clients;
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final HTTPServer server;
    private Map<String, NodeFigures> nodes = Map.of();
    private long nodesAt = System.nanoTime() - FRESH_NANOS;

    /** What the listener for clients counts. */
    public interface Clients {
        int connections();

        int backups();

        /** Whether a node's service holds a connection. */
        boolean attends(int node);

        /** Bytes of chunks that clients sent, since the start. */
        long received();

        /** Bytes of chunks that clients read, since the start. */
        long sent();
    }

    /** A node's snapshots. */
    private static final class NodeFigures {
        private long snapshots;
        private long last;
        private long bytes;
        private double attends;
        private List<Rpo> rpo = List.of();
    }

    /** One figure of a family. */
    private interface Call {
        void call(double value, String... labels);
    }

    private interface Figures {
        void tell(Call call) throws IOException;
    }

    /** Begins to listen. */
    public Metrics(InetSocketAddress address, Store store, ControlDb control, Clients clients) throws IOException {
        this.store = store;
        this.control = control;
        this.recovery = new RecoveryPoints(control);
        this.clients = clients;
        appliance();
        nodes();
        rpo();
        work();
        hardware();
        vaults();
        this.server = HTTPServer.builder()
                .inetAddress(address.getAddress())
                .port(address.getPort())
                .registry(registry)
                .buildAndStart();
    }

    public int port() {
        return server.getPort();
    }

    private void gauge(String name, String help, List<String> labels, Figures figures) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .callback(callback -> collect(
                        name,
                        figures,
                        (value, values) -> callback.call(
                                value,
                                Arrays.stream(values).map(ForeignText::render).toArray(String[]::new))))
                .register(registry);
    }

    private void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsLong()))
                .register(registry);
    }

    private static void collect(String name, Figures figures, Call call) {
        try {
            figures.tell(call);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, name + " could not be read", e);
        }
    }

    private void appliance() {
        gauge("holdfast_used_bytes", "Bytes in containers.", List.of(), call -> call.call(store.usedBytes()));
        gauge(
                "holdfast_capacity_bytes",
                "Bytes that containers may take: the lesser of profile and file systems.",
                List.of(),
                call -> call.call(store.capacityBytes()));
        gauge(
                "holdfast_left_bytes",
                "Bytes that backups may still write; 0 where they are refused.",
                List.of(),
                call -> call.call(store.room().leftBytes()));
        gauge(
                "holdfast_profile_capacity_bytes",
                "Bytes that the hardware profile allows.",
                List.of(),
                call -> call.call(store.room().profileBytes()));
        gauge("holdfast_chunks", "Chunks, by estimate.", List.of(), call -> call.call(store.chunks()));
        gauge("holdfast_volume_free_bytes", "Free room of a volume's file system.", List.of("volume"), call -> {
            Set<Integer> missing = store.lookForVolumes().keySet();
            for (Volume each : store.volumes().readable()) {
                if (!missing.contains(each.number())) {
                    call.call(Files.getFileStore(each.root()).getUsableSpace(), Integer.toString(each.number()));
                }
            }
        });
        gauge("holdfast_connections", "Connections of clients.", List.of(), call -> call.call(clients.connections()));
        gauge("holdfast_backups_running", "Backups under way.", List.of(), call -> call.call(clients.backups()));
        counter("holdfast_received_bytes_total", "Chunk bytes that clients sent, as sent.", clients::received);
        counter("holdfast_sent_bytes_total", "Chunk bytes that clients read, as sent.", clients::sent);
        gauge("holdfast_resident_bytes", "Resident memory of the appliance.", List.of(), call -> {
            Path statm = Path.of("/proc/self/statm");
            if (Files.exists(statm)) {
                call.call(Long.parseLong(Files.readString(statm).split(" ")[1]) * 4096.0);
            }
        });
        gauge("holdfast_heap_bytes", "Java heap in use.", List.of(), call -> {
            Runtime runtime = Runtime.getRuntime();
            call.call(runtime.totalMemory() - runtime.freeMemory());
        });
    }

    private synchronized Map<String, NodeFigures> known() throws IOException {
        if (System.nanoTime() - nodesAt < FRESH_NANOS) {
            return nodes;
        }
        Map<String, NodeFigures> found = new TreeMap<>();
        Map<Integer, NodeFigures> numbers = new HashMap<>();
        for (Node each : control.nodes().list()) {
            if (each.active()) {
                NodeFigures node = new NodeFigures();
                node.attends = clients.attends(each.id()) ? 1 : 0;
                found.put(each.name(), node);
                numbers.put(each.id(), node);
            }
        }
        NodeNames names = control.nodes().names();
        Set<UUID> there = new HashSet<>();
        for (StoredSnapshot each : store.manifests().list()) {
            there.add(each.id());
            NodeFigures node = found.get(names.of(each.node(), each.nodeName()));
            if (node != null) {
                node.snapshots++;
                if (each.committed() > node.last) {
                    node.last = each.committed();
                    node.bytes = SnapshotSummary.parse(each.summary()).counts().bytes();
                }
            }
        }
        for (Map.Entry<Integer, List<Rpo>> each :
                recovery.of(numbers.keySet(), there::contains).entrySet()) {
            Objects.requireNonNull(numbers.get(each.getKey())).rpo = each.getValue();
        }
        nodes = found;
        nodesAt = System.nanoTime();
        return found;
    }

    private void nodes() {
        List<String> label = List.of("node");
        gauge("holdfast_last_success_timestamp_seconds", "When a node's newest snapshot was made.", label, call -> {
            for (Map.Entry<String, NodeFigures> each : known().entrySet()) {
                call.call(each.getValue().last / 1000.0, each.getKey());
            }
        });
        gauge("holdfast_snapshots", "Snapshots of a node.", label, call -> {
            for (Map.Entry<String, NodeFigures> each : known().entrySet()) {
                call.call(each.getValue().snapshots, each.getKey());
            }
        });
        gauge("holdfast_node_bytes", "Content of a node's newest snapshot.", label, call -> {
            for (Map.Entry<String, NodeFigures> each : known().entrySet()) {
                call.call(each.getValue().bytes, each.getKey());
            }
        });
        gauge("holdfast_node_connected", "1 while a node's service holds a connection.", label, call -> {
            for (Map.Entry<String, NodeFigures> each : known().entrySet()) {
                call.call(each.getValue().attends, each.getKey());
            }
        });
    }

    private interface OfPlan {
        void tell(Rpo rpo, String node, String plan);
    }

    private void eachPlan(OfPlan told) throws IOException {
        for (Map.Entry<String, NodeFigures> node : known().entrySet()) {
            if (node.getValue().rpo.isEmpty()) {
                told.tell(Rpo.NONE, node.getKey(), "");
            }
            for (Rpo each : node.getValue().rpo) {
                told.tell(each, node.getKey(), each.plan());
            }
        }
    }

    /** Where nothing is protected any loss is without bound; where nothing is allowed or known, nothing is told. */
    private static double seconds(long seconds) {
        return seconds < 0 ? Double.POSITIVE_INFINITY : seconds;
    }

    private void rpo() {
        gauge(
                "holdfast_rpo_seconds",
                "What would be lost now: time since the begin of the newest undamaged snapshot; +Inf for none.",
                List.of("node", "plan"),
                call -> eachPlan((rpo, node, plan) -> call.call(seconds(rpo.currentSeconds()), node, plan)));
        gauge(
                "holdfast_rpo_target_seconds",
                "What a scheduled plan allows to be lost: time between runs, and its patience.",
                List.of("node", "plan"),
                call -> eachPlan((rpo, node, plan) -> {
                    if (rpo.scheduled() && rpo.targetSeconds() >= 0) {
                        call.call(rpo.targetSeconds(), node, plan);
                    }
                }));
        gauge(
                "holdfast_rpo_measured_seconds",
                "What would have been lost just before each snapshot was complete: share of the intervals, 1 for the worst.",
                List.of("node", "plan", "window", "quantile"),
                call -> eachPlan((rpo, node, plan) -> {
                    spread(call, rpo.day(), node, plan, "24h");
                    spread(call, rpo.month(), node, plan, "30d");
                }));
    }

    private static void spread(Call call, Rpo.Spread spread, String node, String plan, String window) {
        if (spread.intervals() > 0) {
            call.call(spread.medianSeconds(), node, plan, window, "0.5");
            call.call(spread.p95Seconds(), node, plan, window, "0.95");
        }
        call.call(seconds(spread.worstSeconds()), node, plan, window, "1");
    }

    private void work() {
        gauge("holdfast_tasks", "Tasks in the history, by state.", List.of("state"), call -> {
            for (Map.Entry<TaskState, Long> each : control.taskHistory().count().entrySet()) {
                call.call(each.getValue(), each.getKey().name().toLowerCase(Locale.ROOT));
            }
        });
        gauge("holdfast_events_open", "Events that nobody has acknowledged.", List.of("severity"), call -> {
            Map<Events.Severity, Long> open = control.events().countOpen();
            for (Events.Severity each : Events.Severity.values()) {
                call.call(open.getOrDefault(each, 0L), each.name().toLowerCase(Locale.ROOT));
            }
        });
        gauge("holdfast_plan_overdue", "1 where a plan's snapshot is overdue.", List.of("plan", "node"), call -> {
            Map<Integer, String> names = new HashMap<>();
            for (Node each : control.nodes().list()) {
                names.put(each.id(), each.name());
            }
            for (PlanTable.Binding each : control.plans().bindings()) {
                call.call(
                        each.overdue() == 0 ? 0 : 1,
                        each.plan(),
                        Objects.requireNonNullElse(names.get(each.node()), "" + each.node()));
            }
        });
    }

    private void hardware() {
        gauge(
                "holdfast_hardware_part_state",
                "State of a part of the server: 0 ok, 1 warning, 2 failed, 3 absent, 4 unknown.",
                List.of("kind", "part"),
                call -> {
                    for (HardwareState.Known each :
                            HardwareState.load(control).at(Instant.now()).parts()) {
                        call.call(number(each.state()), each.kind().text(), each.name());
                    }
                });
        gauge(
                "holdfast_hardware_report_timestamp_seconds",
                "When the server's parts were last asked; 0 for never.",
                List.of(),
                call -> {
                    Instant at = HardwareState.load(control).at();
                    call.call(at == null ? 0 : at.toEpochMilli() / 1000.0);
                });
    }

    private static int number(PartState state) {
        return switch (state) {
            case OK -> 0;
            case WARNING -> 1;
            case FAILED -> 2;
            case ABSENT -> 3;
            case UNKNOWN -> 4;
        };
    }

    /** Of places that are set now; what has not been counted yet is left out. */
    private List<VaultState> counted() throws IOException {
        return VaultState.all(control, true).stream()
                .filter(VaultState::counted)
                .toList();
    }

    private void vaults() {
        gauge("holdfast_vault_backlog_bytes", "Bytes that a vault is behind.", List.of("vault"), call -> {
            for (VaultState each : counted()) {
                call.call(each.backlogBytes(), each.name());
            }
        });
        gauge("holdfast_vault_object_bytes", "Bytes of a vault's objects.", List.of("vault"), call -> {
            for (VaultState each : counted()) {
                call.call(each.objectBytes(), each.name());
            }
        });
        gauge(
                "holdfast_offsite_rpo_seconds",
                "Age of a node's oldest snapshot that is not in a vault yet; 0 where all are.",
                List.of("vault", "node"),
                call -> {
                    for (VaultState vault : counted()) {
                        for (VaultState.OfNode node : vault.nodes()) {
                            call.call(node.rpoSeconds(), vault.name(), node.node());
                        }
                    }
                });
    }

    @Override
    public void close() {
        server.close();
    }
}
