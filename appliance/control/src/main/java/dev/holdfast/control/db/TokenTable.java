package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One-time tokens for enrolment, by their hashes. Safe for use by several threads. */
public final class TokenTable {
    /** Of a token's hash; tells nothing of its secret, which is random. */
    public static final int ID_DIGITS = 12;

    private static final int MOST_OPEN_TOKENS = 2000;
    private static final long KEPT_TOKEN_MILLIS = 86_400_000;

    private final ControlDb db;

    TokenTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A token that a machine may still enrol with.
     *
     * @param id the beginning of its hash
     * @param node that gets a new certificate; null where the token makes a new node, or only restores
     * @param restores nodes whose snapshots the machine may restore; empty where it enrols as a node
     * @param used whether a machine restores by it already, until it expires
     * @param by who made it, as the audit log names actors; empty where it is not known
     * @param expiresAt of the token; where it is used, of the access that it gave
     */
    public record Open(
            String id,
            @Nullable String node,
            List<String> restores,
            boolean used,
            String by,
            Instant createdAt,
            Instant expiresAt) {}

    /** As below, by nobody in particular. */
    public void add(String secret, Duration validity, @Nullable Integer node) throws IOException {
        add(secret, validity, new For(node, List.of(), List.of()), "");
    }

    /**
     * What a token is for.
     *
     * @param node that gets a new certificate; null for a new node, or where it only restores
     * @param tags of the new node that it makes, as {@link NodeTags#stored} has them
     * @param restores nodes whose snapshots the machine may restore, and do nothing else; empty where it enrols as a node
     */
    public record For(@Nullable Integer node, List<String> tags, List<Integer> restores) {}

    /** Remembers a one-time token by its hash. Returns its id. */
    public String add(String secret, Duration validity, For use, String by) throws IOException {
        long now = db.now();
        db.update(
                "DELETE FROM token WHERE used_at IS NULL AND (expires_at < ? OR revoked_at < ?)",
                now - KEPT_TOKEN_MILLIS,
                now - KEPT_TOKEN_MILLIS);
        int open = db.query(
                        row -> row.getInt(1), "SELECT count(*) FROM token WHERE used_at IS NULL AND revoked_at IS NULL")
                .getFirst();
        if (open >= MOST_OPEN_TOKENS) {
            throw new IllegalArgumentException(MOST_OPEN_TOKENS
                    + " enrolment tokens are unused, the most; use or revoke them, or wait until some expire");
        }
        String hash = ControlDb.hash(secret);
        db.update(
                "INSERT INTO token(hash, created_at, expires_at, node_id, created_by, tags, restores) VALUES (?, ?, ?, ?, ?, ?, ?)",
                hash,
                now,
                now + validity.toMillis(),
                use.node,
                by,
                ControlDb.list(use.tags),
                ControlDb.list(use.restores.stream().map(String::valueOf).toList()));
        return hash.substring(0, ID_DIGITS);
    }

    /** The tokens that a machine may still enrol with, or restores by, those that expire first first. */
    public List<Open> open() throws IOException {
        List<Open> found = new ArrayList<>();
        for (Row row : rows()) {
            found.add(new Open(
                    row.id,
                    row.node,
                    restored(row.hash),
                    row.used,
                    row.by,
                    Objects.requireNonNull(Moments.ofMillis(row.createdAt)),
                    Objects.requireNonNull(Moments.ofMillis(row.endsAt))));
        }
        return found;
    }

    private record Row(
            String hash, String id, @Nullable String node, boolean used, String by, long createdAt, long endsAt) {}

    private List<Row> rows() throws IOException {
        return db.query(
                row -> new Row(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getObject(4) != null,
                        row.getString(5),
                        row.getLong(6),
                        row.getLong(7)),
                "SELECT * FROM (SELECT t.hash AS hash, substr(t.hash, 1, ?), n.name, t.used_at, t.created_by, t.created_at, CASE WHEN t.used_at IS NULL"
                        + " THEN t.expires_at ELSE (SELECT max(ends_at) FROM restore_access WHERE token = t.hash) END AS ends"
                        + " FROM token t LEFT JOIN node n ON n.id = t.node_id WHERE t.revoked_at IS NULL AND (t.used_at IS NULL"
                        + " OR t.restores <> '[]')) WHERE ends > ? ORDER BY ends, hash",
                ID_DIGITS,
                db.now());
    }

    /** The names of the nodes that a token restores. */
    private List<String> restored(String hash) throws IOException {
        return db.query(
                row -> row.getString(1),
                "SELECT n.name FROM token t, json_each(t.restores) each JOIN node n ON n.id = each.value WHERE t.hash = ?"
                        + " ORDER BY n.name",
                hash);
    }

    /**
     * Takes a token back, and the access to restore that it gave. Returns whether there was such a token that a machine could still
     * enrol with, or restores by.
     */
    public boolean revoke(String id) throws IOException {
        return db.update(
                        "UPDATE token SET revoked_at = ? WHERE substr(hash, 1, ?) = ? AND (used_at IS NULL OR restores <> '[]')"
                                + " AND revoked_at IS NULL",
                        db.now(),
                        ID_DIGITS,
                        id)
                > 0;
    }

    /** Whether the token only lets a machine restore. */
    public boolean restores(String secret) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM token WHERE hash = ? AND restores <> '[]'",
                        ControlDb.hash(secret))
                .isEmpty();
    }

    /** Whether a machine may still enrol with this token. */
    public boolean isOpen(String secret) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM token WHERE hash = ? AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?",
                        ControlDb.hash(secret),
                        db.now())
                .isEmpty();
    }

    /** Whether there is such a token, used and expired ones included. Changes nothing, and waits for nobody who does. */
    public boolean knows(String secret) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM token WHERE hash = ?", ControlDb.hash(secret))
                .isEmpty();
    }
}
