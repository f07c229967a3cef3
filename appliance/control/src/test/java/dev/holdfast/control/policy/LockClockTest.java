package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class LockClockTest {
    private static final long HOUR = 3_600_000;

    private long wall = 1_000 * HOUR;
    private long steady;
    private long[] remembered = new long[0];

    private final LockClock.Memory memory = new LockClock.Memory() {
        @Override
        public long[] read() {
            return remembered;
        }

        @Override
        public void write(long clock, long now) {
            remembered = new long[] {clock, now};
        }
    };

    private LockClock start() throws IOException {
        return new LockClock(() -> wall, () -> steady * 1_000_000, memory);
    }

    @Test
    void goesOnAsTimeDoesAndNoFaster() throws IOException {
        LockClock clock = start();
        assertThat(clock.now()).isEqualTo(1_000 * HOUR);
        wall += HOUR;
        steady += HOUR;
        assertThat(clock.now()).isEqualTo(1_001 * HOUR);
        // Somebody sets the wall clock ahead by a year, and back by ten.
        wall += 8_760 * HOUR;
        assertThat(clock.now()).isEqualTo(1_001 * HOUR);
        wall -= 87_600 * HOUR;
        steady += HOUR;
        assertThat(clock.now()).isEqualTo(1_002 * HOUR);
    }

    @Test
    void timeInWhichTheApplianceWasOffCountsAndNeverBackwards() throws IOException {
        LockClock clock = start();
        steady += HOUR;
        wall += HOUR;
        clock.remember();
        wall += 5 * HOUR;
        steady = 0;
        LockClock next = start();
        assertThat(next.now()).isEqualTo(1_006 * HOUR);
        next.remember();
        wall -= 500 * HOUR;
        steady = 77;
        assertThat(start().now()).isEqualTo(1_006 * HOUR);
    }
}
