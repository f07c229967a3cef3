package dev.holdfast.control.db;

import java.io.IOException;
import java.util.List;

/** Signed reports of rehearsed restores. Safe for use by several threads. */
public final class DrillTable {
    private final ControlDb db;

    DrillTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A report.
     *
     * @param at ms since 1970
     * @param report JSON, the text that is signed
     * @param signature of the appliance's authority, SHA-256 with ECDSA
     */
    public record Drill(long task, String node, long at, String report, byte[] signature) {}

    public void add(long task, int node, long at, String report, byte[] signature) throws IOException {
        db.update(
                "INSERT OR REPLACE INTO drill(task_id, node_id, at, report, signature) VALUES (?, ?, ?, ?, ?)",
                task,
                node,
                at,
                report,
                signature);
    }

    /** The newest of each node that restored a sample. */
    public List<Drill> newest() throws IOException {
        return newest("json_extract(report, '$.kind') IS NULL");
    }

    /** The newest of each node that booted its machine. */
    public List<Drill> newestBoots() throws IOException {
        return newest("json_extract(report, '$.kind') = 'boot'");
    }

    private List<Drill> newest(String which) throws IOException {
        return db.query(
                row -> new Drill(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4), row.getBytes(5)),
                "SELECT task_id, node.name, max(at), report, signature FROM drill JOIN node ON node.id = node_id WHERE "
                        + which + " GROUP BY node_id ORDER BY node.name");
    }

    /** A node's, the newest first. */
    public List<Drill> of(int node, int limit) throws IOException {
        return db.query(
                row -> new Drill(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4), row.getBytes(5)),
                "SELECT task_id, node.name, at, report, signature FROM drill JOIN node ON node.id = node_id"
                        + " WHERE node_id = ? ORDER BY at DESC LIMIT ?",
                node,
                limit);
    }

    /** The newest first. */
    public List<Drill> list(int limit) throws IOException {
        return db.query(
                row -> new Drill(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4), row.getBytes(5)),
                "SELECT task_id, node.name, at, report, signature FROM drill JOIN node ON node.id = node_id"
                        + " ORDER BY at DESC LIMIT ?",
                limit);
    }

    /** Those from a time until before another, the oldest first. */
    public List<Drill> between(long from, long until) throws IOException {
        return db.query(
                row -> new Drill(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4), row.getBytes(5)),
                "SELECT task_id, node.name, at, report, signature FROM drill JOIN node ON node.id = node_id"
                        + " WHERE at >= ? AND at < ? ORDER BY at",
                from,
                until);
    }
}
