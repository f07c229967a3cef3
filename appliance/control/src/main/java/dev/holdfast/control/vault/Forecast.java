package dev.holdfast.control.vault;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.Optional;

/** When a backlog will be off-site, by the rate that was measured and the hours and limits to come. */
public final class Forecast {
    private static final Duration STEP = Duration.ofMinutes(5);
    private static final Duration HORIZON = Duration.ofDays(90);

    private Forecast() {}

    /**
     * @param bytesPerSecond what uploads made lately where no limit held them back; 0 where that is not known
     * @return empty where nothing is left to do, where it cannot be told, or where it lies more than 90 days ahead
     */
    public static Optional<LocalDateTime> done(
            VaultPolicy policy, LocalDateTime now, long backlogBytes, double bytesPerSecond) {
        if (backlogBytes <= 0 || policy.when() != VaultPolicy.When.IMMEDIATELY || bytesPerSecond < 0) {
            return Optional.empty();
        }
        double left = backlogBytes;
        for (LocalDateTime at = now; at.isBefore(now.plus(HORIZON)); at = at.plus(STEP)) {
            if (!policy.open(at)) {
                continue;
            }
            long limit = policy.bytesPerSecond(at);
            double rate = limit == 0 || bytesPerSecond > 0 && bytesPerSecond < limit ? bytesPerSecond : limit;
            if (rate > 0 && left <= rate * STEP.toSeconds()) {
                return Optional.of(at.plusSeconds(Math.round(left / rate)));
            }
            left -= rate * STEP.toSeconds();
        }
        return Optional.empty();
    }
}
