package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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
     * @param node that gets a new certificate; null where the token makes a new node
     * @param by who made it, as the audit log names actors; empty where it is not known
     */
    public record Open(String id, @Nullable String node, String by, Instant createdAt, Instant expiresAt) {}

    /** As below, by nobody in particular. */
    public void add(String secret, Duration validity, @Nullable Integer node) throws IOException {
        add(secret, validity, node, "");
    }

    /** As below, without tags. */
    public String add(String secret, Duration validity, @Nullable Integer node, String by) throws IOException {
        return add(secret, validity, node, by, List.of());
    }

    /**
     * Remembers a one-time token by its hash. Returns its id.
     *
     * @param tags of the new node that it makes, as {@link NodeTags#stored} has them
     */
    public String add(String secret, Duration validity, @Nullable Integer node, String by, List<String> tags)
            throws IOException {
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
                "INSERT INTO token(hash, created_at, expires_at, node_id, created_by, tags) VALUES (?, ?, ?, ?, ?, ?)",
                hash,
                now,
                now + validity.toMillis(),
                node,
                by,
                ControlDb.list(tags));
        return hash.substring(0, ID_DIGITS);
    }

    /** The tokens that a machine may still enrol with, those that expire first first. */
    public List<Open> open() throws IOException {
        return db.query(
                row -> new Open(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        Objects.requireNonNull(Moments.ofMillis(row.getLong(4))),
                        Objects.requireNonNull(Moments.ofMillis(row.getLong(5)))),
                "SELECT substr(t.hash, 1, ?), n.name, t.created_by, t.created_at, t.expires_at FROM token t LEFT JOIN node n ON n.id ="
                        + " t.node_id WHERE t.used_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > ? ORDER BY"
                        + " t.expires_at, t.hash",
                ID_DIGITS,
                db.now());
    }

    /** Returns whether there was such a token that a machine could still enrol with. */
    public boolean revoke(String id) throws IOException {
        return db.update(
                        "UPDATE token SET revoked_at = ? WHERE substr(hash, 1, ?) = ? AND used_at IS NULL AND revoked_at IS NULL",
                        db.now(),
                        ID_DIGITS,
                        id)
                > 0;
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
