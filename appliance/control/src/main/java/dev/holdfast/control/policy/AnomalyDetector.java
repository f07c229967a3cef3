package dev.holdfast.control.policy;

import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import dev.holdfast.protocol.phrase.Phrase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 *   <li>Much of what was there has been replaced by data that hardly compress, in more files than usual: at once, or bit by bit
 *       over up to {@link #SLOW} snapshots. What is merely added is no reason: a video of 60 MB among documents is new, and
 *       nothing is gone.
 * </ul>
 *
 * {@code OfficeTest} measures how often it is wrong either way; the table is in docs/reliability.md.
 */
final class AnomalyDetector {
    /** With fewer snapshots what is usual is not known well: only a fall below {@link #STEEP} counts then. */
    private static final int LEAST_HISTORY = 3;

    private static final long LEAST_BYTES = 1 << 20;
    /** Of new content, to judge how it compresses. */
    private static final long LEAST_NEW_BYTES = 1 << 16;

    private static final double MUCH_REPLACED = 0.25;
    private static final double THIRD = 1.0 / 3;
    private static final double TIMES_USUAL = 4;
    /** Where content never compressed, only its replacement tells of encryption. */
    private static final double TIMES_MOST = 2;

    private static final double USUAL_AT_LEAST = 0.02;
    /** The most snapshots that an encryption bit by bit is looked for in. */
    private static final int SLOW = 7;

    private static final double INCOMPRESSIBLE = 0.95;
    private static final double MORE_THAN_USUAL = 0.1;
    private static final int FEW_FILES = 8;
    private static final double MOST = 0.5;
    private static final double STEEP = 0.1;
    private static final double NEARLY_ALL = 0.9;
    /** So many files more than usual, or this share of all, must have changed. */
    private static final int EXCESS_FILES = 3;

    private static final double EXCESS_SHARE = 0.1;

    private AnomalyDetector() {}

    /**
     * What is suspicious about a backup, if anything.
     *
     * @param before of the same series, the newest first
     */
    static Optional<Phrase> suspicion(List<Counts> before, Counts now) {
        if (before.isEmpty()) {
            return Optional.empty();
        }
        return fall(before, now).or(() -> encrypted(before, now)).or(() -> exchanged(before, now));
    }

    private static Optional<Phrase> fall(List<Counts> before, Counts now) {
        Counts last = before.getFirst();
        if (last.hasData() && !now.hasData()) {
            return Optional.of(Phrase.of("attack.emptied")
                    .with("count", now.files())
                    .with("bytes", now.bytes())
                    .with("filesBefore", last.files())
                    .with("bytesBefore", last.bytes()));
        }
        boolean known = before.size() >= LEAST_HISTORY;
        double share = known ? MOST : STEEP;
        double files = median(before, Counts::files);
        double bytes = median(before, Counts::bytes);
        boolean fewer = now.files() < files * share && before.stream().allMatch(each -> now.files() < each.files());
        boolean fewerBytes = bytes >= LEAST_BYTES && before.stream().allMatch(each -> now.bytes() < each.bytes());
        if (fewer && (files >= FEW_FILES || fewerBytes && now.bytes() < bytes * share)) {
            return Optional.of(
                    Phrase.of("attack.files-gone").with("count", now.files()).with("usual", Math.round(files)));
        }
        if (fewerBytes && now.bytes() < bytes * STEEP) {
            return Optional.of(Phrase.of("attack.content-gone")
                    .with("bytes", now.bytes())
                    .with("count", now.files())
                    .with("usual", (long) bytes));
        }
        return Optional.empty();
    }

    /** Snapshots of full reads and first ones take nothing over: where that is usual, nothing is known of files. */
    private static boolean filesAreKnown(List<Counts> before) {
        return median(before, AnomalyDetector::unchangedFiles) >= MOST;
    }

    private static Optional<Phrase> exchanged(List<Counts> before, Counts now) {
        // Where few files are taken over, as of images of machines, what is new each time tells more.
        boolean unusual = filesAreKnown(before)
                || median(before, AnomalyDetector::unchangedFiles) > 0 && most(before, AnomalyDetector::sent) < STEEP;
        boolean other = before.size() >= LEAST_HISTORY
                && unusual
                && now.files() >= EXCESS_FILES
                && now.reused() == 0
                && now.sentBytes() >= LEAST_BYTES
                && sent(now) >= NEARLY_ALL
                && replaced(before.getFirst(), now) >= MOST;
        return other
                ? Optional.of(
                        Phrase.of("attack.exchanged").with("files", now.files()).with("share", percent(sent(now))))
                : Optional.empty();
    }

    private static Optional<Phrase> encrypted(List<Counts> before, Counts now) {
        for (int days = 1; days <= SLOW && before.size() - days + 1 >= LEAST_HISTORY; days++) {
            List<Counts> recent = new ArrayList<>(before.subList(0, days - 1));
            recent.addFirst(now);
            Optional<Phrase> told = encrypted(before.subList(days - 1, before.size()), recent);
            if (told.isPresent()) {
                return told;
            }
        }
        return Optional.empty();
    }

    /**
     * What some snapshots, that may be of one attack, changed together.
     *
     * @param now the newest
     * @param replaced shares of the content, added up
     * @param changed files
     */
    private record Recent(int days, Counts now, double replaced, double sent, double wire, double changed) {
        /** @param recent the newest first; empty where not each of them has its share in an attack bit by bit */
        static Optional<Recent> of(List<Counts> before, List<Counts> recent) {
            int days = recent.size();
            double replaced = 0;
            double sent = 0;
            double wire = 0;
            double changed = 0;
            for (int i = 0; i < days; i++) {
                Counts each = recent.get(i);
                double part = AnomalyDetector.replaced(i + 1 < days ? recent.get(i + 1) : before.getFirst(), each);
                if (days > 1 && part * days * 2 < THIRD) {
                    // It was one day, which was looked at alone.
                    return Optional.empty();
                }
                replaced += part;
                sent += each.sentBytes();
                wire += each.wireBytes();
                changed += each.files() - each.reused();
            }
            return Optional.of(new Recent(days, recent.getFirst(), replaced, sent, wire, changed));
        }

        double rate() {
            return replaced / days;
        }
    }

    /** @param recent one snapshot, or some that may be of one attack, the newest first; what is usual is from before them */
    private static Optional<Phrase> encrypted(List<Counts> before, List<Counts> recent) {
        return Recent.of(before, recent).flatMap(each -> encrypted(before, each));
    }

    private static Optional<Phrase> encrypted(List<Counts> before, Recent recent) {
        int days = recent.days;
        boolean known = filesAreKnown(before);
        double usualWire = median(before, Counts::wireBytes);
        double excess = recent.sent - days * median(before, Counts::sentBytes);
        if (recent.replaced < (days == 1 ? MUCH_REPLACED : THIRD) || excess < LEAST_NEW_BYTES) {
            return Optional.empty();
        }
        // What is new beside what is new each time.
        double excessEntropy = Math.clamp((recent.wire - days * usualWire) / excess, 0, 1);
        double usualEntropy = median(
                before.stream()
                        .filter(each -> each.sentBytes() >= LEAST_NEW_BYTES)
                        .toList(),
                AnomalyDetector::entropy);
        if (excessEntropy < INCOMPRESSIBLE) {
            return Optional.empty();
        }
        double floor = USUAL_AT_LEAST / Math.min(days, 2);
        boolean muchMore = recent.rate() >= TIMES_USUAL * Math.max(floor, median(before, AnomalyDetector::sent))
                || recent.wire / days >= TIMES_USUAL * Math.max(floor * recent.now.bytes(), usualWire);
        boolean neverCompressed = excessEntropy < usualEntropy + MORE_THAN_USUAL;
        boolean unlikeAny = known && recent.replaced >= THIRD && recent.rate() >= TIMES_MOST * mostReplaced(before);
        if (!muchMore || neverCompressed && !unlikeAny) {
            return Optional.empty();
        }
        return changed(before, recent, known)
                .map(what -> Phrase.of("attack.encrypted")
                        .with("what", what)
                        .with("share", percent(excessEntropy))
                        .with("usual", percent(usualEntropy)));
    }

    /** Tells how much changed; empty where files are known, and no more of them changed than usual. */
    private static Optional<Phrase> changed(List<Counts> before, Recent recent, boolean known) {
        int days = recent.days;
        if (!known) {
            Phrase what = days == 1
                    ? Phrase.of("attack.content-new")
                    : Phrase.of("attack.content-new-lately").with("snapshots", days);
            return Optional.of(what.with("share", percent(recent.sent / Math.max(1, recent.now.bytes())))
                    .with("usual", percent(days * median(before, AnomalyDetector::sent))));
        }
        double excessFiles = recent.changed - days * median(before, each -> each.files() - each.reused());
        if (excessFiles < EXCESS_FILES && excessFiles < EXCESS_SHARE * recent.now.files()) {
            return Optional.empty();
        }
        Phrase what = days == 1
                ? Phrase.of("attack.files-changed")
                : Phrase.of("attack.files-changed-lately").with("snapshots", days);
        return Optional.of(what.with("share", percent(recent.changed / Math.max(1, recent.now.files())))
                .with("usual", percent(days * (1 - median(before, AnomalyDetector::unchangedFiles)))));
    }

    /** The most of the content that was replaced in one snapshot, but for one exception. */
    private static double mostReplaced(List<Counts> newestFirst) {
        double[] sorted = new double[newestFirst.size() - 1];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = replaced(newestFirst.get(i + 1), newestFirst.get(i));
        }
        Arrays.sort(sorted);
        return sorted.length < 2 ? 0 : sorted[sorted.length - 2];
    }

    /** The most but for one exception, which a first backup is. */
    private static double most(List<Counts> of, ToDoubleFunction<Counts> value) {
        double[] sorted = of.stream().mapToDouble(value).sorted().toArray();
        return sorted.length < 2 ? 1 : sorted[sorted.length - 2];
    }

    /** At most 100. */
    private static long percent(double share) {
        return Math.round(100 * Math.min(1, share));
    }

    static double unchangedFiles(Counts counts) {
        return counts.files() == 0 ? 0 : Math.min(1, (double) counts.reused() / counts.files());
    }

    /** The share of the content that the appliance did not know. */
    private static double sent(Counts counts) {
        return counts.bytes() == 0 ? 0 : Math.min(1, (double) counts.sentBytes() / counts.bytes());
    }

    /** The share of the content before that new content took the place of: what merely was added is none. */
    static double replaced(Counts before, Counts now) {
        long grown = Math.max(0, now.bytes() - before.bytes());
        return before.bytes() == 0 ? 0 : Math.clamp((double) (now.sentBytes() - grown) / before.bytes(), 0, 1);
    }

    /** What new data compress to: random and encrypted ones to themselves. */
    static double entropy(Counts counts) {
        return counts.sentBytes() == 0 ? 0 : Math.min(1, (double) counts.wireBytes() / counts.sentBytes());
    }

    private static double median(List<Counts> of, ToDoubleFunction<Counts> value) {
        double[] sorted = of.stream().mapToDouble(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
