package dev.holdfast.control.health;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DamageTable;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.PauseAnswers;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.RunTable;
import dev.holdfast.control.task.RoomWatch;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How machines stand, derived whenever it is asked. Safe for use by several threads. */
public final class MachineHealth {
    private static final int MOST_EVENTS = 200;
    private static final Comparator<Trouble> WORST_FIRST = Comparator.comparing(Trouble::severity)
            .reversed()
            .thenComparing(each -> each.kind().health())
            .thenComparing(Trouble::since, Comparator.nullsLast(Comparator.naturalOrder()));

    private final ControlDb control;
    private final PauseAnswers answers;

    public MachineHealth(ControlDb control) {
        this.control = control;
        this.answers = new PauseAnswers(control);
    }

    /**
     * A machine that is asked for.
     *
     * @param snapshots how many it has
     * @param connected whether its service holds a connection
     */
    public record Machine(int node, String name, int snapshots, boolean connected) {}

    /**
     * How each machine stands, by its number.
     *
     * @param events as {@link #events} tells them
     */
    public Map<Integer, Standing> of(List<Machine> machines, List<Trouble> events) throws IOException {
        Map<Integer, List<PlanTable.Binding>> plans = new HashMap<>();
        for (PlanTable.Binding each : control.plans().bindings()) {
            plans.computeIfAbsent(each.node(), node -> new ArrayList<>()).add(each);
        }
        Map<Integer, DamageTable.OfNode> damage = new HashMap<>();
        control.damage().nodes().forEach(each -> damage.put(each.id(), each));
        Map<Integer, Standing> standings = new HashMap<>();
        for (Machine each : machines) {
            List<Trouble> troubles = new ArrayList<>();
            damaged(damage.get(each.node()), each, troubles);
            refused(each, troubles);
            runs(each, plans.getOrDefault(each.node(), List.of()), troubles);
            events.stream().filter(event -> event.node().equals(each.name())).forEach(troubles::add);
            troubles.sort(WORST_FIRST);
            standings.put(each.node(), Standing.of(troubles));
        }
        return standings;
    }

    private static void damaged(DamageTable.@Nullable OfNode damage, Machine machine, List<Trouble> troubles) {
        if (damage != null) {
            troubles.add(Trouble.of(
                    TroubleKind.DAMAGED,
                    machine.name(),
                    "",
                    damage.since(),
                    Long.toString(damage.files()),
                    damage.namesLost() ? "the names of further files are lost" : ""));
        }
    }

    private void refused(Machine machine, List<Trouble> troubles) throws IOException {
        control.suspensions()
                .find(machine.node())
                .ifPresent(found -> troubles.add(Trouble.of(
                                TroubleKind.SUSPENDED, machine.name(), "", Instant.ofEpochMilli(found.since()), "", "")
                        .because(found.reason(), found.phrase())));
        Optional<Events.Pause> pause = control.events().retentionPause(machine.node());
        if (pause.isPresent()) {
            boolean confirmed = answers.of(machine.node(), pause.get()).isPresent();
            troubles.add(Trouble.of(
                            TroubleKind.RETENTION_PAUSED,
                            machine.name(),
                            "",
                            pause.get().since(),
                            confirmed ? Trouble.CONFIRMED : "",
                            "")
                    .because(pause.get().reason(), pause.get().phrase()));
        }
    }

    private void runs(Machine machine, List<PlanTable.Binding> bindings, List<Trouble> troubles) throws IOException {
        if (bindings.isEmpty()) {
            Instant since = control.plans().noneSince(machine.node()).orElse(null);
            troubles.add(Trouble.of(TroubleKind.NO_PLAN, machine.name(), "", since, "", ""));
            return;
        }
        boolean told = false;
        for (PlanTable.Binding each : bindings) {
            Optional<RunTable.Run> done = control.runs().lastDone(each.plan(), each.node());
            Optional<Trouble> late =
                    late(machine, each, done.map(RunTable.Run::task).orElse(0L));
            late.ifPresent(troubles::add);
            told |= late.isPresent();
            done.filter(run -> run.warnings() > 0)
                    .map(run -> incomplete(machine, each, run))
                    .ifPresent(troubles::add);
        }
        if (machine.snapshots() == 0 && !told) {
            troubles.add(Trouble.of(
                    TroubleKind.NEVER_BACKED_UP,
                    machine.name(),
                    bindings.getFirst().plan(),
                    Instant.ofEpochMilli(bindings.getFirst().boundAt()),
                    "",
                    ""));
        }
    }

    /** A plan that fails is told of as that, and not as overdue too. */
    private Optional<Trouble> late(Machine machine, PlanTable.Binding binding, long done) throws IOException {
        Optional<RunTable.Failure> failure = control.runs().failure(binding.plan(), binding.node(), done);
        if (failure.isPresent()) {
            RunTable.Failure found = failure.get();
            return Optional.of(Trouble.of(
                            TroubleKind.FAILING,
                            machine.name(),
                            binding.plan(),
                            found.since(),
                            Long.toString(found.runs()),
                            "")
                    .because(found.last().reason(), found.last().phrase())
                    .withTask(found.last().task()));
        }
        if (binding.overdue() == 0) {
            return Optional.empty();
        }
        boolean paused = control.plans()
                .find(binding.plan())
                .filter(PlanTable.Row::paused)
                .isPresent();
        return Optional.of(Trouble.of(
                TroubleKind.OVERDUE,
                machine.name(),
                binding.plan(),
                Instant.ofEpochMilli(binding.overdue()),
                paused ? Trouble.PAUSED : machine.connected() ? "" : Trouble.OFFLINE,
                ""));
    }

    private static Trouble incomplete(Machine machine, PlanTable.Binding binding, RunTable.Run run) {
        return Trouble.of(
                        TroubleKind.INCOMPLETE,
                        machine.name(),
                        binding.plan(),
                        run.startedAt(),
                        Long.toString(run.warnings()),
                        "")
                .withTask(run.task());
    }

    /** How a plan stands at these machines: only what is about its own runs counts. */
    public static Health ofPlan(String plan, Collection<Standing> machines) {
        return Health.of(machines.stream()
                .flatMap(each -> each.troubles().stream())
                .filter(each -> each.plan().equals(plan))
                .toList());
    }

    /**
     * Open alerts and warnings that tell of what is not derived, each once.
     *
     * @param nodes whose; null for all, and for those of no node
     */
    public List<Trouble> events(@Nullable List<String> nodes) throws IOException {
        Set<String> known = new HashSet<>();
        List<Trouble> troubles = new ArrayList<>();
        boolean damage = control.damage().nodes().stream().anyMatch(DamageTable.OfNode::active);
        for (Events.Event each : control.events().openTroubles(nodes, MOST_EVENTS)) {
            if (!derived(each.kind(), damage) && known.add(each.kind() + "\n" + each.node() + "\n" + each.message())) {
                troubles.add(new Trouble(
                        TroubleKind.EVENT,
                        each.severity(),
                        each.node(),
                        "",
                        0,
                        each.id(),
                        each.at(),
                        each.kind(),
                        each.message(),
                        each.phrase()));
            }
        }
        return troubles;
    }

    /** Whether something derived tells the same, for as long as it is so. */
    private static boolean derived(String kind, boolean damage) {
        return RoomWatch.KINDS.contains(kind)
                || EventKinds.DERIVED.contains(kind)
                || damage && EventKinds.DERIVED_FROM_DAMAGE.contains(kind);
    }

    /** The worst first. */
    public static List<Trouble> sorted(List<Trouble> troubles) {
        return troubles.stream().sorted(WORST_FIRST).toList();
    }
}
