package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The nodes, with their enrolment and revocation. Safe for use by several threads. */
public final class NodeTable {
    static final String NODE =
            "SELECT id, name, platform, fingerprint, enrolled_at, certificate_ends_at, seen_at, revoked_at, retired_at, removed_at,"
                    + " software, protocol FROM node";
    /** Of a certificate of which only the fingerprint is known. */
    private static final Duration LONG = Duration.ofDays(5 * 365);

    private static final int MAX_SOFTWARE_CHARS = 60;

    private final ControlDb db;

    NodeTable(ControlDb db) {
        this.db = db;
    }

    /** Issues a certificate for a node once its row exists. */
    public interface Issuer {
        NodeCertificate issue(int nodeId) throws IOException;
    }

    /** Issues a certificate of which only the fingerprint is known. */
    public interface Fingerprints {
        String of(int nodeId) throws IOException;
    }

    /**
     * As {@link #enroll(String, String, String, String, int, Issuer)}, by a key that cannot repeat it, with a certificate of
     * five years.
     */
    public Node enroll(String secret, String name, String platform, int maxNodes, Fingerprints issued)
            throws IOException {
        Instant ends = Instant.ofEpochMilli(db.now()).plus(LONG);
        return enroll(secret, "", name, platform, maxNodes, id -> new NodeCertificate(issued.of(id), ends));
    }

    /**
     * Uses up a token and creates its node, or renews the node that the token names. All or nothing. The key that used the
     * token may do so again until it expires, for the same node: a client that could not store the answer repeats its request.
     *
     * @param key SHA-256 of the public key that is to be certified, in hexadecimal
     * @param name wanted; a number is added where another node has it
     */
    public Node enroll(String secret, String key, String name, String platform, int maxNodes, Issuer issuer)
            throws IOException {
        Node[] enrolled = new Node[1];
        db.inTransaction(() -> enrolled[0] = new Enrolment(db).enroll(secret, key, name, platform, maxNodes, issuer));
        return enrolled[0];
    }

    static Node readNode(ResultSet row) throws SQLException {
        return new Node(
                row.getInt(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                Instant.ofEpochMilli(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                Moments.ofMillis(Database.longOrNull(row, 7)),
                Moments.ofMillis(Database.longOrNull(row, 8)),
                Moments.ofMillis(Database.longOrNull(row, 9)),
                Moments.ofMillis(Database.longOrNull(row, 10)),
                row.getString(11),
                row.getInt(12));
    }

    public List<Node> list() throws IOException {
        return db.query(NodeTable::readNode, NODE + " ORDER BY id");
    }

    public Optional<Node> find(int id) throws IOException {
        return db.first(NodeTable::readNode, NODE + " WHERE id = ?", id);
    }

    public Optional<Node> findByName(String name) throws IOException {
        return db.first(NodeTable::readNode, NODE + " WHERE name = ?", name);
    }

    /** What all nodes are called now, those that were removed too. Waits for nobody who writes. */
    public NodeNames names() throws IOException {
        Map<Integer, String> names = new HashMap<>();
        db.read(row -> names.put(row.getInt(1), row.getString(2)), "SELECT id, name FROM node");
        return new NodeNames(names);
    }

    /** The active node that uses this certificate. Waits for nobody who writes. */
    public Optional<Node> admitted(int id, String fingerprint) throws IOException {
        return db
                .read(
                        NodeTable::readNode,
                        NODE + " WHERE id = ? AND fingerprint = ? AND revoked_at IS NULL",
                        id,
                        fingerprint)
                .stream()
                .findFirst();
    }

    /**
     * Whether requests on a connection that was opened with this certificate are still to be answered: it is in use, or it was,
     * and nobody took it away. Waits for nobody who writes.
     */
    public boolean admits(int id, String fingerprint) throws IOException {
        return admitted(id, fingerprint).isPresent()
                || db.certificates().nodeOf(id, fingerprint).isPresent();
    }

    /**
     * A node's client has connected.
     *
     * @param software what it calls itself
     * @param protocol the newest version of the protocol that it speaks
     */
    public void seen(int id, String software, int protocol) throws IOException {
        db.update(
                "UPDATE node SET seen_at = ?, software = ?, protocol = ? WHERE id = ?",
                db.now(),
                brief(software),
                protocol,
                id);
    }

    /**
     * A node's service has connected.
     *
     * @param directories below which it restores by order; null where it does not say
     */
    public void restoresBelow(int id, @Nullable List<String> directories) throws IOException {
        List<String> paths = directories == null
                ? null
                : directories.stream().filter(NodeTable::isPath).toList();
        db.update("UPDATE node SET restore_below = ? WHERE id = ?", ControlDb.list(paths), id);
    }

    private static boolean isPath(String told) {
        return told.startsWith("/") && told.indexOf('\0') < 0;
    }

    /** The directories below which a node restores by order, as its service told; empty where it did not. */
    public Optional<List<String>> restoresBelow(int id) throws IOException {
        boolean told = !db.query(
                        row -> row.getInt(1), "SELECT 1 FROM node WHERE id = ? AND restore_below IS NOT NULL", id)
                .isEmpty();
        return told
                ? Optional.of(db.query(
                        row -> row.getString(1),
                        "SELECT json_each.value FROM node, json_each(node.restore_below) WHERE node.id = ?"
                                + " ORDER BY json_each.key",
                        id))
                : Optional.empty();
    }

    /** A description by the node itself, as people read it. */
    private static String brief(String software) {
        String text = ForeignText.render(software);
        return text.length() <= MAX_SOFTWARE_CHARS ? text : text.substring(0, MAX_SOFTWARE_CHARS) + "…";
    }

    /** Returns whether the node was there and active. */
    public boolean revoke(String name) throws IOException {
        return db.update("UPDATE node SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", db.now(), name) == 1;
    }
}
