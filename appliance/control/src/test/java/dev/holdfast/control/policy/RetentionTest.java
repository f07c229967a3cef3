package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RetentionTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static long at(String local) {
        return LocalDateTime.parse(local).atZone(BERLIN).toInstant().toEpochMilli();
    }

    private static List<Long> kept(Retention rules, List<Long> taken) {
        return rules.judge(taken, Function.identity(), BERLIN, at("2030-01-01T00:00")).stream()
                .filter(Retention.Verdict::stays)
                .map(Retention.Verdict::snapshot)
                .toList();
    }

    private static List<Long> daily(String first, int days) {
        List<Long> taken = new ArrayList<>();
        ZonedDateTime at = LocalDateTime.parse(first).atZone(BERLIN);
        for (int i = 0; i < days; i++) {
            taken.add(at.plusDays(i).toInstant().toEpochMilli());
        }
        return taken;
    }

    @Test
    void withoutRulesEverythingStaysAndTheNewestAlwaysDoes() {
        List<Long> taken = daily("2026-01-01T02:00", 10);
        assertThat(kept(Retention.ALL, taken)).hasSize(10);
        // A rule that wants none of them leaves the newest.
        Retention hours = new Retention(0, 0, 0, 0, 0, 0, 1);
        assertThat(kept(hours, List.of(at("2020-01-01T00:00")))).hasSize(1);
        assertThat(kept(Retention.ALL, List.of())).isEmpty();
        assertThatThrownBy(() -> new Retention(-1, 0, 0, 0, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void eachRuleKeepsTheLastOfItsPeriods() {
        List<Long> taken = daily("2026-01-01T02:00", 90);
        assertThat(kept(new Retention(3, 0, 0, 0, 0, 0, 0), taken)).hasSize(3);
        assertThat(kept(new Retention(0, 0, 7, 0, 0, 0, 0), taken)).hasSize(7);
        assertThat(kept(new Retention(0, 0, 0, 0, 3, 0, 0), taken))
                .containsExactly(at("2026-03-31T02:00"), at("2026-02-28T02:00"), at("2026-01-31T02:00"));
        assertThat(kept(new Retention(0, 0, 0, 2, 0, 0, 0), taken))
                .containsExactly(at("2026-03-31T02:00"), at("2026-03-29T02:00"));
        assertThat(kept(new Retention(0, 0, 0, 0, 0, 5, 0), taken)).containsExactly(at("2026-03-31T02:00"));
        assertThat(kept(new Retention(0, 0, 0, 0, 0, 0, 10), taken)).hasSize(11);
        // They add up rather than exclude each other.
        assertThat(kept(new Retention(2, 0, 7, 4, 3, 1, 0), taken)).hasSize(7 + 2 + 2);
    }

    @Test
    void snapshotsOfEveryMinuteAreThinnedOutBehindSomeHours() {
        List<Long> taken = new ArrayList<>();
        ZonedDateTime at = LocalDateTime.parse("2026-06-01T00:00").atZone(BERLIN);
        for (int minute = 0; minute < 10 * 24 * 60; minute++) {
            taken.add(at.plusMinutes(minute).toInstant().toEpochMilli());
        }
        Retention keep = new Retention(0, 48, 7, 0, 0, 0, 0, 2);
        List<Long> kept = kept(keep, taken);
        // All of two hours and the newest, the last of 45 hours before them, and of five days before those.
        assertThat(kept.subList(0, 121)).isEqualTo(taken.reversed().subList(0, 121));
        assertThat(kept).hasSize(121 + 45 + 5);
        // Judged minute by minute, as it comes, the same stay as at once.
        List<Long> left = new ArrayList<>();
        for (Long each : taken) {
            left.add(each);
            if (left.size() % 61 == 0) {
                left = new ArrayList<>(kept(keep, left));
            }
        }
        assertThat(kept(keep, left)).isEqualTo(kept);
    }

    @Test
    void anHourThatComesTwiceIsTwoHoursAndADayOf25IsOneDay() {
        // Clocks went back at 03:00 on 25 October 2026.
        ZonedDateTime before = LocalDateTime.parse("2026-10-25T01:30").atZone(BERLIN);
        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            taken.add(before.plusHours(i).toInstant().toEpochMilli());
        }
        assertThat(kept(new Retention(0, 4, 0, 0, 0, 0, 0), taken)).hasSize(4);
        assertThat(kept(new Retention(0, 0, 2, 0, 0, 0, 0), taken)).hasSize(1);
    }

    @Test
    void aBackupFromTheFutureIsNoMeasureForOthers() {
        List<Long> taken = daily("2029-12-01T02:00", 30);
        taken.add(at("2035-01-01T00:00"));
        assertThat(kept(new Retention(0, 0, 0, 0, 0, 0, 5), taken)).hasSize(6 + 1);
    }

    @Test
    void silenceForgetsNothing() {
        List<Long> old = daily("2020-01-01T02:00", 30);
        Retention rules = new Retention(0, 0, 7, 0, 0, 0, 5);
        assertThat(kept(rules, old)).hasSize(7);
        assertThat(kept(rules, kept(rules, old))).hasSize(7);
    }

    @Test
    void keepingIsSettledAfterOnce() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            List<Long> taken = new ArrayList<>();
            for (int i = random.nextInt(60); i >= 0; i--) {
                taken.add(at("2026-01-01T00:00") + random.nextLong(400L * 86_400_000));
            }
            Retention rules = new Retention(
                    random.nextInt(4),
                    random.nextInt(5),
                    random.nextInt(8),
                    random.nextInt(5),
                    random.nextInt(5),
                    random.nextInt(3),
                    random.nextInt(20));
            List<Long> once = kept(rules, taken);
            assertThat(kept(rules, once)).as("round %d", round).isEqualTo(once);
            assertThat(once).contains(taken.stream().max(Long::compare).orElseThrow());
        }
    }
}
