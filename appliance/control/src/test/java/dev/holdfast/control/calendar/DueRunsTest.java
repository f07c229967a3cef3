package dev.holdfast.control.calendar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DueRunsTest {
    private static Instant begin(String day, String zone) {
        return LocalDate.parse(day).atStartOfDay(ZoneId.of(zone)).toInstant();
    }

    private static List<Instant> stepped(Schedule schedule, Instant from, Instant until) {
        List<Instant> all = new ArrayList<>();
        Instant at = from.minusMillis(1);
        for (Instant next = schedule.next(at).orElseThrow();
                next.isBefore(until);
                next = schedule.next(next).orElseThrow()) {
            all.add(next);
        }
        return all;
    }

    @Test
    void fewAreNamedAndManyAreCounted() {
        Instant from = begin("2026-11-28", "UTC");
        Instant until = begin("2026-11-29", "UTC");
        assertThat(new DueRuns(Schedule.parse("30 22 * * *", "UTC")).between(from, until))
                .isEqualTo(new DueRuns.Few(List.of(Instant.parse("2026-11-28T22:30:00Z"))));
        assertThat(new DueRuns(Schedule.parse("0 */4 * * *", "UTC")).between(from, until))
                .isInstanceOfSatisfying(
                        DueRuns.Few.class, few -> assertThat(few.at()).hasSize(6));
        assertThat(new DueRuns(Schedule.parse("*/15 * * * *", "UTC")).between(from, until))
                .isEqualTo(new DueRuns.Many(from, Instant.parse("2026-11-28T23:45:00Z"), 96, Duration.ofMinutes(15)));
        assertThat(new DueRuns(Schedule.parse("0,10 8-17 * * *", "UTC")).between(from, until))
                .isEqualTo(new DueRuns.Many(
                        Instant.parse("2026-11-28T08:00:00Z"),
                        Instant.parse("2026-11-28T17:10:00Z"),
                        20,
                        Duration.ZERO));
        assertThat(new DueRuns(Schedule.parse("* * * * 1", "UTC")).between(from, until))
                .isEqualTo(new DueRuns.Few(List.of()));
        // A moment after a run.
        assertThat(new DueRuns(Schedule.parse("0 12 * * *", "UTC"))
                        .between(Instant.parse("2026-11-28T12:00:00.000500Z"), until))
                .isEqualTo(new DueRuns.Few(List.of()));
    }

    /** On days of the reader, over changes of clocks, from the middle of a minute: as one goes from run to run. */
    @ParameterizedTest
    @CsvSource({
        "* * * * *, UTC, Asia/Shanghai, 2026-11-26",
        "*/15 * * * *, Europe/Berlin, Asia/Shanghai, 2026-03-27",
        "*/15 * * * *, Europe/Berlin, UTC, 2026-10-23",
        "*/20 1-5 * * 0, Europe/Berlin, America/New_York, 2026-10-23",
        "*/7 8-18 * * 1-5, Asia/Shanghai, Europe/Berlin, 2026-03-26",
        "5-50/5 * * * 1, Australia/Lord_Howe, Asia/Kolkata, 2026-10-02",
        "*/30 * 1 * *, America/Santiago, UTC, 2026-08-31"
    })
    void countsAreThoseOfGoingFromOneToTheNext(String line, String zone, String reader, String day) {
        Schedule schedule = Schedule.parse(line, zone);
        DueRuns runs = new DueRuns(schedule);
        LocalDate from = LocalDate.parse(day);
        for (int i = 0; i < 5; i++) {
            Instant begin = begin(from.plusDays(i).toString(), reader).plusMillis(i == 0 ? 40_017 : 0);
            Instant end = begin(from.plusDays(i + 1).toString(), reader);
            List<Instant> all = stepped(schedule, begin, end);
            switch (runs.between(begin, end)) {
                case DueRuns.Few few -> assertThat(few.at()).isEqualTo(all);
                case DueRuns.Many many -> {
                    assertThat(many.count()).isEqualTo(all.size());
                    assertThat(many.first()).isEqualTo(all.getFirst());
                    assertThat(many.last()).isEqualTo(all.getLast());
                }
            }
        }
    }
}
