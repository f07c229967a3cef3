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
 * @param summary what its client said of it; null where no appliance runs, since the index has it
 */
public record KnownSnapshot(
        UUID id,
        int node,
        String nodeName,
        long committed,
        @Nullable SnapshotSummary summary) {
    public static KnownSnapshot of(StoredSnapshot snapshot) throws IOException {
        return new KnownSnapshot(
                snapshot.id(),
                snapshot.node(),
                snapshot.nodeName(),
                snapshot.committed(),
                SnapshotSummary.parse(snapshot.summary()));
    }
}
