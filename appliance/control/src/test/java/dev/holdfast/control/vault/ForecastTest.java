package dev.holdfast.control.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.vault.object.StorageClass;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForecastTest {
    private static final LocalDateTime MONDAY_NOON = LocalDateTime.of(2026, 11, 23, 12, 0);
    private static final long GB = 1_000_000_000;

    private static VaultPolicy policy(List<String> windows, List<VaultPolicy.Bandwidth> limits) {
        return new VaultPolicy(
                VaultPolicy.When.IMMEDIATELY,
                windows.stream().map(Hours::parse).toList(),
                limits,
                0,
                List.of(),
                null,
                StorageClass.STANDARD,
                List.of(),
                4,
                100);
    }

    @Test
    void goesByTheMeasuredRateWhereNothingHoldsItBack() {
        assertThat(Forecast.done(policy(List.of(), List.of()), MONDAY_NOON, 36 * GB, 10e6))
                .contains(MONDAY_NOON.plusHours(1));
    }

    @Test
    void waitsForItsWindowsAndKeepsToItsLimits() {
        assertThat(Forecast.done(policy(List.of("22:00-02:00"), List.of()), MONDAY_NOON, 180 * GB, 10e6))
                .contains(LocalDateTime.of(2026, 11, 24, 23, 0));
        VaultPolicy slowByDay =
                policy(List.of(), List.of(new VaultPolicy.Bandwidth(Hours.parse("08:00-18:00"), 1_000_000)));
        assertThat(Forecast.done(slowByDay, MONDAY_NOON, 6 * 3600 * 1_000_000L + 36 * GB, 10e6))
                .contains(LocalDateTime.of(2026, 11, 23, 19, 0));
    }

    @Test
    void saysNothingWhereItKnowsNothing() {
        assertThat(Forecast.done(policy(List.of(), List.of()), MONDAY_NOON, GB, 0))
                .isEmpty();
        assertThat(Forecast.done(VaultPolicy.READ_ONLY, MONDAY_NOON, GB, 10e6)).isEmpty();
        assertThat(Forecast.done(policy(List.of(), List.of()), MONDAY_NOON, Long.MAX_VALUE, 1))
                .isEmpty();
        assertThat(Forecast.done(policy(List.of(), List.of()), MONDAY_NOON, 0, 10e6))
                .as("nothing is left to do")
                .isEmpty();
        // A limit that always holds is a rate too.
        VaultPolicy limited =
                policy(List.of(), List.of(new VaultPolicy.Bandwidth(Hours.parse("00:00-24:00"), 1_000_000)));
        assertThat(Forecast.done(limited, MONDAY_NOON, 36 * GB / 10, 0)).contains(MONDAY_NOON.plusHours(1));
    }
}
