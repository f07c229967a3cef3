package dev.holdfast.vault.journal;

import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Objects by their keys: uploads in parts that were begun, objects to be deleted, deadlines. Safe for use by several
 * threads.
 */
public final class ObjectTable {
    private final Database database;

    ObjectTable(Database database) {
        this.database = database;
    }

    // ---- uploads in parts

    /** The id of an upload in parts that was begun; empty where there is none. */
    public Optional<String> upload(String key) throws IOException {
        return database.first(row -> row.getString(1), "SELECT upload FROM upload WHERE key = ?", key);
    }

    public void uploadBegun(String key, String upload) throws IOException {
        database.updateWithoutFlush(
                "INSERT INTO upload(key, upload) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET upload = excluded.upload",
                key,
                upload);
    }

    public void uploadEnded(String key) throws IOException {
        database.updateWithoutFlush("DELETE FROM upload WHERE key = ?", key);
    }

    // ---- objects that no root refers to

    /** Notes an object that may be deleted once the root of this sequence is no longer kept. */
    public void retire(String key, long since) throws IOException {
        database.update(
                "INSERT INTO retired(key, since) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET since = excluded.since",
                key,
                since);
    }

    /** Takes {@link #retire} back, or notes that the object was deleted. */
    public void notRetired(String key) throws IOException {
        database.update("DELETE FROM retired WHERE key = ?", key);
    }

    /** Retired objects that may be deleted now: those with a deadline in the store wait. */
    public List<String> retiredUpTo(long sequence) throws IOException {
        return database.query(
                row -> row.getString(1),
                "SELECT key FROM retired WHERE since <= ?"
                        + " AND key NOT IN (SELECT key FROM retained WHERE until > ?)",
                sequence,
                System.currentTimeMillis());
    }

    // ---- deadlines

    /** Until when the store refuses to delete an object, ms since 1970; 0 where no deadline was ever set. */
    public long retainedUntil(String key) throws IOException {
        return database.first(row -> row.getLong(1), "SELECT until FROM retained WHERE key = ?", key)
                .orElse(0L);
    }

    /** Notes a deadline that was set on an object. */
    public void retain(String key, long until) throws IOException {
        database.update(
                "INSERT INTO retained(key, until) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET until = excluded.until",
                key,
                until);
    }
}
