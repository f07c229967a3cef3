package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The points in time that a node can be restored to, by days. */
public final class RestorePointUseCases {
    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;

    RestorePointUseCases(ControlDb control, Engine engine, NodeUseCases nodes) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
    }

    /** A snapshot, and when it was taken. */
    public record Point(UUID id, Instant taken) {}

    /**
     * A day with snapshots.
     *
     * @param day such as 2026-11-28, in the zone that was asked for
     * @param points how many snapshots were taken
     * @param problems how many of them lack something, as their reports say
     * @param damaged how many of them have files that are known to be damaged
     * @param kept how many of them are held or locked
     */
    public record Day(String day, int points, int problems, int damaged, int kept) {}

    /**
     * The snapshots of a month.
     *
     * @param month such as 2026-11
     * @param days those with snapshots, in order
     * @param earlier the month before with snapshots, {@code later} the one after; null for none
     * @param points of the node in all months
     * @param newest of the node in all months; null where it has none
     */
    public record Month(
            String month,
            List<Day> days,
            @Nullable String earlier,
            @Nullable String later,
            long points,
            @Nullable Point newest) {}

    /**
     * The snapshots of a node in a month, by days.
     *
     * @param wanted such as 2026-11; empty for the month of the newest snapshot
     * @param zoneName in which days begin and end; empty for the appliance's own
     */
    public Month month(Actor actor, String name, String wanted, String zoneName) throws IOException {
        actor.require(Permission.VIEW);
        Node node = nodes.find(actor, name);
        ZoneId zone = zone(zoneName);
        List<KnownSnapshot> all = engine.snapshots(node.id());
        KnownSnapshot newest = all.isEmpty() ? null : all.getLast();
        YearMonth month = wanted.isEmpty()
                ? YearMonth.from(newest == null ? ZonedDateTime.now(zone) : at(newest, zone))
                : parse(wanted);
        int from = firstSince(all, month, zone);
        int to = firstSince(all, month.plusMonths(1), zone);
        return new Month(
                month.toString(),
                days(all.subList(from, to), zone),
                from == 0 ? null : YearMonth.from(at(all.get(from - 1), zone)).toString(),
                to == all.size() ? null : YearMonth.from(at(all.get(to), zone)).toString(),
                all.size(),
                newest == null ? null : new Point(newest.id(), Instant.ofEpochMilli(newest.committed())));
    }

    private static ZonedDateTime at(KnownSnapshot snapshot, ZoneId zone) {
        return Instant.ofEpochMilli(snapshot.committed()).atZone(zone);
    }

    /** The index of the first snapshot of a month or later. */
    private static int firstSince(List<KnownSnapshot> all, YearMonth month, ZoneId zone) {
        long begin = month.atDay(1).atStartOfDay(zone).toInstant().toEpochMilli();
        int low = 0;
        int high = all.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all.get(middle).committed() < begin) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private List<Day> days(List<KnownSnapshot> snapshots, ZoneId zone) throws IOException {
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        Map<UUID, Long> damaged = control.damage().bySnapshot();
        long clock = engine.lockClock();
        Map<String, Day> days = new TreeMap<>();
        for (KnownSnapshot each : snapshots) {
            SnapshotSummary summary = each.summary();
            Day one = new Day(
                    at(each, zone).toLocalDate().toString(),
                    1,
                    summary != null && summary.counts().problems() > 0 ? 1 : 0,
                    damaged.getOrDefault(each.id(), 0L) > 0 ? 1 : 0,
                    marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE).why(clock) == null ? 0 : 1);
            days.merge(
                    one.day,
                    one,
                    (sum, next) -> new Day(
                            sum.day,
                            sum.points + 1,
                            sum.problems + next.problems,
                            sum.damaged + next.damaged,
                            sum.kept + next.kept));
        }
        return new ArrayList<>(days.values());
    }

    private static YearMonth parse(String month) throws UseCaseException {
        try {
            return YearMonth.parse(month);
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Phrase.of("refused.month").with("month", AuditTrail.cut(month, 20)));
        }
    }

    private static ZoneId zone(String zone) throws UseCaseException {
        try {
            return zone.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw UseCaseException.invalid(Schedule.noZone(AuditTrail.cut(zone, 100)));
        }
    }
}
