package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.HistoryTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.RunTable;
import dev.holdfast.control.health.Health;
import dev.holdfast.control.health.RecoveryPoints;
import dev.holdfast.control.health.Rpo;
import dev.holdfast.control.health.Standing;
import dev.holdfast.control.health.Verdict;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.plan.ProtectionLevel;
import dev.holdfast.control.task.Growth;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Whether all machines are protected, what is wrong, and how it went so far. */
public final class OverviewUseCases {
    private static final int SHOWN_RUNS = 14;
    private static final int MOST_DAYS = 200;
    private static final long DAY_MILLIS = 86_400_000;

    private final Engine engine;
    private final ControlDb control;
    private final Assessments assessments;
    private final RecoveryPoints recovery;

    OverviewUseCases(ControlDb control, Engine engine, Assessments assessments, RecoveryPoints recovery) {
        this.control = control;
        this.engine = engine;
        this.assessments = assessments;
        this.recovery = recovery;
    }

    /**
     * What the data of all present snapshots were on their way.
     *
     * @param contentBytes of files, once for each snapshot
     * @param sentBytes that the appliance did not have
     * @param wireBytes those, compressed
     */
    public record Savings(long contentBytes, long sentBytes, long wireBytes) {
        private Savings and(@Nullable SnapshotSummary summary) {
            if (summary == null) {
                return this;
            }
            SnapshotSummary.Counts counts = summary.counts();
            return new Savings(
                    contentBytes + counts.bytes(), sentBytes + counts.sentBytes(), wireBytes + counts.wireBytes());
        }
    }

    /**
     * How well a node is protected.
     *
     * @param level of GB/T 20988-2007 that its data reach, 0 to 4
     * @param missing what the next level wants
     * @param rpoSeconds the worst of {@code rpo} in the last 30 days, of plans with a schedule where there are any; -1 where one of
     *     them measured nothing yet
     * @param rpo what would be lost, and would have been, by each plan
     * @param rtoSeconds to restore all, by the newest rehearsal, -1 without
     * @param offsiteAgeSeconds of the newest snapshot off-site, -1 for none
     * @param health in one word
     * @param runs the newest, the oldest of them first
     */
    public record Protection(
            String node,
            int level,
            List<ProtectionLevel.Missing> missing,
            @Nullable Instant lastSuccess,
            long rpoSeconds,
            List<Rpo> rpo,
            long rtoSeconds,
            @Nullable Instant rehearsedAt,
            boolean rehearsalPassed,
            long offsiteAgeSeconds,
            Health health,
            List<RunTable.Run> runs) {}

    /**
     * The appliance at a glance.
     *
     * @param usedBytes and {@code capacityBytes} and {@code chunks} of all nodes together: -1 for users who see some only
     */
    public record Overview(
            Instant now,
            Verdict verdict,
            String profile,
            int nodes,
            int maxNodes,
            int connected,
            long usedBytes,
            long capacityBytes,
            long chunks,
            long snapshots,
            Savings savings,
            Growth growth,
            List<Protection> protection,
            Map<String, Long> tasks,
            Map<String, Long> openEvents,
            List<Need> needs) {}

    /** What was: hours of tasks, and samples of the volumes, the oldest first. */
    public record History(List<HistoryTable.Hour> hours, List<HistoryTable.Sample> samples) {}

    private static final class Facts {
        final int id;
        long last;

        Facts(int id) {
            this.id = id;
        }
    }

    /** The appliance at a glance, as far as the actor sees it. */
    public Overview overview(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        long now = System.currentTimeMillis();
        Map<String, Facts> nodes = new TreeMap<>();
        Map<Integer, String> names = new HashMap<>();
        int connected = 0;
        Set<Integer> present = engine.connected();
        for (Node each : control.nodes().list()) {
            if (each.active() && actor.sees(each.name())) {
                nodes.put(each.name(), new Facts(each.id()));
                names.put(each.id(), each.name());
                connected += present.contains(each.id()) ? 1 : 0;
            }
        }
        long snapshots = 0;
        Savings savings = new Savings(0, 0, 0);
        Set<UUID> there = new HashSet<>();
        for (KnownSnapshot each : engine.snapshots()) {
            if (!actor.sees(each.nodeName())) {
                continue;
            }
            there.add(each.id());
            snapshots++;
            savings = savings.and(each.summary());
            Facts facts = nodes.get(each.nodeName());
            if (facts != null) {
                facts.last = Math.max(facts.last, each.committed());
            }
        }
        boolean all = actor.seesAll();
        List<VaultState> vaults = VaultState.all(control, engine.running());
        Assessments.Assessment assessed = assessments.of(actor);
        List<Protection> protection = protection(
                now, nodes, names, vaults, assessed.machines(), recovery.of(names.keySet(), there::contains));
        return new Overview(
                Instant.ofEpochMilli(now),
                assessed.verdict(),
                engine.profile().name(),
                nodes.size(),
                engine.profile().nodes(),
                connected,
                all ? engine.room().usedBytes() : -1,
                all ? engine.room().capacityBytes() : -1,
                all ? engine.chunks() : -1,
                snapshots,
                savings,
                all ? growth(now) : Growth.UNKNOWN,
                protection,
                all ? counts(control.taskHistory().count(), each -> each.text()) : Map.of(),
                all ? counts(control.events().countOpen(), each -> each.name().toLowerCase(Locale.ROOT)) : Map.of(),
                assessed.needs());
    }

    private static <T> Map<String, Long> counts(Map<T, Long> of, Function<T, String> name) {
        Map<String, Long> counts = new TreeMap<>();
        of.forEach((each, number) -> counts.put(name.apply(each), number));
        return counts;
    }

    private List<Protection> protection(
            long now,
            Map<String, Facts> nodes,
            Map<Integer, String> names,
            List<VaultState> vaults,
            Map<Integer, Standing> standings,
            Map<Integer, List<Rpo>> recoveries)
            throws IOException {
        Map<String, Long> offsite = new HashMap<>();
        for (VaultState vault : vaults) {
            vault.nodes().forEach(each -> {
                Instant last = each.lastOffsite();
                if (last != null) {
                    offsite.merge(each.node(), last.toEpochMilli(), Math::max);
                }
            });
        }
        Map<String, DrillStanding> drills = DrillStanding.all(control);
        Set<String> scheduled = scheduled(names);
        List<Protection> protection = new ArrayList<>();
        for (Map.Entry<String, Facts> each : nodes.entrySet()) {
            Facts facts = each.getValue();
            List<Rpo> rpo = recoveries.getOrDefault(facts.id, List.of());
            long worst = worst(rpo);
            long copied = offsite.getOrDefault(each.getKey(), 0L);
            long offsiteAge = copied == 0 ? -1 : (now - copied) / 1000;
            DrillStanding drill = drills.get(each.getKey());
            boolean passed = drill != null && drill.passed();
            long rto = drill == null ? -1 : drill.rtoSeconds();
            ProtectionLevel.Reached reached = ProtectionLevel.of(new ProtectionLevel.Facts(
                    facts.last == 0 ? -1 : (now - facts.last) / 1000,
                    offsiteAge,
                    scheduled.contains(each.getKey()),
                    worst,
                    drill == null || !passed ? -1 : (now - drill.at()) / 1000,
                    rto));
            protection.add(new Protection(
                    each.getKey(),
                    reached.level(),
                    reached.missing(),
                    Moments.ofMillis(facts.last),
                    worst,
                    rpo,
                    rto,
                    drill == null ? null : Instant.ofEpochMilli(drill.at()),
                    passed,
                    offsiteAge,
                    Objects.requireNonNull(standings.get(facts.id)).health(),
                    control.runs().ofNode(facts.id, SHOWN_RUNS)));
        }
        return protection;
    }

    private static long worst(List<Rpo> rpo) {
        List<Rpo> scheduled = rpo.stream().filter(Rpo::scheduled).toList();
        List<Rpo> counting = scheduled.isEmpty() ? rpo : scheduled;
        return counting.stream().anyMatch(each -> measured(each) < 0)
                ? -1
                : counting.stream().mapToLong(OverviewUseCases::measured).max().orElse(-1);
    }

    private static long measured(Rpo rpo) {
        long worst = rpo.month().worstSeconds();
        // One backup a moment ago measures nothing.
        return rpo.currentSeconds() < 0 || rpo.month().intervals() == 0 && worst < DAY_MILLIS / 1000 ? -1 : worst;
    }

    /** The nodes of which a plan that is not paused makes snapshots by a schedule. */
    private Set<String> scheduled(Map<Integer, String> names) throws IOException {
        Set<String> scheduled = new HashSet<>();
        Map<String, PlanTable.Row> plans = new HashMap<>();
        control.plans().all().forEach(each -> plans.put(each.name(), each));
        for (PlanTable.Binding each : control.plans().bindings()) {
            PlanTable.Row plan = plans.get(each.plan());
            String name = names.get(each.node());
            if (plan != null
                    && name != null
                    && !plan.paused()
                    && !Plan.parse(plan.settings()).when().schedule().isEmpty()) {
                scheduled.add(name);
            }
        }
        return scheduled;
    }

    private Growth growth(long now) throws IOException {
        return Growth.of(
                control.history().samples(now - Growth.MONTH_MILLIS),
                engine.room().leftBytes(),
                Instant.ofEpochMilli(now));
    }

    /** How full the appliance was, and what tasks moved, hour by hour. */
    public History history(Actor actor, long days) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        long since = System.currentTimeMillis() - Math.clamp(days, 1, MOST_DAYS) * DAY_MILLIS;
        return new History(control.history().hours(since), control.history().samples(since));
    }
}
