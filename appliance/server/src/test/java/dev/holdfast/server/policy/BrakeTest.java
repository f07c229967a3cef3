package dev.holdfast.server.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BrakeTest {
    private static final long GB = 1_000_000_000;

    private static Counts counts(long files, long bytes, long sent, double compressesTo) {
        return new Counts(files, 10, 0, bytes, 0, sent / 1000, sent, (long) (sent * compressesTo), 0);
    }

    /** A first backup of everything, then one to three per cent a day. */
    private static List<Counts> history(Random random, int days, double compressesTo) {
        List<Counts> before = new ArrayList<>();
        for (int i = 0; i < days; i++) {
            before.add(counts(1000, 10 * GB, GB / 100 * (10 + random.nextInt(20)), compressesTo));
        }
        before.add(counts(1000, 10 * GB, 10 * GB, compressesTo));
        return before;
    }

    @Test
    void encryptionIsNoticed() {
        for (double usual : new double[] {0.3, 0.5, 0.8}) {
            List<Counts> before = history(new Random(1), 6, usual);
            assertThat(Brake.suspicion(before, counts(1000, 10 * GB, 9 * GB, 1.0)))
                    .hasValueSatisfying(why -> assertThat(why).contains("encrypted"));
            assertThat(Brake.suspicion(before, counts(1000, 10 * GB, 3 * GB, 0.99)))
                    .isPresent();
        }
    }

    @Test
    void deletionIsNoticed() {
        assertThat(Brake.suspicion(history(new Random(1), 6, 0.5), counts(300, GB, 0, 1)))
                .hasValueSatisfying(why -> assertThat(why).contains("gone"));
    }

    @Test
    void whatIsUsualIsLeftInPeace() {
        Random random = new Random(2);
        List<Counts> before = history(random, 6, 0.5);
        for (int i = 0; i < 200; i++) {
            assertThat(Brake.suspicion(before, history(random, 1, 0.5).getFirst()))
                    .isEmpty();
        }
        // Much that is new, and compresses as ever: an upgrade.
        assertThat(Brake.suspicion(before, counts(1500, 12 * GB, 5 * GB, 0.5))).isEmpty();
        // Films: they never compressed.
        assertThat(Brake.suspicion(history(random, 6, 0.99), counts(1000, 10 * GB, 9 * GB, 0.99)))
                .isEmpty();
        // A database that is dumped anew each night.
        List<Counts> dumps = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            dumps.add(counts(100, 10 * GB, 9 * GB, 0.97));
        }
        assertThat(Brake.suspicion(dumps, counts(100, 10 * GB, 9 * GB, 1.0))).isEmpty();
        // Too little is known.
        assertThat(Brake.suspicion(before.subList(0, 2), counts(1000, 10 * GB, 9 * GB, 1.0)))
                .isEmpty();
    }
}
