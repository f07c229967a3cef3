package dev.holdfast.control.task;

import dev.holdfast.control.db.HistoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the appliance will be full, by what it grew in the last month.
 *
 * @param fullAt null where that cannot be told or is more than ten years ahead
 */
public record Growth(@Nullable Instant fullAt, long bytesPerDay, int basedOnDays) {
    public static final Growth UNKNOWN = new Growth(null, 0, 0);
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();
    /** Samples from before say little about what comes. */
    public static final long MONTH_MILLIS = 30 * DAY_MILLIS;

    private static final double FAR_MILLIS = 3650.0 * DAY_MILLIS;

    /**
     * A straight line through samples, by least squares.
     *
     * @param samples the oldest first
     * @param leftBytes that may still be written
     */
    public static Growth of(List<HistoryTable.Sample> samples, long leftBytes, Instant now) {
        if (samples.size() < 2) {
            return UNKNOWN;
        }
        double meanAt = samples.stream().mapToDouble(Growth::millis).average().orElse(0);
        double meanUsed = samples.stream()
                .mapToDouble(HistoryTable.Sample::usedBytes)
                .average()
                .orElse(0);
        double above = 0;
        double below = 0;
        for (HistoryTable.Sample each : samples) {
            above += (millis(each) - meanAt) * (each.usedBytes() - meanUsed);
            below += (millis(each) - meanAt) * (millis(each) - meanAt);
        }
        double slope = below == 0 ? 0 : above / below;
        int days = (int) ((millis(samples.getLast()) - millis(samples.getFirst())) / DAY_MILLIS);
        double millis = slope <= 0 ? 0 : leftBytes / slope;
        boolean known = days >= 1 && slope > 0 && millis < FAR_MILLIS;
        return new Growth(known ? now.plusMillis((long) millis) : null, (long) (slope * DAY_MILLIS), days);
    }

    private static long millis(HistoryTable.Sample sample) {
        return sample.at().toEpochMilli();
    }
}
