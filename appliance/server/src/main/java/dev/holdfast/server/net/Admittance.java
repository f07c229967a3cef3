package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import java.io.IOException;

/**
 * Whether a connected node's certificate still counts, asked before each request. The control database's answer counts for
 * 50 ms, so that a flood of small requests does not reach it. Safe for use by several threads.
 */
final class Admittance {
    static final String REVOKED =
            "this node's certificate has been revoked or was replaced by an enrolment; enrol again with a new token";

    private static final long ADMITTED_NANOS = 50_000_000L;

    private final ControlDb control;
    private final Peer peer;
    /** When the control database last admitted this peer, or 0. */
    private volatile long admittedAt;

    Admittance(ControlDb control, Peer peer) {
        this.control = control;
        this.peer = peer;
    }

    boolean admits() throws IOException {
        if (peer.stranger() || admittedLately()) {
            return true;
        }
        // One of many requests asks, the others take its answer.
        synchronized (this) {
            if (admittedLately()) {
                return true;
            }
            boolean admitted = peer.restoring()
                    ? !control.restoreAccess().nodes(peer.fingerprint()).isEmpty()
                    : control.nodes().admits(peer.nodeId(), peer.fingerprint());
            admittedAt = admitted ? System.nanoTime() | 1 : 0;
            return admitted;
        }
    }

    private boolean admittedLately() {
        long last = admittedAt;
        return last != 0 && System.nanoTime() - last < ADMITTED_NANOS;
    }
}
