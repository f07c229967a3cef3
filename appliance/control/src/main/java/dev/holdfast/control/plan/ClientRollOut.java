package dev.holdfast.control.plan;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.OrderTable;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.release.UpgradeOffer;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Upgrades the clients of nodes whose plans say so, to the newest package for the node: one node at a time, and each node once to
 * each version. A version that failed on one node is given to no other, so that a bad release does not reach all of them. One
 * thread calls it now and then; what it must remember is in the control database.
 */
public final class ClientRollOut {
    /** The kind of events of versions that are given to no more nodes. */
    public static final String STOPPED = "upgrade-stopped";

    /** The failed tasks that an event tells of, as {@code task:node}, separated by spaces. */
    private static final String TOLD = "upgrade.stopped";

    private final ControlDb control;
    private final UpgradeTurns turns;

    public ClientRollOut(ControlDb control, UpgradeTurns turns) {
        this.control = control;
        this.turns = turns;
    }

    /** A node that lacks a version. */
    private record Outdated(Node node, ReleaseVersion version) {}

    /**
     * Orders the next upgrade, if there is one.
     *
     * @param present the nodes whose services are connected
     */
    public void look(Set<Integer> present) throws IOException {
        Map<Integer, String> plans = plans();
        List<Outdated> outdated = plans.isEmpty() ? List.of() : outdated();
        Map<ReleaseVersion, List<OrderTable.Attempt>> attempts = new HashMap<>();
        for (Outdated each : outdated) {
            if (plans.containsKey(each.node.id()) && !attempts.containsKey(each.version)) {
                attempts.put(each.version, control.orders().attempts(new TaskSpec.Upgrade(each.version)));
            }
        }
        Map<ReleaseVersion, OrderTable.Attempt> failed = failed(outdated, attempts);
        tell(failed);
        for (Outdated each : outdated) {
            int node = each.node.id();
            String plan = plans.get(node);
            if (plan != null
                    && present.contains(node)
                    && !failed.containsKey(each.version)
                    && Objects.requireNonNull(attempts.get(each.version)).stream()
                            .noneMatch(one -> one.node() == node)
                    && turns.obstacle(node) == null) {
                if (!upgrading(present)) {
                    order(each, plan);
                }
                return;
            }
        }
    }

    private void order(Outdated next, String plan) throws IOException {
        String by = "plan " + plan;
        long task = Orders.upgrade(control, next.node.id(), next.version, by);
        control.audit()
                .append(by, "node upgrade", next.node.name(), "ordered version " + next.version + ", task " + task);
    }

    /** By nodes, the first plan that upgrades the node's client. */
    private Map<Integer, String> plans() throws IOException {
        Set<String> upgrading = new HashSet<>();
        for (PlanTable.Row row : control.plans().all()) {
            if (!row.paused() && upgrades(row)) {
                upgrading.add(row.name());
            }
        }
        Map<Integer, String> plans = new HashMap<>();
        if (!upgrading.isEmpty()) {
            for (PlanTable.Binding each : control.plans().bindings()) {
                if (upgrading.contains(each.plan())) {
                    plans.putIfAbsent(each.node(), each.plan());
                }
            }
        }
        return plans;
    }

    private static boolean upgrades(PlanTable.Row row) {
        try {
            return Plan.parse(row.settings()).upgradesClients();
        } catch (IOException e) {
            // The scheduler logs it.
            return false;
        }
    }

    /** All active nodes: a version that a person tried on any of them, and that failed, is given to no other. */
    private List<Outdated> outdated() throws IOException {
        List<ReleaseSignature> offered = turns.packages().list();
        List<Outdated> outdated = new ArrayList<>();
        for (Node each : offered.isEmpty() ? List.<Node>of() : control.nodes().list()) {
            UpgradeOffer offer = UpgradeOffer.of(each, offered);
            if (each.active() && offer.state() == UpgradeOffer.State.NEWER) {
                outdated.add(new Outdated(each, Objects.requireNonNull(offer.version())));
            }
        }
        return outdated;
    }

    /** By versions, the last attempt that failed on a node which still lacks the version. */
    private static Map<ReleaseVersion, OrderTable.Attempt> failed(
            List<Outdated> outdated, Map<ReleaseVersion, List<OrderTable.Attempt>> attempts) {
        Map<ReleaseVersion, OrderTable.Attempt> failed = new LinkedHashMap<>();
        for (Outdated each : outdated) {
            for (OrderTable.Attempt attempt :
                    attempts.getOrDefault(each.version, List.of()).reversed()) {
                // An upgrade that waits, or that was cancelled, proves nothing.
                if (attempt.node() == each.node.id() && (failed(attempt) || attempt.state() == TaskState.DONE)) {
                    if (failed(attempt)) {
                        failed.putIfAbsent(each.version, attempt);
                    }
                    break;
                }
            }
        }
        return failed;
    }

    /** A node that refused before it did anything, as one that no package installed, says nothing about the version. */
    private static boolean failed(OrderTable.Attempt attempt) {
        return attempt.state() == TaskState.BROKEN
                || attempt.state() == TaskState.FAILED && !attempt.step().isEmpty();
    }

    /** Whether a node upgrades its client, or is about to, whether a plan or a person ordered it. */
    private boolean upgrading(Set<Integer> present) throws IOException {
        for (OrderTable.Order each : control.orders().open()) {
            if (each.is(TaskKind.UPGRADE)
                    && (each.state() == TaskState.RUNNING
                            || present.contains(each.node()) && turns.obstacle(each.node()) == null)) {
                return true;
            }
        }
        return false;
    }

    /** Tells of failures once, and that they are over. */
    private void tell(Map<ReleaseVersion, OrderTable.Attempt> failed) throws IOException {
        Map<String, Integer> before = new TreeMap<>();
        Arrays.stream(control.settings().get(TOLD).orElse("").split(" "))
                .filter(each -> !each.isEmpty())
                .forEach(each -> before.put(each, Integer.parseInt(each.substring(each.indexOf(':') + 1))));
        Map<String, ReleaseVersion> now = new TreeMap<>();
        failed.forEach((version, each) -> now.put(each.id() + ":" + each.node(), version));
        if (before.keySet().equals(now.keySet())) {
            return;
        }
        Set<Integer> nodes =
                failed.values().stream().map(OrderTable.Attempt::node).collect(Collectors.toSet());
        for (int node : before.values()) {
            if (!nodes.contains(node)) {
                control.events().close(STOPPED, node);
            }
        }
        for (Map.Entry<String, ReleaseVersion> each : now.entrySet()) {
            if (!before.containsKey(each.getKey())) {
                raise(each.getValue(), Objects.requireNonNull(failed.get(each.getValue())));
            }
        }
        control.settings().set(TOLD, String.join(" ", now.keySet()));
    }

    private void raise(ReleaseVersion version, OrderTable.Attempt failure) throws IOException {
        Optional<Node> node = control.nodes().find(failure.node());
        String name = node.map(Node::name).orElse("");
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        STOPPED,
                        failure.node(),
                        Phrase.of("event.roll-out-stopped")
                                .with("version", version.text())
                                .with("node", name)
                                .with("task", failure.id())
                                .with("reason", failure.reason())
                                .with("upgrade", control.command("node", "upgrade", name, "--to", version.text()))
                                .with("packages", control.command("client-package", "list")));
        control.audit()
                .append(
                        "appliance",
                        "node upgrade",
                        name,
                        "stopped for all plans: version " + version + " failed, task " + failure.id());
    }
}
