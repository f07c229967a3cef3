package dev.holdfast.control.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The level of disaster recovery, by GB/T 20988-2007 (the levels of SHARE 78 in China's standard), that a node's data reach.
 * The standard asks for seven things, of which software proves one and a half: how data get to another site, and that they
 * can be brought back. Buildings, people and a plan on paper remain the operator's to show, so no more than level 4 is ever
 * said; level 5 wants replication within minutes, level 6 without loss.
 */
public final class ProtectionLevel {
    private static final long DAY_SECONDS = Duration.ofDays(1).toSeconds();
    private static final long WEEK_SECONDS = Duration.ofDays(7).toSeconds();
    private static final long TWO_DAYS_SECONDS = Duration.ofDays(2).toSeconds();
    private static final long REHEARSED_SECONDS = Duration.ofDays(92).toSeconds();

    private ProtectionLevel() {}

    /** What the next level wants and is not there. */
    public enum Missing {
        SNAPSHOT,
        OFF_SITE_COPY,
        OFF_SITE_WITHIN_A_WEEK,
        SCHEDULE,
        BACKUP_DAILY,
        OFF_SITE_WITHIN_A_DAY,
        REHEARSED_RESTORE,
        RESTORED_WITHIN_TWO_DAYS,
        CONTINUOUS_REPLICATION
    }

    /**
     * What is known of a node.
     *
     * @param lastSnapshotAge seconds, -1 for none
     * @param offsiteAge seconds since the newest snapshot off-site was taken, -1 for none
     * @param scheduled whether a plan that is not paused has a schedule
     * @param widestGap the longest time between two snapshots in the last month, to now, in seconds; -1 where not known
     * @param rehearsalAge seconds since a rehearsed restore passed, -1 for never
     * @param rtoSeconds that it would take to restore all, by that rehearsal
     */
    public record Facts(
            long lastSnapshotAge,
            long offsiteAge,
            boolean scheduled,
            long widestGap,
            long rehearsalAge,
            long rtoSeconds) {}

    /** A level, 0 to 4, and what the next one wants. */
    public record Reached(int level, List<Missing> missing) {}

    public static Reached of(Facts facts) {
        List<List<Missing>> steps = List.of(
                // 1: complete copies at least weekly, kept at another place.
                missing(
                        facts.lastSnapshotAge < 0,
                        Missing.SNAPSHOT,
                        facts.offsiteAge < 0,
                        Missing.OFF_SITE_COPY,
                        facts.offsiteAge > WEEK_SECONDS,
                        Missing.OFF_SITE_WITHIN_A_WEEK),
                // 2: and means to process them elsewhere, which somebody has tried.
                missing(
                        facts.rehearsalAge < 0 || facts.rehearsalAge > REHEARSED_SECONDS,
                        Missing.REHEARSED_RESTORE,
                        !facts.scheduled,
                        Missing.SCHEDULE),
                // 3: and sent over a network, daily.
                missing(
                        facts.widestGap < 0 || facts.widestGap > DAY_SECONDS + DAY_SECONDS / 12,
                        Missing.BACKUP_DAILY,
                        facts.offsiteAge > DAY_SECONDS + DAY_SECONDS / 12,
                        Missing.OFF_SITE_WITHIN_A_DAY),
                // 4: and everything at hand to go on within hours to two days.
                missing(facts.rtoSeconds > TWO_DAYS_SECONDS, Missing.RESTORED_WITHIN_TWO_DAYS));
        for (int level = 0; level < steps.size(); level++) {
            if (!steps.get(level).isEmpty()) {
                return new Reached(level, steps.get(level));
            }
        }
        return new Reached(steps.size(), List.of(Missing.CONTINUOUS_REPLICATION));
    }

    private static List<Missing> missing(Object... conditions) {
        List<Missing> missing = new ArrayList<>();
        for (int i = 0; i < conditions.length; i += 2) {
            if ((Boolean) conditions[i]) {
                missing.add((Missing) conditions[i + 1]);
            }
        }
        return List.copyOf(missing);
    }
}
