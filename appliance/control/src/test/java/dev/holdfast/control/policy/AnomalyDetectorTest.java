package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnomalyDetectorTest {
    private static final long GB = 1_000_000_000;
    private static final long MB = 1_000_000;

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
            assertThat(AnomalyDetector.suspicion(before, counts(1000, 10 * GB, 9 * GB, 1.0)))
                    .hasValueSatisfying(why -> assertThat(why.english()).contains("encrypted"));
            assertThat(AnomalyDetector.suspicion(before, counts(1000, 10 * GB, 3 * GB, 0.99)))
                    .isPresent();
        }
    }

    @Test
    void deletionIsNoticed() {
        assertThat(AnomalyDetector.suspicion(history(new Random(1), 6, 0.5), counts(300, GB, 0, 1)))
                .hasValueSatisfying(why -> assertThat(why.english()).contains("gone"));
    }

    @Test
    void whatIsUsualIsLeftInPeace() {
        Random random = new Random(2);
        List<Counts> before = history(random, 6, 0.5);
        for (int i = 0; i < 200; i++) {
            assertThat(AnomalyDetector.suspicion(before, history(random, 1, 0.5).getFirst()))
                    .isEmpty();
        }
        // Much that is new, and compresses as ever: an upgrade.
        assertThat(AnomalyDetector.suspicion(before, counts(1500, 12 * GB, 5 * GB, 0.5)))
                .isEmpty();
        // Films: they never compressed.
        assertThat(AnomalyDetector.suspicion(history(random, 6, 0.99), counts(1000, 10 * GB, 9 * GB, 0.99)))
                .isEmpty();
        // A database that is dumped anew each night.
        List<Counts> dumps = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            dumps.add(counts(100, 10 * GB, 9 * GB, 0.97));
        }
        assertThat(AnomalyDetector.suspicion(dumps, counts(100, 10 * GB, 9 * GB, 1.0)))
                .isEmpty();
        // Too little is known.
        assertThat(AnomalyDetector.suspicion(before.subList(0, 2), counts(1000, 10 * GB, 9 * GB, 1.0)))
                .isEmpty();
    }

    /** As incremental backups count: {@code changed} files were read. */
    private static Counts incremental(long files, long bytes, long changed, long sent, double compressesTo) {
        return new Counts(files, 10, 0, bytes, files - changed, sent / 1000, sent, (long) (sent * compressesTo), 0);
    }

    /** An office of documents: a first backup, then three files a day. */
    private static List<Counts> office(long files, long bytes) {
        List<Counts> before = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            before.add(incremental(files, bytes, Math.min(3, files / 10), bytes / 500, 0.5));
        }
        before.add(incremental(files, bytes, files, bytes, 0.5));
        return before;
    }

    @Test
    void emptiedOrUnmountedSourceIsNoticedWhateverItsSize() {
        for (int files : new int[] {1, 2, 30, 1000}) {
            List<Counts> before = office(files, files * MB);
            Counts empty = incremental(0, 0, 0, 0, 1);
            assertThat(AnomalyDetector.suspicion(before, empty))
                    .hasValueSatisfying(why -> assertThat(why.english()).contains("0 files", "not mounted"));
            // Two snapshots are enough to see that.
            assertThat(AnomalyDetector.suspicion(before.subList(6, 7), empty)).isPresent();
        }
        // A producer that failed: the file is there and has no content.
        assertThat(AnomalyDetector.suspicion(office(1, 100 * MB), incremental(1, 0, 1, 0, 1)))
                .isPresent();
        // It was empty before, or never had anything.
        assertThat(AnomalyDetector.suspicion(List.of(incremental(0, 0, 0, 0, 1)), incremental(0, 0, 0, 0, 1)))
                .isEmpty();
    }

    @Test
    void smallSetsThatShrinkAreNoticed() {
        assertThat(AnomalyDetector.suspicion(office(30, 300 * GB), incremental(12, 120 * GB, 0, 0, 1)))
                .hasValueSatisfying(why -> assertThat(why.english()).contains("12 files, where there used to be 30"));
        assertThat(AnomalyDetector.suspicion(office(3, 30 * GB), incremental(1, 10 * GB, 0, 0, 1)))
                .isPresent();
        // As many files, but hollow.
        assertThat(AnomalyDetector.suspicion(office(30, 300 * GB), incremental(30, GB, 30, 0, 1)))
                .hasValueSatisfying(why -> assertThat(why.english()).contains("most of the content is gone"));
        // A second backup already tells of a steep fall.
        assertThat(AnomalyDetector.suspicion(
                        List.of(incremental(500, GB, 500, GB, 0.5)), incremental(2, 1000, 2, 1000, 0.5)))
                .isPresent();
        // One of three was deleted, ten of thirty were.
        assertThat(AnomalyDetector.suspicion(office(3, 30 * GB), incremental(2, 20 * GB, 0, 0, 1)))
                .isEmpty();
        assertThat(AnomalyDetector.suspicion(office(30, 300 * GB), incremental(20, 200 * GB, 0, 0, 1)))
                .isEmpty();
    }

    @Test
    void anotherFileSystemInItsPlaceIsNoticed() {
        assertThat(AnomalyDetector.suspicion(office(300, 3 * GB), incremental(280, 3 * GB, 280, 3 * GB, 0.5)))
                .hasValueSatisfying(why -> assertThat(why.english()).contains("another file system"));
        // The same content on another disk: everything is read, nothing is new.
        assertThat(AnomalyDetector.suspicion(office(300, 3 * GB), incremental(300, 3 * GB, 300, 0, 1)))
                .isEmpty();
    }

    @Test
    void whatAnOfficeCopiesIsLeftInPeace() {
        for (int files : new int[] {1, 5, 40, 300, 5000}) {
            long bytes = files * 100_000L;
            List<Counts> before = office(files, bytes);
            // One video, photographs of a day, a disk image: added, incompressible, many times what was there.
            assertThat(AnomalyDetector.suspicion(before, incremental(files + 1, bytes + 60 * MB, 1, 60 * MB, 1)))
                    .isEmpty();
            assertThat(AnomalyDetector.suspicion(before, incremental(files + 200, bytes + 900 * MB, 200, 900 * MB, 1)))
                    .isEmpty();
            assertThat(AnomalyDetector.suspicion(before, incremental(files + 1, bytes + 40 * GB, 1, 40 * GB, 1)))
                    .isEmpty();
        }
        // The video is cut anew, and replaced.
        assertThat(AnomalyDetector.suspicion(office(300, 100 * MB), incremental(300, 100 * MB, 2, 60 * MB, 1)))
                .isEmpty();
    }

    @Test
    void encryptionAmongUnchangedFilesIsToldInSharesOfFiles() {
        assertThat(AnomalyDetector.suspicion(office(300, 3 * GB), incremental(300, 3 * GB, 117, 12 * GB / 10, 0.99)))
                .hasValueSatisfying(why -> assertThat(why.english())
                        .startsWith("39 % of the files changed; usually 1 %")
                        .contains("may have been encrypted"));
        // Encrypted under new names: as much is there, nothing of it was before.
        assertThat(AnomalyDetector.suspicion(office(300, 3 * GB), incremental(300, 3 * GB, 300, 3 * GB, 1)))
                .isPresent();
        // Eight of thirty images.
        assertThat(AnomalyDetector.suspicion(office(30, 300 * GB), incremental(30, 300 * GB, 8, 80 * GB, 1)))
                .isPresent();
    }
}
