package dev.holdfast.server.policy;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Notices a backup whose source looks emptied, unmounted, exchanged or encrypted. It goes by what the client counted, so a
 * client that lies is not seen through; the snapshots from before it lied are what counts.
 *
 * <ul>
 *   <li>Nothing is left of what the newest snapshot with data had.
 *   <li>Most is gone: fewer than half of the usual files, fewer than ever before; of fewer than {@link #FEW_FILES} also less than
 *       half of the bytes. Or less than a tenth of the bytes.
 *   <li>No file is the one from before, and nearly all content is new: another file system.
 *   <li>Much of what was there has been replaced by data that hardly compress, in more files than usual. What is merely added
 *       is no reason: a video of 60 MB among documents is new, and nothing is gone.
 * </ul>
 */
final class Brake {
    /** With fewer snapshots what is usual is not known well: only a fall below {@link #STEEP} counts then. */
    private static final int LEAST_HISTORY = 3;

    private static final long LEAST_BYTES = 1 << 20;
    private static final double MUCH_REPLACED = 0.25;
    private static final double TIMES_USUAL = 4;
    private static final double USUAL_AT_LEAST = 0.02;
    private static final double INCOMPRESSIBLE = 0.95;
    private static final double MORE_THAN_USUAL = 0.1;
    private static final int FEW_FILES = 8;
    private static final double MOST = 0.5;
    private static final double STEEP = 0.1;
    private static final double NEARLY_ALL = 0.9;
    /** So many files more than usual, or this share of all, must have changed. */
    private static final int EXCESS_FILES = 3;

    private static final double EXCESS_SHARE = 0.1;

    private Brake() {}

    /** Whether a snapshot holds any content of files. */
    static boolean hasData(Counts counts) {
        return counts.files() > 0 && counts.bytes() > 0;
    }

    /**
     * What is suspicious about a backup, if anything.
     *
     * @param before of the same series, the newest first
     */
    static Optional<String> suspicion(List<Counts> before, Counts now) {
        if (before.isEmpty()) {
            return Optional.empty();
        }
        return fall(before, now).or(() -> encrypted(before, now)).or(() -> exchanged(before, now));
    }

    private static Optional<String> fall(List<Counts> before, Counts now) {
        Counts last = before.getFirst();
        if (hasData(last) && !hasData(now)) {
            return Optional.of(now.files() + " files with " + ByteText.of(now.bytes()) + ", where there were "
                    + last.files() + " with " + ByteText.of(last.bytes())
                    + ": the source was emptied, or is not mounted");
        }
        boolean known = before.size() >= LEAST_HISTORY;
        double share = known ? MOST : STEEP;
        double files = median(before, Counts::files);
        double bytes = median(before, Counts::bytes);
        boolean fewer = now.files() < files * share && before.stream().allMatch(each -> now.files() < each.files());
        boolean fewerBytes = bytes >= LEAST_BYTES && before.stream().allMatch(each -> now.bytes() < each.bytes());
        if (fewer && (files >= FEW_FILES || fewerBytes && now.bytes() < bytes * share)) {
            return Optional.of(String.format(
                    Locale.ROOT, "%d files, where there used to be %.0f: most of them are gone", now.files(), files));
        }
        if (fewerBytes && now.bytes() < bytes * STEEP) {
            return Optional.of(ByteText.of(now.bytes()) + " in " + now.files() + " files, where there used to be "
                    + ByteText.of((long) bytes) + ": most of the content is gone");
        }
        return Optional.empty();
    }

    /** Snapshots of full reads and first ones take nothing over: where that is usual, nothing is known of files. */
    private static boolean filesAreKnown(List<Counts> before) {
        return median(before, Brake::unchangedFiles) >= MOST;
    }

    private static Optional<String> exchanged(List<Counts> before, Counts now) {
        boolean other = before.size() >= LEAST_HISTORY
                && filesAreKnown(before)
                && now.files() >= EXCESS_FILES
                && now.reused() == 0
                && now.sentBytes() >= LEAST_BYTES
                && sent(now) >= NEARLY_ALL
                && replaced(before.getFirst(), now) >= MOST;
        return other
                ? Optional.of(
                        "none of the " + now.files() + " files is one of those from before, and "
                                + percent(sent(now))
                                + " of their content is new: another file system may be mounted there, or all files were replaced")
                : Optional.empty();
    }

    private static Optional<String> encrypted(List<Counts> before, Counts now) {
        if (before.size() < LEAST_HISTORY || now.sentBytes() < LEAST_BYTES) {
            return Optional.empty();
        }
        double usual = median(before, Brake::sent);
        double replaced = replaced(before.getFirst(), now);
        if (replaced < MUCH_REPLACED || replaced < TIMES_USUAL * Math.max(USUAL_AT_LEAST, usual)) {
            return Optional.empty();
        }
        double usualEntropy = median(
                before.stream()
                        .filter(each -> each.sentBytes() >= LEAST_BYTES / 16)
                        .toList(),
                Brake::entropy);
        if (entropy(now) < INCOMPRESSIBLE || entropy(now) < usualEntropy + MORE_THAN_USUAL) {
            return Optional.empty();
        }
        String what;
        if (filesAreKnown(before)) {
            double changed = now.files() - now.reused();
            double excess = changed - median(before, each -> each.files() - each.reused());
            if (excess < EXCESS_FILES && excess < EXCESS_SHARE * now.files()) {
                return Optional.empty();
            }
            what = percent(1 - unchangedFiles(now)) + " of the files changed; usually "
                    + percent(1 - median(before, Brake::unchangedFiles));
        } else {
            what = percent(sent(now)) + " of the content is new; usually " + percent(usual);
        }
        return Optional.of(what + ". The new content hardly compresses (to " + percent(entropy(now)) + "; usually to "
                + percent(usualEntropy) + "): the files may have been encrypted");
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }

    private static double unchangedFiles(Counts counts) {
        return counts.files() == 0 ? 0 : Math.min(1, (double) counts.reused() / counts.files());
    }

    /** The share of the content that the appliance did not know. */
    private static double sent(Counts counts) {
        return counts.bytes() == 0 ? 0 : Math.min(1, (double) counts.sentBytes() / counts.bytes());
    }

    /** The share of the content before that new content took the place of: what merely was added is none. */
    private static double replaced(Counts before, Counts now) {
        long grown = Math.max(0, now.bytes() - before.bytes());
        return before.bytes() == 0 ? 0 : Math.clamp((double) (now.sentBytes() - grown) / before.bytes(), 0, 1);
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
