package dev.holdfast.control.health;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.RecoveryTable;
import dev.holdfast.control.db.RecoveryTable.Run;
import dev.holdfast.control.db.RecoveryTable.Series;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.plan.RecoveryTarget;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What each node would lose, by plan, derived whenever it is asked. Safe for use by several threads. */
public final class RecoveryPoints {
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();
    private static final long TARGET_MILLIS = Duration.ofHours(1).toMillis();
    private static final int MOST_LOOKED_AT = 200;

    private final ControlDb control;
    private final Map<String, Target> targets = new ConcurrentHashMap<>();

    public RecoveryPoints(ControlDb control) {
        this.control = control;
    }

    /** Which snapshots are there. */
    public interface Present {
        boolean present(UUID snapshot);
    }

    private record Target(Optional<Duration> time, long at) {}

    /** What a look has read. */
    private record Known(
            long now,
            Map<Series, List<Run>> runs,
            Map<Series, TreeMap<Long, Long>> intervals,
            long folded,
            Set<String> damaged,
            Present present) {}

    /** For each of some nodes, by its number, what it would lose: by each plan that is bound to it, or else by what was done. */
    public Map<Integer, List<Rpo>> of(Set<Integer> nodes, Present present) throws IOException {
        long now = control.recovery().now();
        long month = now - RecoveryTable.DAYS * DAY_MILLIS;
        long folded = control.recovery().folded();
        Set<String> damaged = new HashSet<>();
        control.damage().bySnapshot().keySet().forEach(each -> damaged.add(each.toString()));
        Known known = new Known(
                now,
                control.recovery().runs(Math.min(now - DAY_MILLIS, Math.max(month, folded)), Long.MAX_VALUE),
                control.recovery().intervals(month),
                folded,
                damaged,
                present);
        Map<Series, Boolean> series = new LinkedHashMap<>();
        Map<Series, Plan> plans = new HashMap<>();
        Set<Integer> bound = bound(nodes, series, plans);
        for (Set<Series> done : List.of(known.runs.keySet(), known.intervals.keySet())) {
            done.stream()
                    .filter(each -> nodes.contains(each.node()) && !bound.contains(each.node()))
                    .sorted(Comparator.comparing(Series::plan))
                    .forEach(each -> series.putIfAbsent(each, false));
        }
        Map<Integer, List<Rpo>> found = new HashMap<>();
        for (Map.Entry<Series, Boolean> each : series.entrySet()) {
            Series one = each.getKey();
            found.computeIfAbsent(one.node(), node -> new ArrayList<>())
                    .add(rpo(known, one, each.getValue(), plans.get(one)));
        }
        return found;
    }

    /** Adds the series of bound plans; returns the nodes that have any. */
    private Set<Integer> bound(Set<Integer> nodes, Map<Series, Boolean> series, Map<Series, Plan> plans)
            throws IOException {
        Map<String, PlanTable.Row> rows = new HashMap<>();
        control.plans().all().forEach(each -> rows.put(each.name(), each));
        Set<Integer> bound = new HashSet<>();
        for (PlanTable.Binding each : control.plans().bindings()) {
            PlanTable.Row row = rows.get(each.plan());
            if (row != null && nodes.contains(each.node())) {
                Plan plan = Plan.parse(row.settings());
                Series one = new Series(each.node(), each.plan());
                plans.put(one, plan);
                series.put(one, !row.paused() && plan.when().parsed() != null);
                bound.add(each.node());
            }
        }
        return bound;
    }

    private Rpo rpo(Known known, Series series, boolean scheduled, @Nullable Plan plan) throws IOException {
        List<Run> runs = known.runs.getOrDefault(series, List.of());
        Optional<Run> last = last(known, series, runs);
        long current = last.isPresent() ? seconds(known.now - last.get().began()) : -1;
        long target = plan == null
                ? -1
                : target(plan, known.now).map(Duration::toSeconds).orElse(-1L);
        Map<Long, Long> day = new HashMap<>();
        add(known, series, runs, known.now - DAY_MILLIS, day);
        Map<Long, Long> month = new HashMap<>(known.intervals.getOrDefault(series, new TreeMap<>()));
        add(known, series, runs, Math.max(known.folded, known.now - RecoveryTable.DAYS * DAY_MILLIS), month);
        return new Rpo(
                series.plan(),
                scheduled,
                target,
                last.map(each -> Instant.ofEpochMilli(each.began())).orElse(null),
                last.map(each -> UUID.fromString(each.snapshot())).orElse(null),
                current,
                Rpo.Spread.of(day, current, target),
                Rpo.Spread.of(month, current, target),
                lately(known, runs, each -> !each.complete()),
                lately(known, runs, each -> known.damaged.contains(each.snapshot())));
    }

    private static long lately(Known known, List<Run> runs, Predicate<Run> which) {
        return runs.stream()
                .filter(each -> each.ended() >= known.now - DAY_MILLIS)
                .filter(which)
                .count();
    }

    /** The newest backup that counts now: of those that are there and not damaged, by what it is as of. */
    private Optional<Run> last(Known known, Series series, List<Run> runs) throws IOException {
        Optional<Run> lately = newest(known, runs);
        return lately.isPresent()
                ? lately
                : newest(known, control.recovery().before(series, Long.MAX_VALUE, MOST_LOOKED_AT));
    }

    private static Optional<Run> newest(Known known, List<Run> runs) {
        return runs.stream()
                .filter(each -> !known.damaged.contains(each.snapshot())
                        && known.present.present(UUID.fromString(each.snapshot())))
                .max(Comparator.comparingLong(Run::began));
    }

    /** Adds the intervals of the runs that ended since a moment. */
    private void add(Known known, Series series, List<Run> runs, long since, Map<Long, Long> to) throws IOException {
        List<Run> within = runs.stream().filter(each -> each.ended() >= since).toList();
        Optional<Long> before = runs.stream()
                .filter(each -> each.ended() < since && !known.damaged.contains(each.snapshot()))
                .map(Run::began)
                .max(Long::compare);
        if (before.isEmpty() && !within.isEmpty()) {
            before = control.recovery().lastBefore(series, since, known.damaged);
        }
        RecoveryTable.intervals(before, within, known.damaged).forEach(each -> to.merge(each, 1L, Long::sum));
    }

    private Optional<Duration> target(Plan plan, long now) {
        String key = plan.json();
        Target kept = targets.get(key);
        if (kept == null || Math.abs(now - kept.at) > TARGET_MILLIS) {
            if (targets.size() > 1000) {
                targets.clear();
            }
            kept = new Target(RecoveryTarget.of(plan, Instant.ofEpochMilli(now)), now);
            targets.put(key, kept);
        }
        return kept.time;
    }

    private static long seconds(long millis) {
        return Math.max(0, millis + 999) / 1000;
    }
}
