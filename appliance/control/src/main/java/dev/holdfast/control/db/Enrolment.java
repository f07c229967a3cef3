package dev.holdfast.control.db;

import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One enrolment: uses up a token, and creates or renews its node. Runs within a transaction of its caller. */
final class Enrolment {
    private static final int MAX_PLATFORM_CHARS = 200;

    private final ControlDb db;
    private final NodeTable nodes;

    Enrolment(ControlDb db) {
        this.db = db;
        this.nodes = db.nodes();
    }

    private record Token(
            long expires,
            @Nullable Integer node,
            @Nullable Long used,
            @Nullable Integer usedBy,
            boolean revoked,
            @Nullable String key,
            boolean restores) {}

    /** As {@link NodeTable#enroll(String, String, String, String, int, NodeTable.Issuer)}. */
    Node enroll(String secret, String key, String name, String platform, int maxNodes, NodeTable.Issuer issuer)
            throws IOException {
        long now = db.now();
        Token token = token(secret);
        if (token.expires <= now) {
            throw new EnrolmentRefusedException("this token has expired; create another", false);
        }
        if (token.revoked) {
            throw new EnrolmentRefusedException("this token was revoked; create another", false);
        }
        Integer id = token.node;
        if (token.used != null) {
            requireRepetition(token, key);
            id = token.usedBy;
        }
        if (token.restores) {
            return restore(secret, key, restored(secret), now, issuer);
        }
        if (id == null) {
            id = create(name, platform, maxNodes, now);
            db.nodeTags().add(id, tags(secret));
        } else if (nodes.find(id).filter(Node::active).isEmpty()) {
            requireRoom(maxNodes);
        }
        NodeCertificate issued = issuer.issue(id);
        db.update(
                "UPDATE node SET fingerprint = ?, certificate_ends_at = ?, platform = ?, enrolled_at = ?, revoked_at = NULL,"
                        + " unplanned_at = CASE WHEN retired_at IS NULL THEN unplanned_at ELSE ? END,"
                        + " retired_at = NULL, removed_at = NULL WHERE id = ?",
                issued.fingerprint(),
                issued.endsAt().toEpochMilli(),
                shown(platform),
                now,
                now,
                id);
        db.certificates().forget(id);
        use(secret, key, id, now);
        db.holders().forget(id);
        return nodes.find(id).orElseThrow();
    }

    /** The nodes stay as they are: what is issued only reads their snapshots. */
    private Node restore(String secret, String key, List<Integer> restored, long now, NodeTable.Issuer issuer)
            throws IOException {
        if (restored.isEmpty()) {
            throw new EnrolmentRefusedException(
                    "the nodes that this token restores have been removed or revoked since it was made; create another",
                    false);
        }
        Node first = nodes.find(restored.getFirst()).orElseThrow();
        db.restoreAccess().add(ControlDb.hash(secret), restored, issuer.issue(first.id()));
        use(secret, key, first.id(), now);
        return first;
    }

    private void use(String secret, String key, int node, long now) throws IOException {
        db.update(
                "UPDATE token SET used_at = ?, used_by = ?, key = ? WHERE hash = ?",
                now,
                node,
                key,
                ControlDb.hash(secret));
    }

    /** Nodes that a machine only restores by this token: those that are there, and were not revoked since it was made. */
    private List<Integer> restored(String secret) throws IOException {
        return db.query(
                row -> row.getInt(1),
                "SELECT n.id FROM token t, json_each(t.restores) each JOIN node n ON n.id = each.value WHERE t.hash = ?"
                        + " AND n.removed_at IS NULL AND (n.revoked_at IS NULL OR n.revoked_at < t.created_at) ORDER BY n.id",
                ControlDb.hash(secret));
    }

    private Token token(String secret) throws IOException {
        // Compared as hashes by the database: timing tells nothing about the secret.
        List<Token> tokens = db.query(
                row -> new Token(
                        row.getLong(1),
                        (Integer) row.getObject(2),
                        Database.longOrNull(row, 3),
                        (Integer) row.getObject(4),
                        row.getLong(5) != 0,
                        row.getString(6),
                        row.getInt(7) != 0),
                "SELECT expires_at, node_id, used_at, used_by, coalesce(revoked_at, 0), key, restores <> '[]' FROM token"
                        + " WHERE hash = ?",
                ControlDb.hash(secret));
        if (tokens.isEmpty()) {
            throw new EnrolmentRefusedException("this token is not known to the appliance", false);
        }
        return tokens.getFirst();
    }

    /** Of the node that a token makes. */
    private List<String> tags(String secret) throws IOException {
        return db.query(
                row -> row.getString(1),
                "SELECT value FROM token, json_each(token.tags) WHERE hash = ?",
                ControlDb.hash(secret));
    }

    /** A used token serves only the key that used it, and not where the node was revoked or enrolled anew since. */
    private void requireRepetition(Token token, String key) throws IOException {
        boolean repeated = !key.isEmpty() && key.equals(token.key) && (token.restores || stillUsed(token));
        if (!repeated) {
            throw new EnrolmentRefusedException("this token was used already; create another", false);
        }
    }

    private boolean stillUsed(Token token) throws IOException {
        return nodes.find(Objects.requireNonNullElse(token.usedBy, -1))
                .filter(used ->
                        used.active() && Objects.equals(used.enrolledAt().toEpochMilli(), token.used))
                .isPresent();
    }

    private int create(String name, String platform, int maxNodes, long now) throws IOException {
        Optional<Phrase> objection = NameForm.NODE.objection(name);
        if (objection.isPresent()) {
            throw new EnrolmentRefusedException(
                    objection.get() + "; give another: "
                            + TypedCommand.elsewhere("enroll", "https://APPLIANCE:8807", "--name", "NAME"),
                    false);
        }
        requireRoom(maxNodes);
        return (int) db.insert(
                "INSERT INTO node(name, platform, fingerprint, enrolled_at, unplanned_at) VALUES (?, ?, '', ?, ?)",
                freeName(name),
                shown(platform),
                now,
                now);
    }

    /** @throws EnrolmentRefusedException where a further node would be one too many */
    private void requireRoom(int maxNodes) throws IOException {
        int active = db.query(row -> row.getInt(1), "SELECT count(*) FROM node WHERE revoked_at IS NULL")
                .getFirst();
        if (active >= maxNodes) {
            throw new EnrolmentRefusedException(
                    "the appliance has its " + maxNodes + " nodes, all this model may have; revoke one first: "
                            + db.command("node", "revoke", "NAME"),
                    true);
        }
    }

    /** A description by the node itself: for people to read, and no longer than they read. */
    private static String shown(String platform) {
        String text = ForeignText.render(platform);
        return text.length() <= MAX_PLATFORM_CHARS ? text : text.substring(0, MAX_PLATFORM_CHARS) + "…";
    }

    private String freeName(String wanted) throws IOException {
        String name = wanted;
        for (int i = 2; nodes.findByName(name).isPresent(); i++) {
            name = wanted + "-" + i;
        }
        return name;
    }
}
