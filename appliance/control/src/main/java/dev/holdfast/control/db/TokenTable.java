package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One-time tokens for enrolment, by their hashes. Safe for use by several threads. */
public final class TokenTable {
    private static final int MOST_OPEN_TOKENS = 2000;
    private static final long KEPT_TOKEN_MILLIS = 86_400_000;

    private final ControlDb db;

    TokenTable(ControlDb db) {
        this.db = db;
    }

    /** Remembers a one-time token by its hash. */
    public void add(String secret, Duration validity, @Nullable Integer node) throws IOException {
        long now = db.now();
        db.update("DELETE FROM token WHERE used_at IS NULL AND expires_at < ?", now - KEPT_TOKEN_MILLIS);
        int open = db.query(row -> row.getInt(1), "SELECT count(*) FROM token WHERE used_at IS NULL")
                .getFirst();
        if (open >= MOST_OPEN_TOKENS) {
            throw new IllegalArgumentException(
                    MOST_OPEN_TOKENS + " enrolment tokens are unused, the most; use them, or wait until some expire");
        }
        db.update(
                "INSERT INTO token(hash, created_at, expires_at, node_id) VALUES (?, ?, ?, ?)",
                ControlDb.hash(secret),
                now,
                now + validity.toMillis(),
                node);
    }

    /** Whether there is such a token, used and expired ones included. Changes nothing, and waits for nobody who does. */
    public boolean knows(String secret) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM token WHERE hash = ?", ControlDb.hash(secret))
                .isEmpty();
    }
}
