package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.store.gc.Usage;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Whose the used room is, as it was reckoned last. Safe for use by several threads. */
public final class UsageTable {
    private static final String AT = "usage.at";
    private static final long DAY_MILLIS = 86_400_000;

    private final ControlDb db;

    UsageTable(ControlDb db) {
        this.db = db;
    }

    /**
     * Of a node, in bytes as stored.
     *
     * @param stored of chunks that it refers to
     * @param own of chunks that no other node refers to
     */
    public record OfNode(String node, int snapshots, long stored, long own) {}

    /** Of a snapshot; {@code own} is of chunks that no other snapshot refers to. */
    public record OfSnapshot(long stored, long own) {}

    /** Of a node as it was calculated at a time. */
    public record Was(String node, Instant at, long stored, long own) {}

    /** Replaces what was known, and adds to the history. */
    public void put(Usage.Report report) throws IOException {
        long now = db.now();
        db.inTransaction(() -> {
            db.update("DELETE FROM usage_node");
            db.update("DELETE FROM usage_snapshot");
            for (Usage.OfNode each : report.nodes()) {
                db.update(
                        "INSERT INTO usage_node(node_id, snapshots, stored, own) VALUES (?, ?, ?, ?)",
                        each.node(),
                        each.snapshots(),
                        each.storedBytes(),
                        each.ownBytes());
                db.update(
                        "INSERT OR REPLACE INTO usage_history(node_id, day, at, stored, own) VALUES (?, ?, ?, ?, ?)",
                        each.node(),
                        now / DAY_MILLIS,
                        now,
                        each.storedBytes(),
                        each.ownBytes());
            }
            for (Usage.OfSnapshot each : report.snapshots()) {
                db.update(
                        "INSERT INTO usage_snapshot(id, node_id, stored, own) VALUES (?, ?, ?, ?)",
                        each.id().toString(),
                        each.node(),
                        each.storedBytes(),
                        each.ownBytes());
            }
        });
        db.settings().set(AT, Long.toString(now));
    }

    /** Forgets what was calculated before a time, in ms since 1970. */
    public void forgetBefore(long at) throws IOException {
        db.update("DELETE FROM usage_history WHERE day < ?", at / DAY_MILLIS);
    }

    /**
     * What was calculated on the last days, the oldest first; of a day (UTC) the last.
     *
     * @param days with today
     * @param nodes whose; null for all
     */
    public List<Was> history(long days, @Nullable List<String> nodes) throws IOException {
        String scope = ControlDb.list(nodes);
        return db.query(
                row -> new Was(row.getString(1), Instant.ofEpochMilli(row.getLong(2)), row.getLong(3), row.getLong(4)),
                "SELECT node.name, at, stored, own FROM usage_history JOIN node ON node.id = node_id"
                        + " WHERE day >= ? AND (? IS NULL OR node.name IN (SELECT value FROM json_each(?)))"
                        + " ORDER BY day, node.name",
                db.now() / DAY_MILLIS - days + 1,
                scope,
                scope);
    }

    /** When it was reckoned; null for never. */
    public @Nullable Instant at() throws IOException {
        return Moments.ofMillis(Long.parseLong(db.settings().get(AT).orElse("0")));
    }

    /** Those who take most first. */
    public List<OfNode> nodes() throws IOException {
        return db.query(
                row -> new OfNode(row.getString(1), row.getInt(2), row.getLong(3), row.getLong(4)),
                "SELECT coalesce(node.name, 'node ' || node_id), snapshots, stored, own FROM usage_node"
                        + " LEFT JOIN node ON node.id = node_id ORDER BY stored DESC");
    }

    public Map<UUID, OfSnapshot> snapshots() throws IOException {
        Map<UUID, OfSnapshot> found = new HashMap<>();
        db.query(
                row -> found.put(UUID.fromString(row.getString(1)), new OfSnapshot(row.getLong(2), row.getLong(3))),
                "SELECT id, stored, own FROM usage_snapshot");
        return found;
    }
}
