package dev.holdfast.server.net;

import dev.holdfast.control.db.Node;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * What a node may read: its own snapshots and chunks, and those of other nodes' snapshots that an order lets it restore, while
 * the order runs. Everything else counts as not there.
 */
final class ReadableSnapshots {
    private final Services services;
    private final int node;

    ReadableSnapshots(Services services, int node) {
        this.services = services;
        this.node = node;
    }

    StoredSnapshot find(UUID id) throws IOException {
        Optional<StoredSnapshot> own = services.store().manifests().find(node, id);
        if (own.isPresent()) {
            return own.get();
        }
        return ordered().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new RemoteException(ErrorCode.NOT_FOUND, "this node has no snapshot " + id));
    }

    /** Finds where chunks lie. */
    List<ChunkReader.Wanted> locate(List<Digest> digests) throws IOException {
        ChunkReader reader = services.store().reader();
        List<ChunkReader.Wanted> wanted = reader.locate(node, digests);
        if (wanted.stream().allMatch(each -> each.location() != null)) {
            return wanted;
        }
        for (StoredSnapshot other : ordered()) {
            List<ChunkReader.Wanted> theirs = reader.locate(other.node(), digests);
            List<ChunkReader.Wanted> mine = wanted;
            wanted = IntStream.range(0, mine.size())
                    .mapToObj(i -> mine.get(i).location() == null ? theirs.get(i) : mine.get(i))
                    .toList();
        }
        return wanted;
    }

    /** Snapshots of other nodes that running orders let this one restore. */
    private List<StoredSnapshot> ordered() throws IOException {
        List<StoredSnapshot> ordered = new ArrayList<>();
        for (UUID id : Orders.restoring(services.control(), node)) {
            for (Node each : services.control().nodes().list()) {
                if (each.id() != node) {
                    services.store().manifests().find(each.id(), id).ifPresent(ordered::add);
                }
            }
        }
        return ordered;
    }
}
