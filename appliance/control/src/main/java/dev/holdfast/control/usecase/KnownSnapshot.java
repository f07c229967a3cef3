package dev.holdfast.control.usecase;

import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot, as far as it is known without reading its manifest.
 *
 * @param committed ms since 1970
 * @param stored as the index has it; null where no appliance runs
 */
public record KnownSnapshot(
        UUID id,
        int node,
        String nodeName,
        long committed,
        @Nullable StoredSnapshot stored) {
    public static KnownSnapshot of(StoredSnapshot snapshot) {
        return new KnownSnapshot(snapshot.id(), snapshot.node(), snapshot.nodeName(), snapshot.committed(), snapshot);
    }

    /** What its client said of it, parsed for each call; null where no appliance runs. */
    @Nullable
    SnapshotSummary summary() throws IOException {
        StoredSnapshot known = stored;
        return known == null ? null : SnapshotSummary.parse(known.summary());
    }
}
