package dev.holdfast.control.db;

import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Users, their sessions and tokens, as they are stored. Safe for use by several threads. */
public final class UserTable {
    private static final String USER =
            "SELECT name, password, role, nodes, totp, totp_step, failures, locked_until, created_at, disabled, all_nodes FROM user";

    private final ControlDb db;

    UserTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A user.
     *
     * @param login how the user signs in: a password's hash, or an identity at an OpenID provider
     * @param nodes a JSON list or empty; counts unless {@code allNodes}
     * @param totp the second factor, sealed; null for none
     */
    public record Row(
            String name,
            String login,
            String role,
            String nodes,
            byte @Nullable [] totp,
            long totpStep,
            int failures,
            long lockedUntil,
            long createdAt,
            boolean disabled,
            boolean allNodes) {}

    public record SessionRow(String user, String csrf, long createdAt, long seenAt, long provedAt) {}

    public record TokenRow(
            String id,
            String user,
            String description,
            String permissions,
            long createdAt,
            long expiresAt,
            @Nullable Long usedAt) {}

    private static Row user(ResultSet row) throws SQLException {
        return new Row(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getBytes(5),
                row.getLong(6),
                row.getInt(7),
                row.getLong(8),
                row.getLong(9),
                row.getInt(10) != 0,
                row.getInt(11) != 0);
    }

    public Optional<Row> find(String name) throws IOException {
        return db.first(UserTable::user, USER + " WHERE name = ?", name);
    }

    public List<Row> all() throws IOException {
        return db.query(UserTable::user, USER + " ORDER BY name");
    }

    /** Part of them in the order of their names, behind one of them; behind an empty name, the first. */
    public List<Row> page(String after, int limit) throws IOException {
        return db.read(UserTable::user, USER + " WHERE name > ? ORDER BY name LIMIT ?", after, limit);
    }

    /** Returns whether there was none of that name. */
    public boolean add(String name, String login, String role, boolean allNodes, String nodes) throws IOException {
        return db.update(
                        "INSERT OR IGNORE INTO user(name, password, role, all_nodes, nodes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                        name,
                        login,
                        role,
                        allNodes ? 1 : 0,
                        nodes,
                        db.now())
                == 1;
    }

    public boolean remove(String name) throws IOException {
        db.update("DELETE FROM idempotency WHERE user = ?", name);
        return db.update("DELETE FROM user WHERE name = ?", name) == 1;
    }

    public void setLogin(String name, String login) throws IOException {
        db.update("UPDATE user SET password = ?, failures = 0, locked_until = 0 WHERE name = ?", login, name);
    }

    public void setRole(String name, String role, boolean allNodes, String nodes) throws IOException {
        db.update(
                "UPDATE user SET role = ?, all_nodes = ?, nodes = ? WHERE name = ?",
                role,
                allNodes ? 1 : 0,
                nodes,
                name);
    }

    public void setDisabled(String name, boolean disabled) throws IOException {
        db.update("UPDATE user SET disabled = ? WHERE name = ?", disabled ? 1 : 0, name);
    }

    /** The same second factor, sealed anew. */
    public void resealSecondFactor(String name, byte[] sealed) throws IOException {
        db.update("UPDATE user SET totp = ? WHERE name = ?", sealed, name);
    }

    public void setSecondFactor(String name, byte @Nullable [] sealed, long step) throws IOException {
        db.update("UPDATE user SET totp = ?, totp_step = ? WHERE name = ?", sealed, step, name);
    }

    /** Returns whether this step's code was not used before; it is from now on. */
    public boolean useStep(String name, long step) throws IOException {
        return db.update("UPDATE user SET totp_step = ? WHERE name = ? AND totp_step < ?", step, name, step) == 1;
    }

    public void failed(String name, int failures, long lockedUntil) throws IOException {
        db.update("UPDATE user SET failures = ?, locked_until = ? WHERE name = ?", failures, lockedUntil, name);
    }

    // ---- sessions

    public int count() throws IOException {
        return db.query(row -> row.getInt(1), "SELECT count(*) FROM user").getFirst();
    }

    /** @param most of one user: the oldest ends where there would be more */
    public void addSession(String hash, String user, String csrf, int most) throws IOException {
        db.update(
                "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE user = ? ORDER BY seen_at DESC, created_at DESC"
                        + " LIMIT -1 OFFSET ?)",
                user,
                most - 1);
        db.update(
                "INSERT INTO session(hash, user, csrf, created_at, seen_at, proved_at) VALUES (?, ?, ?, ?, ?, ?)",
                hash,
                user,
                csrf,
                db.now(),
                db.now(),
                db.now());
    }

    public Optional<SessionRow> session(String hash) throws IOException {
        return db.first(
                row -> new SessionRow(
                        row.getString(1), row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5)),
                "SELECT user, csrf, created_at, seen_at, proved_at FROM session WHERE hash = ?",
                hash);
    }

    public void seen(String hash) throws IOException {
        db.update("UPDATE session SET seen_at = ? WHERE hash = ?", db.now(), hash);
    }

    public void proved(String hash, long at) throws IOException {
        db.update("UPDATE session SET proved_at = ? WHERE hash = ?", at, hash);
    }

    public void endSession(String hash) throws IOException {
        db.update("DELETE FROM session WHERE hash = ?", hash);
    }

    /** All of a user's, but for one that may stay. */
    public void endSessions(String user, String but) throws IOException {
        db.update("DELETE FROM session WHERE user = ? AND hash <> ?", user, but);
    }

    public void endOldSessions(long createdBefore, long seenBefore) throws IOException {
        db.update("DELETE FROM session WHERE created_at < ? OR seen_at < ?", createdBefore, seenBefore);
    }

    // ---- tokens

    public void addToken(String hash, String id, String user, String description, String permissions, long expiresAt)
            throws IOException {
        db.update(
                "INSERT INTO api_token(hash, id, user, description, permissions, created_at, expires_at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                hash,
                id,
                user,
                description,
                permissions,
                db.now(),
                expiresAt);
    }

    private static TokenRow token(ResultSet row) throws SQLException {
        return new TokenRow(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getLong(6),
                Database.longOrNull(row, 7));
    }

    /** Descriptions are cut: earlier releases took them at any length. */
    private static final String TOKEN =
            "SELECT id, user, substr(description, 1, 200), substr(permissions, 1, 500), created_at, expires_at, used_at FROM api_token";

    /** One that has not expired. */
    public Optional<TokenRow> token(String hash) throws IOException {
        return db.first(UserTable::token, TOKEN + " WHERE hash = ? AND expires_at > ?", hash, db.now());
    }

    /**
     * Part of all tokens, or of a user's, in the order of their ids.
     *
     * @param user empty for all
     * @param after the last id of the part before, empty for the first part
     */
    public List<TokenRow> tokens(String user, String after, int limit) throws IOException {
        return db.read(
                UserTable::token,
                TOKEN + " WHERE (? = '' OR user = ?) AND id > ? ORDER BY id LIMIT ?",
                user,
                user,
                after,
                limit);
    }

    public Optional<TokenRow> tokenById(String id) throws IOException {
        return db.first(UserTable::token, TOKEN + " WHERE id = ?", id);
    }

    public int countTokens(String user) throws IOException {
        return db.query(row -> row.getInt(1), "SELECT count(*) FROM api_token WHERE user = ?", user)
                .getFirst();
    }

    /** Written once a minute at most. */
    public void used(String id) throws IOException {
        db.update(
                "UPDATE api_token SET used_at = ? WHERE id = ? AND coalesce(used_at, 0) < ?",
                db.now(),
                id,
                db.now() - 60_000);
    }

    /** All of a user's. */
    public void removeTokens(String user) throws IOException {
        db.update("DELETE FROM api_token WHERE user = ?", user);
    }

    public boolean removeToken(String id) throws IOException {
        return db.update("DELETE FROM api_token WHERE id = ?", id) == 1;
    }

    // ---- what was done already

    /** What was answered to a call before, under a key of the caller's. */
    public Optional<String> answered(String user, String key) throws IOException {
        return db.first(
                row -> row.getString(1),
                "SELECT body FROM idempotency WHERE user = ? AND key = ? AND at > ?",
                user,
                key,
                db.now() - 86_400_000);
    }

    /**
     * Remembers an answer for a day.
     *
     * @param most of one user: the oldest is forgotten where there would be more
     */
    public void answered(String user, String key, String body, int most) throws IOException {
        db.update("DELETE FROM idempotency WHERE at < ?", db.now() - 86_400_000);
        db.update(
                "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE user = ? ORDER BY at DESC"
                        + " LIMIT -1 OFFSET ?)",
                user,
                most - 1);
        db.update(
                "INSERT OR IGNORE INTO idempotency(user, key, at, status, body) VALUES (?, ?, ?, 200, ?)",
                user,
                key,
                db.now(),
                body);
    }
}
