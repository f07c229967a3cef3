package dev.holdfast.control.policy;

import dev.holdfast.control.policy.Suspicions.Seen;
import dev.holdfast.protocol.manifest.SnapshotSummary.Counts;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How much each backup of a node changed, what was usual before it, and what was suspicious about it. */
public final class ChangeHistory {
    /** With fewer snapshots before, what is usual is not known. */
    private static final int LEAST_HISTORY = 3;

    private ChangeHistory() {}

    /** What is usual: the median of the snapshots before, and the least and the most of them. */
    public record Usual(double median, double least, double most) {}

    /**
     * A figure of a backup.
     *
     * @param usual null where too few snapshots are before it
     */
    public record Figure(double value, @Nullable Usual usual) {}

    /**
     * A backup.
     *
     * @param changed the share of the files that were not taken over from the snapshot before
     * @param replaced the share of the content before that new content took the place of
     * @param compressed what new content compressed to; 0 where nothing was new
     * @param suspicion what looked wrong; empty where nothing did
     */
    public record Run(
            UUID snapshot,
            long committed,
            List<TreePath> sources,
            Figure files,
            Figure bytes,
            Figure changed,
            Figure replaced,
            Figure compressed,
            String suspicion) {
        public boolean hasData() {
            return files.value > 0 && bytes.value > 0;
        }
    }

    /** The figures that are compared. */
    private record Figures(double files, double bytes, double changed, double replaced, double compressed) {
        static Figures of(@Nullable Counts before, Counts now) {
            return new Figures(
                    now.files(),
                    now.bytes(),
                    1 - AnomalyDetector.unchangedFiles(now),
                    before == null ? 1 : AnomalyDetector.replaced(before, now),
                    AnomalyDetector.entropy(now));
        }
    }

    private interface Which {
        double of(Figures figures);
    }

    /**
     * The newest backups, the oldest of them first.
     *
     * @param snapshots all of one node
     */
    public static List<Run> of(Collection<StoredSnapshot> snapshots, int limit) throws IOException {
        Map<List<TreePath>, List<Seen>> series = new LinkedHashMap<>();
        List<Seen> all = new ArrayList<>();
        for (StoredSnapshot each : snapshots) {
            Seen seen = Seen.of(each);
            all.add(seen);
            series.computeIfAbsent(seen.sources(), sources -> new ArrayList<>()).add(seen);
        }
        series.values().forEach(each -> each.sort(Suspicions.NEWEST_FIRST));
        all.sort(Suspicions.NEWEST_FIRST);
        List<Run> runs = new ArrayList<>();
        for (Seen each : all.subList(0, Math.min(limit, all.size()))) {
            List<Seen> own = series.getOrDefault(each.sources(), List.of());
            int at = own.indexOf(each) + 1;
            runs.add(run(own.subList(at, Math.min(own.size(), at + RetentionService.ANOMALY_HISTORY)), each));
        }
        return runs.reversed();
    }

    private static Run run(List<Seen> before, Seen now) {
        List<Figures> earlier = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            Counts previous = i + 1 < before.size() ? before.get(i + 1).counts() : null;
            // Of the first one everything is new, which says nothing of what is usual.
            if (previous != null || before.size() == 1) {
                earlier.add(Figures.of(previous, before.get(i).counts()));
            }
        }
        Figures own = Figures.of(before.isEmpty() ? null : before.getFirst().counts(), now.counts());
        return new Run(
                now.id(),
                now.committed(),
                now.sources(),
                figure(earlier, own, Figures::files),
                figure(earlier, own, Figures::bytes),
                figure(earlier, own, Figures::changed),
                figure(earlier, own, Figures::replaced),
                figure(earlier, own, Figures::compressed),
                Suspicions.of(before, now).map(Phrase::english).orElse(""));
    }

    private static Figure figure(List<Figures> before, Figures own, Which which) {
        double[] sorted = before.stream().mapToDouble(which::of).sorted().toArray();
        Usual usual = sorted.length < LEAST_HISTORY
                ? null
                : new Usual(sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
        return new Figure(which.of(own), usual);
    }
}
