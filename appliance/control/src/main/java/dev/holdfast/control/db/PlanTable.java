package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Plans by name, as JSON, and the nodes that they are bound to. Safe for use by several threads. */
public final class PlanTable {
    private static final String PLAN = "SELECT name, settings, paused, paused_until FROM plan";

    /** The kind of events of plans that make no snapshots. */
    public static final String OVERDUE = "overdue";

    private final ControlDb db;

    PlanTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A plan.
     *
     * @param paused now
     * @param excusedUntil up to when a pause that was limited excuses that it makes no snapshots, ms since 1970; 0 for none
     */
    public record Row(String name, String settings, boolean paused, long excusedUntil) {
        /** When it resumes by itself; null where it is not paused, or for a pause without end. */
        public @Nullable Instant pausedUntil() {
            return paused ? Moments.ofMillis(excusedUntil) : null;
        }
    }

    private Row row(ResultSet row) throws SQLException {
        long until = row.getLong(4);
        boolean paused = row.getInt(3) != 0 && (until == 0 || until > db.now());
        return new Row(row.getString(1), row.getString(2), paused, until);
    }

    /**
     * A plan of a node. Times are in ms since 1970.
     *
     * @param dealt due moments up to this one are dealt with
     * @param overdue the due moment that somebody was told is overdue, 0 for none
     */
    public record Binding(String plan, int node, long boundAt, long dealt, long overdue) {}

    /** With it events of a plan begin. */
    public static Phrase about(String plan) {
        return Phrase.of("event.plan").with("plan", plan);
    }

    /** How the messages of these events begin, in English. */
    public static String beginning(String plan) {
        return about(plan).english() + " ";
    }

    public void put(String name, String settings) throws IOException {
        db.update(
                "INSERT INTO plan(name, settings) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET settings = excluded.settings",
                name,
                settings);
    }

    public Optional<Row> find(String name) throws IOException {
        return db.first(this::row, PLAN + " WHERE name = ?", name);
    }

    /** The next in the order of names; the first behind an empty name. One at a time: settings may be long. */
    public Optional<Row> after(String name) throws IOException {
        return db.read(this::row, PLAN + " WHERE name > ? ORDER BY name LIMIT 1", name).stream()
                .findFirst();
    }

    public int count() throws IOException {
        return db.query(row -> row.getInt(1), "SELECT count(*) FROM plan").getFirst();
    }

    public List<Row> all() throws IOException {
        return db.query(this::row, PLAN + " ORDER BY name");
    }

    /** Returns whether it was there; one that is bound to nodes is not removed. */
    public boolean remove(String name) throws IOException {
        return db.update("DELETE FROM plan WHERE name = ?", name) == 1;
    }

    /**
     * @param until when it resumes by itself, ms since 1970, and up to when nobody misses its snapshots; 0 for a pause without
     *     end, in which they are missed as ever
     */
    public boolean pause(String name, long until) throws IOException {
        return db.update("UPDATE plan SET paused = 1, paused_until = ? WHERE name = ?", until, name) == 1;
    }

    /** What a limited pause excused stays excused. */
    public boolean resume(String name) throws IOException {
        return db.update(
                        "UPDATE plan SET paused = 0, paused_until = min(paused_until, ?) WHERE name = ?",
                        db.now(),
                        name)
                == 1;
    }

    /** Nothing before this moment is due. */
    public void bind(String name, int node) throws IOException {
        long now = db.now();
        db.update(
                "INSERT OR IGNORE INTO plan_node(plan, node_id, bound_at, dealt) VALUES (?, ?, ?, ?)",
                name,
                node,
                now,
                now);
    }

    public boolean unbind(String name, int node) throws IOException {
        boolean[] done = new boolean[1];
        db.inTransaction(() -> {
            done[0] = db.update("DELETE FROM plan_node WHERE plan = ? AND node_id = ?", name, node) == 1;
            if (done[0]) {
                db.update(
                        "UPDATE node SET unplanned_at = ? WHERE id = ? AND id NOT IN (SELECT node_id FROM plan_node)",
                        db.now(),
                        node);
            }
            db.events().close(OVERDUE, node, beginning(name));
        });
        return done[0];
    }

    /** Since when no plan is bound to a node that has none; empty where it is not known. */
    public Optional<Instant> noneSince(int node) throws IOException {
        return db.first(
                row -> Instant.ofEpochMilli(row.getLong(1)),
                "SELECT unplanned_at FROM node WHERE id = ? AND unplanned_at IS NOT NULL",
                node);
    }

    public List<Binding> bindings() throws IOException {
        return db.query(
                row -> new Binding(row.getString(1), row.getInt(2), row.getLong(3), row.getLong(4), row.getLong(5)),
                "SELECT plan, node_id, bound_at, dealt, overdue FROM plan_node JOIN node ON node.id = node_id"
                        + " WHERE revoked_at IS NULL ORDER BY plan, node_id");
    }

    /** Names of the plans that are bound to a node, revoked or not. */
    public List<String> of(int node) throws IOException {
        return db.query(row -> row.getString(1), "SELECT plan FROM plan_node WHERE node_id = ? ORDER BY plan", node);
    }

    /** Names of the nodes that a plan is bound to. */
    public List<String> nodes(String name) throws IOException {
        return db.query(
                row -> row.getString(1),
                "SELECT node.name FROM plan_node JOIN node ON node.id = node_id WHERE plan = ? ORDER BY node.name",
                name);
    }

    public void dealt(Binding binding, long moment) throws IOException {
        db.update("UPDATE plan_node SET dealt = ? WHERE plan = ? AND node_id = ?", moment, binding.plan, binding.node);
    }

    public void overdue(Binding binding, long moment) throws IOException {
        db.update(
                "UPDATE plan_node SET overdue = ? WHERE plan = ? AND node_id = ?", moment, binding.plan, binding.node);
    }
}
