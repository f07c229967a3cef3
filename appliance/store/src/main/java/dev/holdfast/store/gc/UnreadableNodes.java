package dev.holdfast.store.gc;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Nodes with a snapshot that cannot be read completely. A page refers only to chunks that its node owns, so all of those count
 * as needed, and everything else is collected. Used by one thread.
 */
final class UnreadableNodes {
    private final ChunkIndex index;
    private final List<Path> ownersUnknown;
    private final Set<Integer> nodes = new HashSet<>();
    private final List<String> warnings = new ArrayList<>();

    /** @param ownersUnknown as {@link GarbageCollector.Files#ownersUnknown} */
    UnreadableNodes(ChunkIndex index, List<Path> ownersUnknown) {
        this.index = index;
        this.ownersUnknown = ownersUnknown;
    }

    /** Those of manifests that cannot be read. */
    void noteAll(Manifests.All all) {
        all.unreadable()
                .forEach((name, cause) -> note(name.node(), "manifest " + name.file() + ": " + cause.getMessage()));
    }

    private void note(int node, String what) {
        if (nodes.add(node)) {
            warnings.add(what + "; everything that node " + node
                    + " stored is kept until that is healed or the snapshot is forgotten. Run check");
        }
    }

    Set<Integer> nodes() {
        return nodes;
    }

    List<String> warnings() {
        return warnings;
    }

    /** A visitor that notes what cannot be read, and passes on the chunks of the rest. */
    References.Visitor noting(References.ChunkVisitor chunks) {
        return new References.Visitor() {
            @Override
            public void chunk(ChunkId id) throws IOException {
                chunks.chunk(id);
            }

            @Override
            public void unreadable(StoredSnapshot snapshot, IOException cause) {
                note(snapshot.node(), "snapshot " + snapshot.id() + " cannot be read whole: " + cause.getMessage());
            }
        };
    }

    /** Otherwise what a node owns is not known either. */
    void requireOwnersKnown() throws IOException {
        if (!nodes.isEmpty() && ownersUnknown.stream().anyMatch(Files::exists)) {
            throw new PhrasedException(Phrase.of("task.nothing-collected").with("warning", warnings.getFirst()));
        }
    }

    /** Whether one of these nodes owns the chunk, so that a snapshot of it may refer to it. */
    boolean mayNeed(ChunkId id) throws IOException {
        Location location = nodes.isEmpty() ? null : index.find(id);
        for (int node : nodes) {
            if (location != null && index.owns(node, id, location)) {
                return true;
            }
        }
        return false;
    }
}
