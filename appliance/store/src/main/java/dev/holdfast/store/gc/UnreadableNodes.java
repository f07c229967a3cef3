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
    private final List<Phrase> warnings = new ArrayList<>();

    /** @param ownersUnknown as {@link GarbageCollector.Files#ownersUnknown} */
    UnreadableNodes(ChunkIndex index, List<Path> ownersUnknown) {
        this.index = index;
        this.ownersUnknown = ownersUnknown;
    }

    /** Those of manifests that cannot be read. */
    void noteAll(Manifests.All all) {
        all.unreadable()
                .forEach((name, cause) -> note(
                        name.node(),
                        Phrase.of("log.manifest-unreadable")
                                .with("file", String.valueOf(name.file()))
                                .with("reason", cause)));
    }

    private void note(int node, Phrase what) {
        if (nodes.add(node)) {
            warnings.add(Phrase.of("log.all-kept").with("what", what).with("node", node));
        }
    }

    Set<Integer> nodes() {
        return nodes;
    }

    List<Phrase> warnings() {
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
                note(
                        snapshot.node(),
                        Phrase.of("log.snapshot-unreadable")
                                .with("snapshot", snapshot.id().toString())
                                .with("reason", cause));
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
