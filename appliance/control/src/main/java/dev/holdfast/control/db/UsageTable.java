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

    /** Replaces what was known. */
    public void put(Usage.Report report) throws IOException {
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
        db.settings().set(AT, Long.toString(db.now()));
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
