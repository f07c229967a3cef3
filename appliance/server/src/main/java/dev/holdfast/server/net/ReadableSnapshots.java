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
 * the order runs; with access to restore, those of the nodes that this access names. Everything else counts as not there.
 */
final class ReadableSnapshots {
    private final Services services;
    private final Peer peer;

    ReadableSnapshots(Services services, Peer peer) {
        this.services = services;
        this.peer = peer;
    }

    /** Those whose snapshots may all be read. */
    List<Integer> nodes() throws IOException {
        return peer.restoring()
                ? services.control().restoreAccess().nodes(peer.fingerprint()).stream()
                        .map(Node::id)
                        .toList()
                : List.of(peer.nodeId());
    }

    StoredSnapshot find(UUID id) throws IOException {
        for (int each : nodes()) {
            Optional<StoredSnapshot> own = services.store().manifests().find(each, id);
            if (own.isPresent()) {
                return own.get();
            }
        }
        return ordered().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new RemoteException(ErrorCode.NOT_FOUND, "this node has no snapshot " + id));
    }

    /** Finds where chunks lie. */
    List<ChunkReader.Wanted> locate(List<Digest> digests) throws IOException {
        ChunkReader reader = services.store().reader();
        List<Integer> nodes = nodes();
        if (nodes.isEmpty()) {
            throw new RemoteException(ErrorCode.REVOKED, Admittance.REVOKED);
        }
        List<ChunkReader.Wanted> wanted = reader.locate(nodes.getFirst(), digests);
        for (int each : nodes.subList(1, nodes.size())) {
            wanted = completed(wanted, each, digests);
        }
        if (wanted.stream().allMatch(each -> each.location() != null)) {
            return wanted;
        }
        for (StoredSnapshot other : ordered()) {
            wanted = completed(wanted, other.node(), digests);
        }
        return wanted;
    }

    /** What was not found is looked for among the chunks of a further node. */
    private List<ChunkReader.Wanted> completed(List<ChunkReader.Wanted> mine, int node, List<Digest> digests)
            throws IOException {
        List<ChunkReader.Wanted> theirs = services.store().reader().locate(node, digests);
        return IntStream.range(0, mine.size())
                .mapToObj(i -> mine.get(i).location() == null ? theirs.get(i) : mine.get(i))
                .toList();
    }

    /** Snapshots of other nodes that running orders let this one restore. */
    private List<StoredSnapshot> ordered() throws IOException {
        List<StoredSnapshot> ordered = new ArrayList<>();
        if (peer.restoring()) {
            return ordered;
        }
        int node = peer.nodeId();
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
