package dev.holdfast.control.calendar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleTest {
    private static List<String> times(String line, String zone, String from, int count) {
        Schedule schedule = Schedule.parse(line, zone);
        List<String> times = new ArrayList<>();
        Instant at = LocalDateTime.parse(from).atZone(ZoneId.of(zone)).toInstant();
        for (int i = 0; i < count; i++) {
            at = schedule.next(at).orElseThrow();
            times.add(at.atZone(ZoneId.of(zone)).toOffsetDateTime().toString());
        }
        return times;
    }

    @Test
    void whatFallsIntoTheHourThatIsLeftOutIsDueAtTheChange() {
        assertThat(times("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00", 3))
                .containsExactly("2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00");
        // Southern hemisphere, and a change of half an hour.
        assertThat(times("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", 2))
                .containsExactly("2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00");
    }

    @Test
    void whatFallsIntoTheHourThatComesTwiceIsDueOnce() {
        assertThat(times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2))
                .containsExactly("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00");
    }

    @Test
    void whatIsDueEveryHalfHourIsSoThroughBothChanges() {
        for (String from : List.of("2026-03-29T00:10", "2026-10-25T00:10")) {
            Schedule schedule = Schedule.parse("*/30 * * * *", "Europe/Berlin");
            Instant at = schedule.next(LocalDateTime.parse(from)
                            .atZone(ZoneId.of("Europe/Berlin"))
                            .toInstant())
                    .orElseThrow();
            for (int i = 0; i < 10; i++) {
                Instant next = schedule.next(at).orElseThrow();
                assertThat(next).isEqualTo(at.plusSeconds(1800));
                at = next;
            }
        }
    }

    /** Whatever the zone, a daily plan runs once on each calendar day, and times only grow. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Europe/Berlin",
                "America/New_York",
                "Asia/Shanghai",
                "Australia/Lord_Howe",
                "UTC",
                "America/Santiago"
            })
    void dailyIsOnceADay(String zone) {
        long seed = 7;
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            int hour = random.nextInt(24);
            int minute = random.nextInt(60);
            Schedule schedule = Schedule.parse(minute + " " + hour + " * * *", zone);
            Instant at = LocalDateTime.of(2026, 1, 1, 0, 0)
                    .atZone(ZoneId.of(zone))
                    .toInstant()
                    .minusSeconds(1);
            for (int day = 0; day < 365; day++) {
                Instant next = schedule.next(at).orElseThrow();
                assertThat(next).isAfter(at);
                assertThat(next.atZone(ZoneId.of(zone)).toLocalDate())
                        .as("%02d:%02d in %s, seed %d", hour, minute, zone, seed)
                        .isEqualTo(
                                LocalDateTime.of(2026, 1, 1, 0, 0).plusDays(day).toLocalDate());
                at = next;
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "60 * * * *|UTC|no schedule",
                "* * * *|UTC|no schedule",
                "0 0 * * * *|UTC|no schedule",
                "hello|UTC|no schedule",
                "0 0 * * *|Mars/Olympus|no time zone"
            })
    void whatIsNoScheduleIsRefused(String line, String zone, String why) {
        assertThatThrownBy(() -> Schedule.parse(line, zone))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aDayThatNeverComesIsNever() {
        assertThat(Schedule.parse("0 0 31 2 *", "UTC").next(Instant.now())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "99 * * * *|the field minute is '99', but may be 0 to 59",
                "0 24 * * *|the field hour is '24', but may be 0 to 23",
                "0 0 x * *|the field day is 'x', but may be 1 to 31",
                "0 0 * 13 *|the field month is '13', but may be 1 to 12 or JAN to DEC",
                "0 0 * * 9|the field weekday is '9', but may be 0 to 7",
                "*/15 5-1-2 * * *|the field hour is '5-1-2'",
                "0 0|it has 2 fields",
                "0 0 * * * *|it has 6 fields",
                "@yearly|the short forms are @hourly, @daily, @weekly and @monthly"
            })
    void aRefusalNamesTheFieldAndWhatItMayBe(String line, String told) {
        assertThatThrownBy(() -> Schedule.parse(line, "UTC"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + line + "' is no schedule: " + told)
                .hasMessageEndingWith(
                        "; write five fields (minute hour day month weekday) such as 30 22 * * 1-5, or @daily")
                .message()
                .doesNotContainIgnoringCase("cron")
                .doesNotContain("not in range", "expect", "parse");
    }
}
