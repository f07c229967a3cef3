package dev.holdfast.control.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.plan.ProtectionLevel.Facts;
import dev.holdfast.control.plan.ProtectionLevel.Missing;
import org.junit.jupiter.api.Test;

class ProtectionLevelTest {
    private static final long HOUR = 3600;
    private static final long DAY = 24 * HOUR;

    private static void reaches(int level, Facts facts, Missing... missing) {
        ProtectionLevel.Reached reached = ProtectionLevel.of(facts);
        assertThat(reached.level()).isEqualTo(level);
        assertThat(reached.missing()).containsExactlyInAnyOrder(missing);
    }

    @Test
    void eachLevelWantsWhatTheStandardAsksOfData() {
        reaches(0, new Facts(-1, -1, false, -1, -1, -1), Missing.SNAPSHOT, Missing.OFF_SITE_COPY);
        reaches(0, new Facts(HOUR, 8 * DAY, true, DAY, DAY, HOUR), Missing.OFF_SITE_WITHIN_A_WEEK);
        reaches(1, new Facts(HOUR, 6 * DAY, false, DAY, -1, -1), Missing.SCHEDULE, Missing.REHEARSED_RESTORE);
        reaches(1, new Facts(HOUR, HOUR, true, DAY, 100 * DAY, HOUR), Missing.REHEARSED_RESTORE);
        reaches(
                2,
                new Facts(3 * DAY, 3 * DAY, true, 3 * DAY, DAY, HOUR),
                Missing.BACKUP_DAILY,
                Missing.OFF_SITE_WITHIN_A_DAY);
        reaches(3, new Facts(HOUR, HOUR, true, DAY, DAY, 3 * DAY), Missing.RESTORED_WITHIN_TWO_DAYS);
        // Nightly backups of changing length are daily ones.
        reaches(4, new Facts(HOUR, HOUR, true, 25 * HOUR, DAY, DAY), Missing.CONTINUOUS_REPLICATION);
    }
}
