package dev.holdfast.control.calendar;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a schedule is due within a time. Few runs are named one by one. Many are counted, without going from one to the next:
 * a schedule is due at the same minutes of every day on which it is due, unless the clocks change on that day. Used by one
 * thread.
 */
public final class DueRuns {
    /** More runs than these are many. */
    public static final int MOST_NAMED = 6;

    private final Schedule schedule;
    private final ZoneId zone;
    /** Seconds since the beginning of a day, ascending; null until they were asked for. */
    private long @Nullable [] seconds;

    /** Between these nothing is due, as was found last: who asks day by day need not look again. */
    private Instant idleAfter = Instant.MAX;

    private Instant idleUntil = Instant.MIN;

    public DueRuns(Schedule schedule) {
        this.schedule = schedule;
        this.zone = schedule.zone();
    }

    /** What is due within a time. */
    public sealed interface Runs {}

    /** Each of them; none where nothing is due. */
    public record Few(List<Instant> at) implements Runs {}

    /** @param every from one to the next; zero where that differs */
    public record Many(Instant first, Instant last, int count, Duration every) implements Runs {}

    /** What is due from one moment to before another. */
    public Runs between(Instant from, Instant until) {
        if (from.isAfter(idleAfter) && !until.isAfter(idleUntil)) {
            return new Few(List.of());
        }
        List<Instant> named = step(from, until, MOST_NAMED + 1);
        if (named.size() <= MOST_NAMED) {
            return new Few(named);
        }
        Count count = new Count();
        LocalDate end = until.atZone(zone).toLocalDate();
        for (LocalDate day = from.atZone(zone).toLocalDate(); !day.isAfter(end); day = day.plusDays(1)) {
            count(day, from, until, count);
        }
        return count.many(every(named));
    }

    /** Of the first runs; zero where that differs. */
    private static Duration every(List<Instant> named) {
        Duration every = Duration.between(named.get(0), named.get(1));
        for (int i = 2; i < named.size(); i++) {
            if (!Duration.between(named.get(i - 1), named.get(i)).equals(every)) {
                return Duration.ZERO;
            }
        }
        return every;
    }

    private static final class Count {
        private int runs;
        private Instant first = Instant.MAX;
        private Instant last = Instant.MIN;

        void add(int more, Instant earliest, Instant latest) {
            runs += more;
            first = earliest.isBefore(first) ? earliest : first;
            last = latest.isAfter(last) ? latest : last;
        }

        Many many(Duration every) {
            boolean regular = every.multipliedBy(runs - 1L).equals(Duration.between(first, last));
            return new Many(first, last, runs, regular ? every : Duration.ZERO);
        }
    }

    private void count(LocalDate day, Instant from, Instant until, Count count) {
        Instant begin = day.atStartOfDay(zone).toInstant();
        Instant end = day.plusDays(1).atStartOfDay(zone).toInstant();
        Instant low = from.isAfter(begin) ? from : begin;
        Instant high = until.isBefore(end) ? until : end;
        if (!low.isBefore(high)) {
            return;
        }
        if (changesClocks(begin, end)) {
            List<Instant> runs = step(low, high, Integer.MAX_VALUE);
            if (!runs.isEmpty()) {
                count.add(runs.size(), runs.getFirst(), runs.getLast());
            }
            return;
        }
        if (schedule.next(begin.minusSeconds(1)).filter(end::isAfter).isEmpty()) {
            return;
        }
        long[] known = secondsOf(begin, end);
        int begun = place(known, Duration.between(begin, low));
        int ended = place(known, Duration.between(begin, high));
        if (begun < ended) {
            count.add(ended - begun, begin.plusSeconds(known[begun]), begin.plusSeconds(known[ended - 1]));
        }
    }

    private boolean changesClocks(Instant begin, Instant end) {
        ZoneOffsetTransition change = zone.getRules().nextTransition(begin.minusMillis(1));
        return change != null && !change.getInstant().isAfter(end);
    }

    /** As on a day on which it is due and the clocks do not change. */
    private long[] secondsOf(Instant begin, Instant end) {
        long[] known = seconds;
        if (known == null) {
            known = step(begin, end, Integer.MAX_VALUE).stream()
                    .mapToLong(at -> Duration.between(begin, at).toSeconds())
                    .toArray();
            seconds = known;
        }
        return known;
    }

    /** How many of them come before a time of the day. */
    private static int place(long[] known, Duration time) {
        long whole = time.toSeconds() + (time.toNanosPart() > 0 ? 1 : 0);
        int found = Arrays.binarySearch(known, whole);
        return found < 0 ? -found - 1 : found;
    }

    private List<Instant> step(Instant from, Instant until, int most) {
        List<Instant> runs = new ArrayList<>();
        Instant at = from.minusMillis(1);
        while (runs.size() < most) {
            Instant next = schedule.next(at).orElse(Instant.MAX);
            if (!next.isBefore(until)) {
                idleAfter = at;
                idleUntil = next;
                break;
            }
            if (!next.isBefore(from)) {
                runs.add(next);
            }
            at = next;
        }
        return runs;
    }
}
