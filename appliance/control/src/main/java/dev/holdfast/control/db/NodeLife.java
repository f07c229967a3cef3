package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How nodes are renamed, retire and are removed: each all or nothing, with everything in this database that has the node's
 * name or refers to it. Safe for use by several threads.
 */
public final class NodeLife {
    private static final Phrase ENDED = Phrase.of("task.node-removed");

    private final ControlDb db;

    NodeLife(ControlDb db) {
        this.db = db;
    }

    /** A vault's settings as they are to be after a change. */
    public record VaultRules(String vault, String settings) {}

    /** Finds what settings of vaults a change takes along. */
    @FunctionalInterface
    public interface Followers {
        /** @throws IOException where the change is not allowed: then nothing is changed */
        List<VaultRules> find() throws IOException;
    }

    /**
     * Gives a node another name, which no other may have. Users see it under the new one.
     *
     * @param followers asked once it is sure that the name can be given; their changes and the name are one change
     * @return whether it was called {@code before}, and no node {@code after}
     */
    public boolean rename(int node, String before, String after, Followers followers) throws IOException {
        boolean[] done = new boolean[1];
        db.inTransaction(() -> {
            done[0] = db.nodes().findByName(after).isEmpty()
                    && db.update("UPDATE node SET name = ? WHERE id = ? AND name = ?", after, node, before) == 1;
            if (done[0]) {
                for (VaultRules each : followers.find()) {
                    db.update("UPDATE vault SET settings = ? WHERE name = ?", each.settings, each.vault);
                }
                db.update("UPDATE OR REPLACE alert_group SET node = ? WHERE node = ?", after, before);
                inScopes(before, "json_group_array(CASE value WHEN ? THEN ? ELSE value END)", "", before, after);
            }
        });
        return done[0];
    }

    /**
     * Changes the lists of nodes that users see, and that removed users of the OpenID provider saw, where a name is in them.
     *
     * @param made of the elements of a list
     * @param of which elements
     */
    private void inScopes(String name, String made, String of, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(name);
        for (String place : List.of(
                "user SET nodes = %s WHERE CASE WHEN nodes = '' THEN 0 ELSE %s END",
                "setting SET value = %s WHERE CASE WHEN name NOT LIKE 'oidc nodes of %%' OR value = '' THEN 0 ELSE %s END")) {
            String list = "json_each(" + (place.startsWith("user") ? "user.nodes" : "setting.value") + ")";
            db.update(
                    "UPDATE "
                            + String.format(
                                    Locale.ROOT,
                                    place,
                                    "(SELECT " + made + " FROM " + list + of + ")",
                                    "EXISTS (SELECT 1 FROM " + list + " WHERE value = ?)"),
                    all.toArray());
        }
    }

    /**
     * Ends a node's access and everything that is planned for it. Its snapshots stay, and its policy. Does what is not done
     * yet, so that it may be repeated.
     *
     * @return whether it was not retired before
     */
    public boolean retire(int node) throws IOException {
        boolean[] first = new boolean[1];
        db.inTransaction(() -> {
            long now = db.now();
            first[0] = db.update("UPDATE node SET retired_at = ? WHERE id = ? AND retired_at IS NULL", now, node) == 1;
            db.update("UPDATE node SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", now, node);
            db.certificates().forget(node);
            db.restoreAccess().forget(node);
            db.update(
                    "UPDATE token SET revoked_at = ? WHERE node_id = ? AND used_at IS NULL AND revoked_at IS NULL",
                    now,
                    node);
            db.update("DELETE FROM plan_node WHERE node_id = ?", node);
            db.tasks().endWhere("node_id = ? AND state = 'queued'", TaskState.CANCELLED, ENDED, node);
            db.holders().forget(node);
            for (String kind : List.of(PlanTable.OVERDUE, HolderTable.COPIED)) {
                db.events().close(kind, node);
            }
        });
        return first[0];
    }

    /**
     * Ends a retired node whose snapshots are forgotten: its name is free again. Tasks, events and audit entries of it stay;
     * lists show them under a name that tells it from a later node.
     */
    public void remove(int node) throws IOException {
        db.inTransaction(() -> {
            Node before = db.nodes().find(node).orElseThrow();
            // Enrolled again, it is a node like any other.
            if (before.removedAt() != null || before.retiredAt() == null) {
                return;
            }
            db.update(
                    "UPDATE node SET removed_at = ?, name = ? WHERE id = ?",
                    db.now(),
                    before.name() + " (removed, node " + node + ")",
                    node);
            for (String table : List.of("policy_node", "brake", "suspension", "node_tag", "recovery_interval")) {
                db.update("DELETE FROM " + table + " WHERE node_id = ?", node);
            }
            inScopes(before.name(), "json_group_array(value)", " WHERE value <> ?", before.name());
            db.update("UPDATE event SET acknowledged = ? WHERE acknowledged IS NULL AND node_id = ?", db.now(), node);
        });
    }
}
