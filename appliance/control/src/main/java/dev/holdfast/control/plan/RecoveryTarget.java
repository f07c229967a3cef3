package dev.holdfast.control.plan;

import dev.holdfast.control.calendar.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What may be lost by a plan: the longest time from one due run to the next, and the patience of the plan. Beyond that its snapshot is
 * overdue; a plan without overdue alerts is given the same time once more.
 */
public final class RecoveryTarget {
    private static final Duration LOOKED_AT = Duration.ofDays(8);
    private static final int MOST_RUNS = 8 * 24 * 60;

    private RecoveryTarget() {}

    /** Empty for plans without a schedule. */
    public static Optional<Duration> of(Plan plan, Instant now) {
        return longest(plan, now)
                .map(longest -> longest.plus(plan.jitter())
                        .plus(
                                plan.when().overdueMinutes() == 0
                                        ? longest
                                        : Duration.ofMinutes(plan.when().overdueMinutes())));
    }

    private static Optional<Duration> longest(Plan plan, Instant now) {
        Schedule schedule = plan.when().parsed();
        if (schedule == null) {
            return Optional.empty();
        }
        Instant end = now.plus(LOOKED_AT);
        Instant previous = null;
        Duration longest = null;
        Instant at = now;
        for (int run = 0; run < MOST_RUNS; run++) {
            Optional<Instant> next = schedule.next(at);
            if (next.isEmpty() || longest != null && next.get().isAfter(end)) {
                break;
            }
            at = next.get();
            if (!plan.when().mayBegin(at, schedule)) {
                continue;
            }
            if (previous != null) {
                Duration interval = Duration.between(previous, at);
                longest = longest == null || interval.compareTo(longest) > 0 ? interval : longest;
            }
            previous = at;
        }
        return Optional.ofNullable(longest);
    }
}
