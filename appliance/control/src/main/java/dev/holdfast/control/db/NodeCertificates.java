package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The certificates of nodes beside the one in use, which the node's own row has: a renewed one that no holder of the
 * identity has used yet, and those that were replaced. An enrolment deletes them. Safe for use by several threads.
 */
public final class NodeCertificates {
    /** More are of no use: a client keeps the one in use, a renewed one, and the one before. */
    private static final int MOST_OF_A_NODE = 4;

    private final ControlDb db;

    NodeCertificates(ControlDb db) {
        this.db = db;
    }

    /** Notes a renewed certificate. The one in use stays in use. */
    public void add(int node, NodeCertificate renewed) throws IOException {
        db.inTransaction(() -> insert(node, renewed));
    }

    private void insert(int node, NodeCertificate added) throws IOException {
        db.insert(
                "INSERT INTO node_certificate(node_id, fingerprint, ends_at) VALUES (?, ?, ?)",
                node,
                added.fingerprint(),
                added.endsAt().toEpochMilli());
        db.update(
                "DELETE FROM node_certificate WHERE node_id = ? AND (ends_at < ? OR id NOT IN (SELECT id FROM"
                        + " node_certificate WHERE node_id = ? ORDER BY id DESC LIMIT ?))",
                node,
                db.now(),
                node,
                MOST_OF_A_NODE);
    }

    /** The active node that this is a certificate of beside the one in use. Waits for nobody who writes. */
    public Optional<Node> nodeOf(int node, String fingerprint) throws IOException {
        List<Node> found = db.read(
                NodeTable::readNode,
                NodeTable.NODE
                        + " WHERE id = ? AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM node_certificate WHERE node_id ="
                        + " node.id AND node_certificate.fingerprint = ?)",
                node,
                fingerprint);
        return found.stream().findFirst();
    }

    /**
     * Makes a certificate the one in use, and keeps the one that was beside it.
     *
     * @return when it ends; empty where it was in use already, or is not of this node
     */
    public Optional<Instant> use(int node, String fingerprint) throws IOException {
        List<Instant> ends = new ArrayList<>();
        db.inTransaction(() -> swap(node, fingerprint).ifPresent(ends::add));
        return ends.stream().findFirst();
    }

    private Optional<Instant> swap(int node, String fingerprint) throws IOException {
        Optional<NodeCertificate> beside = db.first(
                row -> new NodeCertificate(row.getString(1), Instant.ofEpochMilli(row.getLong(2))),
                "SELECT fingerprint, ends_at FROM node_certificate WHERE node_id = ? AND fingerprint = ?",
                node,
                fingerprint);
        Optional<Node> before = db.nodes().find(node);
        if (beside.isEmpty() || before.isEmpty()) {
            return Optional.empty();
        }
        NodeCertificate used = beside.get();
        db.update("DELETE FROM node_certificate WHERE fingerprint = ?", fingerprint);
        insert(
                node,
                new NodeCertificate(before.get().fingerprint(), before.get().certificateEndsAt()));
        db.update(
                "UPDATE node SET fingerprint = ?, certificate_ends_at = ? WHERE id = ?",
                fingerprint,
                used.endsAt().toEpochMilli(),
                node);
        return Optional.of(used.endsAt());
    }

    /** Of a node that is enrolled anew. */
    void forget(int node) throws IOException {
        db.update("DELETE FROM node_certificate WHERE node_id = ?", node);
    }
}
