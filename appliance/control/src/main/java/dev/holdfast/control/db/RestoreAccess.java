package dev.holdfast.control.db;

import java.io.IOException;
import java.util.List;

/**
 * Certificates that let a machine read the snapshots of some nodes, and nothing else: of a machine that is restored, perhaps while
 * its node still runs elsewhere. Safe for use by several threads.
 */
public final class RestoreAccess {
    private final ControlDb db;

    RestoreAccess(ControlDb db) {
        this.db = db;
    }

    /**
     * Notes a certificate that was issued for a token; one that was issued for it before ends. The access does not last longer for
     * that. Within a transaction of the caller.
     */
    void add(String token, List<Integer> nodes, NodeCertificate issued) throws IOException {
        long now = db.now();
        long last = issued.endsAt().toEpochMilli();
        long ends = db
                .query(row -> row.getLong(1), "SELECT ends_at FROM restore_access WHERE token = ? LIMIT 1", token)
                .stream()
                .findFirst()
                .map(earlier -> Math.min(earlier, last))
                .orElse(last);
        db.update("DELETE FROM restore_access WHERE ends_at < ? OR token = ?", now, token);
        for (int node : nodes) {
            db.update(
                    "INSERT INTO restore_access(fingerprint, node_id, token, created_at, ends_at) VALUES (?, ?, ?, ?, ?)",
                    issued.fingerprint(),
                    node,
                    token,
                    now,
                    ends);
        }
    }

    /**
     * The nodes whose snapshots this certificate lets read now: not those that were removed, or revoked since its token was made.
     * Empty where it is no such certificate, or its token was revoked. Waits for nobody who writes.
     */
    public List<Node> nodes(String fingerprint) throws IOException {
        return db.read(
                NodeTable::readNode,
                NodeTable.NODE
                        + " WHERE removed_at IS NULL AND EXISTS (SELECT 1 FROM restore_access a JOIN token t ON t.hash ="
                        + " a.token WHERE a.fingerprint = ? AND a.node_id = node.id AND a.ends_at > ? AND t.revoked_at IS NULL"
                        + " AND (node.revoked_at IS NULL OR node.revoked_at < t.created_at)) ORDER BY id",
                fingerprint,
                db.now());
    }

    /** Of a node that is removed. */
    void forget(int node) throws IOException {
        db.update("DELETE FROM restore_access WHERE node_id = ?", node);
    }
}
