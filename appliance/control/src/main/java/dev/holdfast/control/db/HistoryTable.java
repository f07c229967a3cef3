package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was, hour by hour: how full the appliance was, and what its tasks moved. Safe for use by several threads. */
public final class HistoryTable {
    private static final long HOUR_MILLIS = 3_600_000;

    private final ControlDb db;

    HistoryTable(ControlDb db) {
        this.db = db;
    }

    /** How full it was. */
    public record Sample(Instant at, long usedBytes, long capacityBytes, long chunks) {}

    /**
     * What ended in an hour.
     *
     * @param at when the hour began
     * @param kind of tasks
     * @param bytes that came from nodes
     */
    public record Hour(Instant at, String kind, long done, long failed, long bytes, long millis) {}

    /** Takes a sample, unless this hour has one. */
    public void sample(long usedBytes, long capacityBytes, long chunks) throws IOException {
        db.update(
                "INSERT OR IGNORE INTO sample(at, used, capacity, chunks) VALUES (?, ?, ?, ?)",
                db.now() / HOUR_MILLIS * HOUR_MILLIS,
                usedBytes,
                capacityBytes,
                chunks);
    }

    public void forgetBefore(long at) throws IOException {
        db.update("DELETE FROM sample WHERE at < ?", at);
    }

    /** The oldest first. */
    public List<Sample> samples(long since) throws IOException {
        return db.query(
                row -> new Sample(Instant.ofEpochMilli(row.getLong(1)), row.getLong(2), row.getLong(3), row.getLong(4)),
                "SELECT at, used, capacity, chunks FROM sample WHERE at >= ? ORDER BY at",
                since);
    }

    /** What tasks of nodes did, the oldest first. */
    public List<Hour> hours(long since) throws IOException {
        return db.query(
                row -> new Hour(
                        Instant.ofEpochMilli(row.getLong(1) * HOUR_MILLIS),
                        row.getString(2),
                        row.getLong(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6)),
                "SELECT finished_at / 3600000, kind, sum((state = 'done') * (1 + folded)), sum((state IN ('failed', 'broken')) * (1 + folded)),"
                        + " sum(bytes + folded_bytes), sum(finished_at - coalesce(started_at, finished_at) + folded_millis)"
                        + " FROM task WHERE finished_at >= ? AND node_id IS NOT NULL"
                        + " GROUP BY 1, 2 ORDER BY 1",
                since);
    }

    /**
     * What backups of a node did in a time.
     *
     * @param warned of those that were done, with files that could not be read
     * @param received bytes that came from the node
     * @param content bytes of files that the backups looked at, and {@code sent} those that went over the network for them, as
     *     clients told
     * @param millis that they took, added up
     */
    public record Backups(
            String node, long done, long warned, long failed, long received, long content, long sent, long millis) {}

    /**
     * Backups that ended from a time until before another, by node.
     *
     * @param nodes whose; null for all
     */
    public List<Backups> backups(long from, long until, @Nullable List<String> nodes) throws IOException {
        String scope = ControlDb.list(nodes);
        return db.query(
                row -> new Backups(
                        row.getString(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6),
                        row.getLong(7),
                        row.getLong(8)),
                "SELECT node.name, sum((state = 'done') * (1 + folded)), sum((state = 'done' AND " + RunTable.WARNINGS
                        + " > 0) * (1 + folded)),"
                        + " sum((state IN ('failed', 'broken')) * (1 + folded)), sum(bytes + folded_bytes),"
                        + " sum(coalesce(scanned, 0) + folded_scanned),"
                        + " sum(coalesce(transferred, 0) + folded_transferred), sum(finished_at - coalesce(started_at, finished_at) + folded_millis) FROM task JOIN node ON node.id = node_id"
                        // The plus has SQLite go by time: of all backups, most are older.
                        + " WHERE +kind = 'backup' AND finished_at >= ? AND finished_at < ?"
                        + " AND (? IS NULL OR node.name IN (SELECT value FROM json_each(?)))"
                        + " GROUP BY node_id",
                from,
                until,
                scope,
                scope);
    }
}
