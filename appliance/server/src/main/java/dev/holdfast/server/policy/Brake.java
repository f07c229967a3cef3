package dev.holdfast.server.policy;

import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Notices a backup that looks as if somebody had encrypted or deleted what it backs up: far more new data than usual that
 * hardly compress, or most files gone. It goes by what the client counted, so a client that lies is not seen through; the
 * snapshots from before it lied are what counts.
 */
final class Brake {
    /** Fewer tell nothing about what is usual. */
    private static final int LEAST_HISTORY = 3;

    private static final long LEAST_BYTES = 1 << 20;
    private static final double MUCH_CHANGED = 0.25;
    private static final double TIMES_USUAL = 4;
    private static final double USUAL_AT_LEAST = 0.02;
    private static final double INCOMPRESSIBLE = 0.95;
    private static final double MORE_THAN_USUAL = 0.1;
    private static final int FEW_FILES = 50;

    private Brake() {}

    /**
     * What is suspicious about a backup, if anything.
     *
     * @param before of the same series, the newest first
     */
    static Optional<String> suspicion(List<Counts> before, Counts now) {
        if (before.size() < LEAST_HISTORY) {
            return Optional.empty();
        }
        double files = median(before, Counts::files);
        if (files >= FEW_FILES && now.files() < files / 2) {
            return Optional.of(String.format(
                    Locale.ROOT, "%d files, where there used to be %.0f: most of them are gone", now.files(), files));
        }
        double usual = Math.max(USUAL_AT_LEAST, median(before, Brake::changed));
        boolean muchChanged =
                now.sentBytes() >= LEAST_BYTES && changed(now) >= MUCH_CHANGED && changed(now) >= TIMES_USUAL * usual;
        if (muchChanged && entropy(now) >= INCOMPRESSIBLE) {
            double usualEntropy = median(
                    before.stream()
                            .filter(each -> each.sentBytes() >= LEAST_BYTES / 16)
                            .toList(),
                    Brake::entropy);
            if (entropy(now) >= usualEntropy + MORE_THAN_USUAL) {
                return Optional.of(String.format(
                        Locale.ROOT,
                        "%.0f%% of the data are new, usually %.0f%%, and they hardly compress (to %.0f%%, usually to %.0f%%):"
                                + " they may have been encrypted",
                        100 * changed(now),
                        100 * usual,
                        100 * entropy(now),
                        100 * usualEntropy));
            }
        }
        return Optional.empty();
    }

    private static double changed(Counts counts) {
        return counts.bytes() == 0 ? 0 : Math.min(1, (double) counts.sentBytes() / counts.bytes());
    }

    /** What new data compress to: random and encrypted ones to themselves. */
    private static double entropy(Counts counts) {
        return counts.sentBytes() == 0 ? 0 : Math.min(1, (double) counts.wireBytes() / counts.sentBytes());
    }

    private static double median(List<Counts> of, ToDoubleFunction<Counts> value) {
        double[] sorted = of.stream().mapToDouble(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
