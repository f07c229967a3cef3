package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

/**
 * The audit log: entries with consecutive numbers, each with a hash over itself and the hash before. Several processes append
 * to it; each append is one transaction. Safe for use by several threads.
 */
public final class AuditTable {
    /** Longest text of a field; what is longer is cut, and says so. */
    public static final int MAX_FIELD_CHARS = 4000;

    private static final String START = "audit.start";
    /** What an entry takes in the database besides its texts, in bytes: numbers and the hash. */
    private static final int ENTRY_BYTES = 100;

    private final ControlDb db;

    AuditTable(ControlDb db) {
        this.db = db;
    }

    /**
     * An entry.
     *
     * @param at ms since 1970
     * @param hash SHA-256 in hexadecimal over the hash before and the fields; empty where the entry is older than the chain
     */
    public record Entry(long id, long at, String actor, String action, String object, String outcome, String hash) {
        /** What its texts, and the rest of it by estimate, count for in limits. */
        public long textChars() {
            return (long) ENTRY_BYTES + actor.length() + action.length() + object.length() + outcome.length();
        }

        /** The hash that the entry must have behind one with the hash {@code previous}. */
        public String expectedHash(String previous) {
            StringBuilder text = new StringBuilder(previous).append('\n').append(at);
            for (String field : List.of(actor, action, object, outcome)) {
                text.append('\n').append(field.length()).append(':').append(field);
            }
            return ControlDb.hash(text.toString());
        }
    }

    /** Entries that lie in a file instead of the database. */
    public record Segment(long first, long last, String previous, String hash) {}

    /** The last entry's number and hash; 0 and empty where there was none ever. */
    public record Head(long id, String hash) {}

    /**
     * Appends an entry, whose hash covers the one before. Other processes append too.
     *
     * @param outcome what came of it: {@code allowed}, or why not
     */
    public void append(String actor, String action, String object, String outcome) throws IOException {
        db.inTransaction(() -> {
            // Transactions here begin with the lock that keeps others from appending between this look and the entry.
            String last = head().hash();
            Entry entry = new Entry(0, db.now(), cut(actor), cut(action), cut(object), cut(outcome), "");
            db.update(
                    "INSERT INTO audit(at, actor, action, object, outcome, hash) VALUES (?, ?, ?, ?, ?, ?)",
                    entry.at,
                    entry.actor,
                    entry.action,
                    entry.object,
                    entry.outcome,
                    entry.expectedHash(last));
        });
    }

    private static String cut(String text) {
        return text.length() <= MAX_FIELD_CHARS
                ? text
                : text.substring(0, MAX_FIELD_CHARS) + "… (" + text.length() + " characters)";
    }

    /** The newest first. */
    public List<AuditEntry> newest(int limit) throws IOException {
        return page(AuditFilter.ALL, Part.newest(limit));
    }

    public List<AuditEntry> page(AuditFilter filter, Part part) throws IOException {
        Conditions asked = filter.conditions().part("id", part);
        return db.read(
                row -> new AuditEntry(
                        row.getLong(1),
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6)),
                "SELECT id, at, substr(actor, 1, 300), substr(action, 1, 500), substr(object, 1, 1000), substr(outcome, 1, 500)"
                        + " FROM audit" + asked.sql(),
                asked.arguments());
    }

    public Head head() throws IOException {
        return db.first(
                        row -> new Head(row.getLong(1), row.getString(2)),
                        "SELECT id, hash FROM audit UNION ALL SELECT last, hash FROM audit_segment"
                                + " ORDER BY 1 DESC LIMIT 1")
                .orElse(new Head(0, ""));
    }

    /** The first entry that must have a hash. */
    public long start() throws IOException {
        return Long.parseLong(db.settings().get(START).orElse("1"));
    }

    /** Entries with greater numbers that are in the database, the oldest first. */
    public List<Entry> after(long id, int limit) throws IOException {
        return db.query(
                row -> new Entry(
                        row.getLong(1),
                        row.getLong(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6),
                        row.getString(7)),
                "SELECT id, at, actor, action, object, outcome, hash FROM audit WHERE id > ? ORDER BY id LIMIT ?",
                id,
                limit);
    }

    /** The oldest first. */
    public List<Segment> segments() throws IOException {
        return db.query(
                row -> new Segment(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4)),
                "SELECT first, last, previous, hash FROM audit_segment ORDER BY first");
    }

    /** Removes the entries of a segment whose file is on stable storage. */
    public void moved(Segment segment) throws IOException {
        db.inTransaction(() -> {
            db.update(
                    "INSERT OR REPLACE INTO audit_segment(first, last, previous, hash) VALUES (?, ?, ?, ?)",
                    segment.first,
                    segment.last,
                    segment.previous,
                    segment.hash);
            db.update("DELETE FROM audit WHERE id <= ?", segment.last);
        });
    }

    /**
     * The last entry that the database need not keep, 0 for none.
     *
     * @param before ms since 1970: entries from before may go
     * @param mostEntries that stay
     * @param mostBytes that stay, of text and 100 bytes an entry
     */
    public long dispensable(long before, long mostEntries, long mostBytes) throws IOException {
        return db.query(
                        row -> row.getLong(1),
                        "SELECT max(coalesce((SELECT min(id) - 1 FROM audit WHERE at >= ?), (SELECT max(id) FROM audit), 0),"
                                + " coalesce((SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?), 0),"
                                + " coalesce((SELECT max(id) FROM (SELECT id, sum(length(actor) + length(action) + length(object)"
                                + " + length(outcome) + " + ENTRY_BYTES
                                + ") OVER (ORDER BY id DESC) AS bytes FROM audit) WHERE bytes > ?), 0))",
                        before,
                        mostEntries,
                        mostBytes)
                .getFirst();
    }
}
