package dev.holdfast.server.instant;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.nbd.NbdError;
import dev.holdfast.protocol.nbd.NbdException;
import java.io.IOException;

/** Whether a node's certificate still counts, asked before each request. An answer counts for a second. Safe for use by several threads. */
final class NodeAdmission {
    private static final long ANSWER_NANOS = 1_000_000_000L;

    private final ControlDb control;
    private final int node;
    private final String fingerprint;
    private volatile long admitted = System.nanoTime() - ANSWER_NANOS;

    NodeAdmission(ControlDb control, int node, String fingerprint) {
        this.control = control;
        this.node = node;
        this.fingerprint = fingerprint;
    }

    int node() {
        return node;
    }

    /** @throws NbdException where the node was revoked, or enrolled again with another certificate */
    void require() throws IOException {
        if (System.nanoTime() - admitted < ANSWER_NANOS) {
            return;
        }
        if (!control.nodes().admits(node, fingerprint)) {
            throw new NbdException(NbdError.PERMISSION, "the certificate of this node does not count any more");
        }
        admitted = System.nanoTime();
    }
}
