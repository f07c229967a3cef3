package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The snapshots that no later one replaces, so that no rule removes them: the last with data of each series, and the last
 * from each file system that a source lay on before. A source that is emptied, or not mounted, or another disk in its place
 * must not make them go. Retention here and in every vault asks this.
 */
public final class Irreplaceable {
    /** A file system that is another each time must not make all snapshots stay. */
    private static final int MAX_FORMER_PLACES = 10;

    private Irreplaceable() {}

    /**
     * What the rule needs to know of a snapshot.
     *
     * @param sources with the node, its series
     * @param committed ms since 1970
     * @param mounts by source
     */
    public record Candidate(
            UUID id,
            int node,
            List<TreePath> sources,
            long committed,
            boolean hasData,
            Map<TreePath, SourceMount> mounts) {
        public static Candidate of(StoredSnapshot snapshot) throws FormatException {
            SnapshotSummary summary = SnapshotSummary.parse(snapshot.summary());
            return new Candidate(
                    snapshot.id(),
                    snapshot.node(),
                    summary.sources(),
                    snapshot.committed(),
                    summary.counts().hasData(),
                    bySource(summary.mounts()));
        }
    }

    /** By the source that lies on them. */
    public static Map<TreePath, SourceMount> bySource(List<SourceMount> mounts) {
        Map<TreePath, SourceMount> bySource = new LinkedHashMap<>();
        mounts.forEach(each -> bySource.putIfAbsent(each.path(), each));
        return bySource;
    }

    /** Whether a source lies elsewhere now: on another file system, or in another place of it. */
    public static List<SourceMount> moved(Map<TreePath, SourceMount> before, Map<TreePath, SourceMount> now) {
        return before.values().stream()
                .filter(each -> {
                    SourceMount other = now.get(each.path());
                    return other != null && !each.samePlace(other);
                })
                .toList();
    }

    /** Those among some snapshots, of any nodes and series, with the reason why they stay. */
    public static Map<UUID, String> among(Collection<Candidate> snapshots) {
        record Series(int node, List<TreePath> sources) {}
        Map<Series, List<Candidate>> series = new HashMap<>();
        snapshots.stream()
                .filter(Candidate::hasData)
                .sorted(Comparator.comparingLong(Candidate::committed)
                        .reversed()
                        .thenComparing(Candidate::id))
                .forEach(each -> series.computeIfAbsent(new Series(each.node, each.sources), key -> new ArrayList<>())
                        .add(each));
        Map<UUID, String> found = new HashMap<>();
        for (List<Candidate> newestFirst : series.values()) {
            List<Candidate> kept = new ArrayList<>();
            for (Candidate each : newestFirst) {
                List<SourceMount> former = kept.isEmpty() ? List.of() : moved(each.mounts, kept.getFirst().mounts);
                boolean other = kept.stream()
                        .allMatch(later -> !moved(each.mounts, later.mounts).isEmpty());
                if (other && kept.size() <= MAX_FORMER_PLACES) {
                    kept.add(each);
                    found.put(each.id, reason(former));
                }
            }
        }
        return found;
    }

    private static String reason(List<SourceMount> former) {
        return former.isEmpty()
                ? "last with data"
                : "last from "
                        + former.stream()
                                .map(SourceMount::fileSystem)
                                .distinct()
                                .collect(Collectors.joining(", "));
    }
}
