package dev.holdfast.control.db;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Which machines used the identity of each node, the newest 16 of a node. Safe for use by several threads. */
public final class HolderTable {
    private static final int MOST_PER_NODE = 16;
    /** The kind of events of nodes whose identity two machines use. */
    public static final String COPIED = "identity-copied";

    private final ControlDb db;

    HolderTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A machine that used a node's identity.
     *
     * @param instance of its state directory
     * @param machine hash of the machine and the state directory's path
     * @param boot hash of the start of its system; empty after an administrator released the identity
     * @param counter the greatest that it told
     * @param address where it came from
     * @param seenAt ms since 1970; 0 after an administrator released the identity
     * @param copy whether it was found to be a copy
     */
    public record Holder(
            long id,
            UUID instance,
            String machine,
            String boot,
            long counter,
            String address,
            long seenAt,
            boolean copy) {}

    /** Ms since 1970, as {@link Holder#seenAt} is. */
    public long now() {
        return db.now();
    }

    /** The newest first: that one has the identity. */
    public List<Holder> of(int node) throws IOException {
        return db.query(
                row -> new Holder(
                        row.getLong(1),
                        UUID.fromString(row.getString(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getLong(5),
                        row.getString(6),
                        row.getLong(7),
                        row.getBoolean(8)),
                "SELECT id, instance, machine, boot, counter, address, seen_at, copy FROM holder WHERE node_id = ? ORDER BY"
                        + " id DESC",
                node);
    }

    /** From now on this one has the identity. Returns its id. */
    public long add(int node, UUID instance, String machine, String boot, long counter, String address)
            throws IOException {
        long[] id = new long[1];
        db.inTransaction(() -> {
            db.update(
                    "DELETE FROM holder WHERE node_id = ? AND instance = ? AND machine = ? AND boot = ?",
                    node,
                    instance.toString(),
                    machine,
                    boot);
            id[0] = db.insert(
                    "INSERT INTO holder(node_id, instance, machine, boot, counter, address, seen_at) VALUES (?, ?, ?, ?, ?,"
                            + " ?, ?)",
                    node,
                    instance.toString(),
                    machine,
                    boot,
                    counter,
                    address,
                    db.now());
            db.update(
                    "DELETE FROM holder WHERE node_id = ? AND id <= (SELECT id FROM holder WHERE node_id = ? ORDER BY id"
                            + " DESC LIMIT 1 OFFSET ?)",
                    node,
                    node,
                    MOST_PER_NODE);
        });
        return id[0];
    }

    /** It is there again. */
    public void again(long id, long counter, String address) throws IOException {
        db.update(
                "UPDATE holder SET counter = max(counter, ?), address = ?, seen_at = ? WHERE id = ?",
                counter,
                address,
                db.now(),
                id);
    }

    /**
     * It is still there, or was. Nothing changes where the identity was released since it came.
     *
     * @param at ms since 1970
     */
    public void seen(long id, long at) throws IOException {
        db.update("UPDATE holder SET seen_at = max(seen_at, ?) WHERE id = ? AND seen_at > 0", at, id);
    }

    /** All with this state directory are copies. */
    public void condemn(int node, UUID instance) throws IOException {
        db.update("UPDATE holder SET copy = 1 WHERE node_id = ? AND instance = ?", node, instance.toString());
    }

    /**
     * The next machine that comes may have the identity, and keeps it; events of a machine that was refused close. Returns
     * whether there was one that had it.
     */
    public boolean release(int node) throws IOException {
        boolean had = db.update("UPDATE holder SET seen_at = 0, copy = 0, boot = '' WHERE node_id = ?", node) > 0;
        db.events().close(COPIED, node);
        return had;
    }

    /** The event of the machine that was refused since another has the node's identity, as long as it is open. */
    public Optional<Events.Event> refused(int node) throws IOException {
        return db.events().newestOpen(COPIED, node);
    }

    /** The node has a new identity. */
    void forget(int node) throws IOException {
        db.update("DELETE FROM holder WHERE node_id = ?", node);
    }
}
