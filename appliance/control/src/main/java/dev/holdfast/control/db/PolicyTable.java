package dev.holdfast.control.db;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Policies by name, as JSON, and the nodes that they count for. Safe for use by several threads. */
public final class PolicyTable {
    private final ControlDb db;

    PolicyTable(ControlDb db) {
        this.db = db;
    }

    public void put(String name, String settings) throws IOException {
        db.update(
                "INSERT INTO policy(name, settings) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET settings = excluded.settings",
                name,
                settings);
    }

    public Optional<String> find(String name) throws IOException {
        return db.first(row -> row.getString(1), "SELECT settings FROM policy WHERE name = ?", name);
    }

    public Map<String, String> all() throws IOException {
        Map<String, String> all = new TreeMap<>();
        db.query(row -> all.put(row.getString(1), row.getString(2)), "SELECT name, settings FROM policy");
        return all;
    }

    /** Returns whether it was there; one that counts for nodes is not removed. */
    public boolean remove(String name) throws IOException {
        return db.update("DELETE FROM policy WHERE name = ?", name) == 1;
    }

    public void bind(int node, String name) throws IOException {
        db.update(
                "INSERT INTO policy_node(node_id, policy) VALUES (?, ?) ON CONFLICT(node_id) DO UPDATE SET policy = excluded.policy",
                node,
                name);
    }

    public boolean unbind(int node) throws IOException {
        return db.update("DELETE FROM policy_node WHERE node_id = ?", node) == 1;
    }

    /** The policy of a node. */
    public Optional<String> of(int node) throws IOException {
        return db.first(row -> row.getString(1), "SELECT policy FROM policy_node WHERE node_id = ?", node);
    }

    /** Names of the nodes that a policy counts for. */
    public List<String> nodes(String name) throws IOException {
        return db.query(
                row -> row.getString(1),
                "SELECT node.name FROM policy_node JOIN node ON node.id = node_id WHERE policy = ? ORDER BY node.name",
                name);
    }
}
