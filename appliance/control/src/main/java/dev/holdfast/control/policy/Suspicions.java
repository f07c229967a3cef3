package dev.holdfast.control.policy;

import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.Irreplaceable;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What is suspicious about a backup, by all that is looked at, beside those before it of the same series. */
final class Suspicions {
    /** The newest first. */
    static final Comparator<Seen> NEWEST_FIRST =
            Comparator.comparingLong(Seen::committed).reversed().thenComparing(Seen::id);

    private Suspicions() {}

    /** What of a snapshot is compared. */
    record Seen(
            UUID id,
            int node,
            long committed,
            List<TreePath> sources,
            SnapshotSummary.Counts counts,
            Map<TreePath, SourceMount> mounts) {
        static Seen of(StoredSnapshot snapshot) throws IOException {
            SnapshotSummary summary = SnapshotSummary.parse(snapshot.summary());
            return new Seen(
                    snapshot.id(),
                    snapshot.node(),
                    snapshot.committed(),
                    summary.sources(),
                    summary.counts(),
                    Irreplaceable.bySource(summary.mounts()));
        }
    }

    /** @param before the newest first */
    static Optional<Phrase> of(List<Seen> before, Seen now) {
        Optional<Phrase> moved =
                MovedSources.suspicion(before.stream().map(Seen::mounts).toList(), now.mounts());
        Optional<Phrase> counted =
                AnomalyDetector.suspicion(before.stream().map(Seen::counts).toList(), now.counts());
        return moved.map(where -> counted.map(what -> Phrase.of("attack.moved-and-more")
                                .with("where", where)
                                .with("what", what))
                        .orElse(where))
                .or(() -> counted);
    }

    /** The newest that has data, or the newest; of at least one. */
    static Seen clean(List<Seen> before) {
        return before.stream()
                .filter(each -> each.counts().hasData())
                .findFirst()
                .orElse(before.getFirst());
    }
}
