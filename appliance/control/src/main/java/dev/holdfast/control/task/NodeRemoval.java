package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Forgets the snapshots of a retired node, then removes the node. Where it ends early, the node stays retired with the
 * snapshots that are left; removing it again does the rest.
 */
final class NodeRemoval {
    private final ControlDb control;
    private final Manifests manifests;
    private final RetentionService keeper;

    NodeRemoval(ControlDb control, Manifests manifests, RetentionService keeper) {
        this.control = control;
        this.manifests = manifests;
        this.keeper = keeper;
    }

    /** What was removed. */
    record Removed(String node, long snapshots) {}

    Removed run(int id, TaskContext context) throws IOException {
        long done = 0;
        Node node = retired(id, done);
        // A backup that was committing when the access ended may still come.
        for (List<StoredSnapshot> left = manifests.list(id); !left.isEmpty(); left = manifests.list(id)) {
            long total = done + left.size();
            for (StoredSnapshot each : left) {
                if (context.stopping()) {
                    throw new CancellationException(
                            "stopped after " + done + " snapshots; remove node '" + node.name() + "' again to resume");
                }
                // It may have been enrolled again meanwhile, and have backed up.
                retired(id, done);
                keeper.forget(each, context.task().requestedBy());
                context.step("snapshots forgotten", ++done, total);
            }
        }
        control.nodeLife().remove(id);
        control.audit()
                .append(context.task().requestedBy(), "node removed", node.name(), done + " snapshots forgotten");
        return new Removed(node.name(), done);
    }

    private Node retired(int id, long done) throws IOException {
        Node node = control.nodes()
                .find(id)
                .orElseThrow(
                        () -> new PhrasedException(Phrase.of("task.no-node").with("id", id)));
        if (node.retiredAt() == null) {
            throw new PhrasedException(
                    Phrase.of("task.enrolled-again").with("node", node.name()).with("count", done));
        }
        return node;
    }
}
