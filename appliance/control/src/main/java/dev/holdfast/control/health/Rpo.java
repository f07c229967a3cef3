package dev.holdfast.control.health;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What of a node would be lost, and would have been. Only snapshots count that are there and not damaged. A file that a backup could
 * not read is as old as in the last one that could.
 *
 * @param plan by which the backups are made; empty for those that were started on the node
 * @param scheduled whether the plan is bound to the node, not paused, and makes backups by a schedule
 * @param targetSeconds what the plan allows; -1 where it says nothing
 * @param point up to when nothing is lost: the begin of the newest backup that counts; null for none
 * @param snapshot that it made; null for none
 * @param currentSeconds since then; -1 for none
 * @param day intervals that ended in the last 24 hours, and {@code month} in the last 30 days
 * @param incomplete backups of the last 24 hours that left files out, as they could not read them
 * @param damaged snapshots of the last 24 hours that are damaged, and do not count
 */
public record Rpo(
        String plan,
        boolean scheduled,
        long targetSeconds,
        @Nullable Instant point,
        @Nullable UUID snapshot,
        long currentSeconds,
        Spread day,
        Spread month,
        long incomplete,
        long damaged) {
    private static final Spread NOTHING = new Spread(0, -1, -1, -1, 0);
    /** Of a node that has no plan and no backups. */
    public static final Rpo NONE = new Rpo("", false, -1, null, null, -1, NOTHING, NOTHING, 0, 0);

    /**
     * Intervals from what a backup is as of to the end of the next: what would have been lost just before that.
     *
     * @param intervals how many
     * @param medianSeconds and {@code p95Seconds}: half, or 95 %, of them are no longer; -1 for none
     * @param worstSeconds the longest, or the time that has passed since the last backup where that is longer; -1 for none
     * @param beyondTarget how many were longer than the target
     */
    public record Spread(long intervals, long medianSeconds, long p95Seconds, long worstSeconds, long beyondTarget) {
        /**
         * @param counts how many intervals have so many seconds
         * @param open seconds since the newest backup that counts; -1 for none
         */
        static Spread of(Map<Long, Long> counts, long open, long target) {
            TreeMap<Long, Long> sorted = new TreeMap<>(counts);
            long intervals = 0;
            long beyond = 0;
            for (Map.Entry<Long, Long> each : sorted.entrySet()) {
                intervals += each.getValue();
                beyond += target >= 0 && each.getKey() > target ? each.getValue() : 0;
            }
            long worst = sorted.isEmpty() ? open : Math.max(open, sorted.lastKey());
            return new Spread(intervals, rank(sorted, intervals, 50), rank(sorted, intervals, 95), worst, beyond);
        }

        /** The least that so many percent are no longer than. */
        private static long rank(TreeMap<Long, Long> sorted, long intervals, int percent) {
            long place = (intervals * percent + 99) / 100;
            for (Map.Entry<Long, Long> each : sorted.entrySet()) {
                place -= each.getValue();
                if (place <= 0) {
                    return each.getKey();
                }
            }
            return -1;
        }
    }
}
