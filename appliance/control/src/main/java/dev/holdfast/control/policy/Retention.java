package dev.holdfast.control.policy;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How long snapshots stay: the last few, and the last of each of so many hours, days, weeks, months and years that have
 * any, and all within a time before the newest. A snapshot stays as long as one of these wants it. The newest always stays,
 * and without any rule all do: a machine that is silent keeps what it has. A count that is missing in JSON is 0.
 *
 * @param withinDays before the newest snapshot, not before now; likewise {@code withinHours}, for plans that run every few
 *     minutes, null for none, so that policies without it stay as older releases know them
 */
public record Retention(
        @JsonSetter(nulls = Nulls.AS_EMPTY) int last,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int hourly,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int daily,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int weekly,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int monthly,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int yearly,
        @JsonSetter(nulls = Nulls.AS_EMPTY) int withinDays,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer withinHours) {
    public static final Retention ALL = new Retention(0, 0, 0, 0, 0, 0, 0);

    /** Without a rule of hours. */
    public Retention(int last, int hourly, int daily, int weekly, int monthly, int yearly, int withinDays) {
        this(last, hourly, daily, weekly, monthly, yearly, withinDays, null);
    }

    public Retention {
        for (int each : new int[] {last, hourly, daily, weekly, monthly, yearly, withinDays}) {
            if (each < 0) {
                throw new PhrasedArgumentException(Phrase.of("policy.negative"));
            }
        }
        if (withinHours != null && withinHours < 0) {
            throw new PhrasedArgumentException(Phrase.of("policy.negative"));
        }
        withinHours = withinHours != null && withinHours == 0 ? null : withinHours;
    }

    /** Within so many hours before the newest snapshot all stay; 0 without such a rule. */
    @JsonIgnore
    public int hours() {
        return withinHours == null ? 0 : withinHours;
    }

    /**
     * What becomes of a snapshot.
     *
     * @param reasons why it stays, empty where it goes
     */
    public record Verdict<T>(T snapshot, List<String> reasons) {
        public boolean stays() {
            return !reasons.isEmpty();
        }
    }

    /** One rule that counts calendar periods. */
    private record Calendar(String name, int count, Function<ZonedDateTime, Object> period) {}

    private List<Calendar> calendars() {
        return List.of(
                new Calendar("hourly", hourly, at -> at.toLocalDate() + "T" + at.getHour() + at.getOffset()),
                new Calendar("daily", daily, ZonedDateTime::toLocalDate),
                new Calendar(
                        "weekly",
                        weekly,
                        at -> at.get(IsoFields.WEEK_BASED_YEAR) + "W" + at.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR)),
                new Calendar("monthly", monthly, at -> at.getYear() + "-" + at.getMonthValue()),
                new Calendar("yearly", yearly, ZonedDateTime::getYear));
    }

    private static boolean isFuture(long taken, long now) {
        return taken - now > Duration.ofDays(1).toMillis();
    }

    /**
     * Judges one series of snapshots: those of one node and the same sources.
     *
     * @param taken when each was, ms since 1970
     * @param now ms since 1970; what was taken more than a day later had a wrong clock: it stays, and is no measure for others
     * @return the newest first
     */
    public <T> List<Verdict<T>> judge(List<T> series, Function<T, Long> taken, ZoneId zone, long now) {
        List<Verdict<T>> verdicts = new ArrayList<>();
        series.stream()
                .filter(each -> isFuture(taken.apply(each), now))
                .sorted(Comparator.comparing(taken).reversed())
                .forEach(each -> verdicts.add(new Verdict<>(each, List.of("in the future"))));
        List<T> newestFirst = series.stream()
                .filter(each -> !isFuture(taken.apply(each), now))
                .sorted(Comparator.comparing(taken).reversed())
                .toList();
        if (newestFirst.isEmpty()) {
            return List.copyOf(verdicts);
        }
        boolean any = !equals(ALL);
        long newest = taken.apply(newestFirst.getFirst());
        Map<String, Set<Object>> seen = new HashMap<>();
        for (int i = 0; i < newestFirst.size(); i++) {
            T snapshot = newestFirst.get(i);
            long at = taken.apply(snapshot);
            List<String> reasons = new ArrayList<>();
            if (!any) {
                reasons.add("no rule");
            }
            if (i < last) {
                reasons.add("last");
            }
            Duration within = Duration.ofHours(Math.max(24L * withinDays, hours()));
            if (within.isPositive() && newest - at <= within.toMillis()) {
                reasons.add("within");
            }
            ZonedDateTime local = Instant.ofEpochMilli(at).atZone(zone);
            for (Calendar each : calendars()) {
                Set<Object> periods = seen.computeIfAbsent(each.name, name -> new HashSet<>());
                if (periods.size() < each.count && periods.add(each.period.apply(local))) {
                    reasons.add(each.name);
                }
            }
            if (i == 0 && reasons.isEmpty()) {
                reasons.add("newest");
            }
            verdicts.add(new Verdict<>(snapshot, List.copyOf(reasons)));
        }
        return verdicts;
    }
}
