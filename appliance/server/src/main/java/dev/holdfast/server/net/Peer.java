package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;

/**
 * Who is at the other end.
 *
 * @param nodeId 0 for a stranger, who may only enrol
 * @param fingerprint of the certificate presented
 * @param beside whether that is one of the node's certificates that was not in use when the connection was opened
 * @param restoring whether it gives access to snapshots only, of the node and perhaps of others; the node itself is not there then
 * @param source what counts as the same peer: a node, those who restore it, or a stranger's address without its port
 */
record Peer(
        int nodeId, String name, String fingerprint, boolean beside, boolean restoring, String address, String source) {
    boolean stranger() {
        return nodeId == 0;
    }

    /**
     * Whose limits and turns count: the node, or those who only restore it, so that they take nothing from the node. No node has a
     * number below 1.
     */
    int account() {
        return restoring ? -nodeId : nodeId;
    }

    /** Whose entries of the audit log are counted together. */
    AuditLimiter.Source audited() {
        return stranger() ? AuditLimiter.Source.stranger(source) : AuditLimiter.Source.node(nodeId);
    }

    String label() {
        return stranger() ? "stranger at " + address : (restoring ? "restore of " : "node ") + name;
    }
}
