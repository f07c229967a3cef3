package dev.holdfast.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When reports are due. */
class ReportScheduleTest {
    private static ReportSchedule schedule(String every, int weekday, int monthDay, String at, String zone) {
        return new ReportSchedule(every, weekday, monthDay, at, zone, "en", "office", List.of(), "");
    }

    private static Instant at(String text) {
        return Instant.parse(text);
    }

    @Test
    void dailyReportsAreDueAtTheirTimeInTheirZone() {
        ReportSchedule daily = schedule("daily", 1, 1, "07:00", "Asia/Shanghai");
        assertThat(daily.lastDue(at("2026-11-27T23:00:00Z"))).contains(at("2026-11-27T23:00:00Z"));
        assertThat(daily.lastDue(at("2026-11-27T22:59:59Z"))).contains(at("2026-11-26T23:00:00Z"));
        assertThat(daily.nextDue(at("2026-11-27T23:00:00Z"))).contains(at("2026-11-28T23:00:00Z"));
    }

    @Test
    void weeklyAndMonthlyReportsAreDueOnTheirDay() {
        ReportSchedule weekly = schedule("weekly", 1, 1, "06:30", "UTC");
        assertThat(weekly.lastDue(at("2026-11-28T12:00:00Z"))).contains(at("2026-11-23T06:30:00Z"));
        assertThat(weekly.nextDue(at("2026-11-28T12:00:00Z"))).contains(at("2026-11-30T06:30:00Z"));
        ReportSchedule monthly = schedule("monthly", 1, 28, "00:00", "UTC");
        assertThat(monthly.lastDue(at("2026-03-27T23:59:00Z"))).contains(at("2026-02-28T00:00:00Z"));
        assertThat(monthly.nextDue(at("2026-11-28T12:00:00Z"))).contains(at("2026-12-28T00:00:00Z"));
        assertThat(schedule("never", 1, 1, "07:00", "UTC").lastDue(at("2026-11-28T12:00:00Z")))
                .isEmpty();
        assertThat(schedule("never", 1, 1, "07:00", "UTC").nextDue(at("2026-11-28T12:00:00Z")))
                .isEmpty();
    }

    @Test
    void reportOfAnHourThatIsLeftOutIsDueAfterIt() {
        ReportSchedule daily = schedule("daily", 1, 1, "02:30", "Europe/Berlin");
        assertThat(daily.nextDue(at("2026-03-29T00:00:00Z"))).contains(at("2026-03-29T01:30:00Z"));
    }

    @Test
    void aReportTellsOfTheTimeSinceTheOneBefore() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        assertThat(ReportSchedule.from("daily", at("2026-03-29T10:00:00Z"), berlin))
                .isEqualTo(at("2026-03-28T11:00:00Z"));
        assertThat(ReportSchedule.from("weekly", at("2026-11-28T07:00:00Z"), berlin))
                .isEqualTo(at("2026-11-21T07:00:00Z"));
        assertThat(ReportSchedule.from("monthly", at("2026-11-28T07:00:00Z"), berlin))
                .isEqualTo(at("2026-10-28T06:00:00Z").plusSeconds(3600));
    }
}
