package dev.holdfast.control.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.control.limit.Bound;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;

/**
 * When reports are sent, to whom, and in which language.
 *
 * @param every never, daily, weekly or monthly
 * @param weekday of weekly ones, 1 for Monday to 7
 * @param monthDay of monthly ones, 1 to 28
 * @param timeOfDay the time of day, as in 07:00
 * @param zone in which that is, as in Europe/Berlin
 * @param language en or zh
 * @param channel the mail channel that sends them
 * @param to whom; empty for the channel's own recipients
 * @param console where users reach the console, for links; empty for no links
 */
public record ReportSchedule(
        @JsonProperty(required = true) @Bound(characters = 10)
        String every,

        @JsonProperty(required = true) int weekday,
        @JsonProperty(required = true) int monthDay,

        @JsonProperty(required = true) @Bound(characters = 5)
        String timeOfDay,

        @JsonProperty(required = true) @Bound(characters = 100)
        String zone,

        @JsonProperty(required = true) @Bound(characters = 5)
        String language,

        @JsonProperty(required = true) @Bound(characters = 100)
        String channel,

        @JsonProperty(required = true) @Bound(characters = 320, items = 50)
        List<String> to,

        @JsonProperty(required = true) @Bound(characters = 300)
        String console) {
    public static final String NEVER = "never";
    public static final String DAILY = "daily";
    public static final String WEEKLY = "weekly";
    public static final String MONTHLY = "monthly";
    /** How often reports may be sent. */
    public static final List<String> EVERY = List.of(NEVER, DAILY, WEEKLY, MONTHLY);

    private static final int MOST_DAYS_BETWEEN = 32;

    /** No report is ever due. */
    public boolean off() {
        return every.equals(NEVER);
    }

    private boolean due(LocalDate day) {
        return switch (every) {
            case DAILY -> true;
            case WEEKLY -> day.getDayOfWeek().getValue() == weekday;
            case MONTHLY -> day.getDayOfMonth() == monthDay;
            default -> false;
        };
    }

    private Instant moment(LocalDate day) {
        // What falls into the hour that a change of the clocks leaves out is due after it.
        return ZonedDateTime.of(day, LocalTime.parse(timeOfDay), ZoneId.of(zone))
                .toInstant();
    }

    /** When a report was due last, now included; empty for never. */
    public Optional<Instant> lastDue(Instant now) {
        LocalDate today = LocalDate.ofInstant(now, ZoneId.of(zone));
        for (int back = 0; back <= MOST_DAYS_BETWEEN; back++) {
            LocalDate day = today.minusDays(back);
            if (due(day) && !moment(day).isAfter(now)) {
                return Optional.of(moment(day));
            }
        }
        return Optional.empty();
    }

    /** When the next report is due; empty for never. */
    public Optional<Instant> nextDue(Instant now) {
        LocalDate today = LocalDate.ofInstant(now, ZoneId.of(zone));
        for (int ahead = 0; ahead <= MOST_DAYS_BETWEEN; ahead++) {
            LocalDate day = today.plusDays(ahead);
            if (due(day) && moment(day).isAfter(now)) {
                return Optional.of(moment(day));
            }
        }
        return Optional.empty();
    }

    /** Where the time begins that a report tells of. */
    public static Instant from(String every, Instant until, ZoneId zone) {
        ZonedDateTime end = until.atZone(zone);
        return (switch (every) {
                    case MONTHLY -> end.minusMonths(1);
                    case WEEKLY -> end.minusWeeks(1);
                    default -> end.minusDays(1);
                })
                .toInstant();
    }
}
