package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Events that somebody should know of, and the retention pauses that some of them begin. Safe for use by several threads. */
public final class Events {
    /** More of one kind, severity and node within {@link #REPEAT_MILLIS} are counted with the newest that is stored. */
    private static final int MOST_ALIKE = 10;

    private static final long REPEAT_MILLIS = Duration.ofHours(1).toMillis();
    /** So many are stored at most; the oldest go first. */
    public static final int MOST = 10_000;

    private final ControlDb db;

    Events(ControlDb db) {
        this.db = db;
    }

    /** How bad it is. */
    public enum Severity {
        INFO,
        WARNING,
        ALERT
    }

    /**
     * An event.
     *
     * @param node its name, empty for the appliance itself
     * @param phrase the message for other languages; null where it has no code
     * @param acknowledged when a user acknowledged the event, or its cause ended; null before
     */
    public record Event(
            long id,
            Instant at,
            Severity severity,
            String kind,
            String node,
            String message,
            @Nullable Phrase phrase,
            @Nullable Instant acknowledged) {
        /** Whether it stands for others like it: which, it does not say. */
        public boolean repeated() {
            return phrase != null && phrase.code().equals("event.repeated");
        }

        /** The message in any language; plain where it has no code. */
        public Phrase said() {
            return phrase == null ? Phrase.plain(message) : phrase;
        }

        /** The same event with another message. */
        public Event saying(Phrase other) {
            return new Event(id, at, severity, kind, node, other.english(), other, acknowledged);
        }
    }

    private static final String EVENT =
            "SELECT event.id, at, severity, kind, coalesce(node.name, ''), substr(message, 1, 2000), acknowledged, repeats, repeated_at, phrase FROM event"
                    + " LEFT JOIN node ON node.id = node_id";

    private static final String SCOPE =
            " AND (? IS NULL OR node.name IN (SELECT value FROM json_each(?))) ORDER BY event.id DESC LIMIT ?";

    private static Event event(ResultSet row) throws SQLException {
        String message = row.getString(6);
        Phrase phrase = PhraseJson.read(row.getString(10)).orElse(null);
        long repeats = row.getLong(8);
        if (repeats > 0) {
            phrase = Phrase.of("event.repeated")
                    .with("message", phrase == null ? Phrase.plain(message) : phrase)
                    .with("count", repeats)
                    .with("at", Instant.ofEpochMilli(row.getLong(9)));
            message = phrase.english();
        }
        return new Event(
                row.getLong(1),
                Instant.ofEpochMilli(row.getLong(2)),
                Severity.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
                row.getString(4),
                row.getString(5),
                message,
                phrase,
                Moments.ofMillis(Database.longOrNull(row, 7)));
    }

    /** Stores an event, or counts it where many like it are stored and nobody has acknowledged them. */
    public void raise(Severity severity, String kind, @Nullable Integer node, Phrase message) throws IOException {
        db.inTransaction(() -> {
            List<Long> alike = db.query(
                    row -> row.getLong(1),
                    "SELECT id FROM event WHERE acknowledged IS NULL AND kind = ? AND severity = ? AND node_id IS ? AND at > ?"
                            + " ORDER BY id DESC LIMIT ?",
                    kind,
                    severity.name().toLowerCase(Locale.ROOT),
                    node,
                    db.now() - REPEAT_MILLIS,
                    MOST_ALIKE);
            if (alike.size() < MOST_ALIKE) {
                store(severity, kind, node, message);
            } else {
                db.update(
                        "UPDATE event SET repeats = repeats + 1, repeated_at = ? WHERE id = ?",
                        db.now(),
                        alike.getFirst());
            }
        });
    }

    /** Removes those from before a time, and the oldest of more than {@value #MOST}. */
    public void forgetBefore(long time) throws IOException {
        db.update(
                "DELETE FROM event WHERE at < ? OR id <= (SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?)",
                time,
                MOST);
    }

    /** Those like an event from it on. */
    AlertGroups.Extent extent(long first, String kind, String severity, String node) throws IOException {
        String alike = " WHERE event.id >= ? AND kind = ? AND severity = ? AND coalesce(node.name, '') = ?";
        long count = db.query(
                        row -> row.getLong(1),
                        "SELECT count(*) + coalesce(sum(repeats), 0) FROM event LEFT JOIN node ON node.id = node_id"
                                + alike,
                        first,
                        kind,
                        severity,
                        node)
                .getFirst();
        Event newest = db.first(
                        Events::event, EVENT + alike + " ORDER BY event.id DESC LIMIT 1", first, kind, severity, node)
                .orElse(new Event(
                        first,
                        Instant.ofEpochMilli(db.now()),
                        Severity.valueOf(severity.toUpperCase(Locale.ROOT)),
                        kind,
                        node,
                        "",
                        null,
                        null));
        return new AlertGroups.Extent(count, newest);
    }

    private void store(Severity severity, String kind, @Nullable Integer node, Phrase message) throws IOException {
        db.update(
                "INSERT INTO event(at, severity, kind, node_id, message, phrase) VALUES (?, ?, ?, ?, ?, ?)",
                db.now(),
                severity.name().toLowerCase(Locale.ROOT),
                kind,
                node,
                message.english(),
                PhraseJson.write(message));
    }

    /**
     * The newest first.
     *
     * @param open only those that nobody has acknowledged
     */
    public List<Event> list(boolean open, int limit) throws IOException {
        return page(new EventFilter(open, null, "", "", "", "", null), null, Part.newest(limit));
    }

    /**
     * Alerts and warnings that nobody has acknowledged, the newest first.
     *
     * @param nodes whose; null for all, and for those of no node
     */
    public List<Event> openTroubles(@Nullable List<String> nodes, int limit) throws IOException {
        String scope = ControlDb.list(nodes);
        return db.query(
                Events::event,
                EVENT + " WHERE acknowledged IS NULL AND severity <> 'info'" + SCOPE,
                scope,
                scope,
                limit);
    }

    /** The newest of a kind and node that nobody has acknowledged. */
    Optional<Event> newestOpen(String kind, int node) throws IOException {
        return db
                .read(
                        Events::event,
                        EVENT
                                + " WHERE acknowledged IS NULL AND kind = ? AND node_id = ? ORDER BY event.id DESC LIMIT 1",
                        kind,
                        node)
                .stream()
                .findFirst();
    }

    /**
     * When the appliance first told of something of its own that is open still.
     *
     * @param beginning of the message
     */
    public Optional<Instant> openSince(Collection<String> kinds, String beginning) throws IOException {
        return db.first(
                row -> Instant.ofEpochMilli(row.getLong(1)),
                "SELECT min(at) FROM event WHERE acknowledged IS NULL AND node_id IS NULL"
                        + " AND kind IN (SELECT value FROM json_each(?)) AND substr(message, 1, ?) = ?"
                        + " HAVING count(*) > 0",
                ControlDb.list(List.copyOf(kinds)),
                beginning.length(),
                beginning);
    }

    /** @param nodes whose; null for all, and for those of no node */
    public List<Event> page(EventFilter filter, @Nullable List<String> nodes, Part part) throws IOException {
        Conditions asked = filter.conditions(nodes).part("event.id", part);
        return db.query(Events::event, EVENT + asked.sql(), asked.arguments());
    }

    /** How many nobody has acknowledged, by severity. */
    public Map<Severity, Long> countOpen() throws IOException {
        Map<Severity, Long> counts = new EnumMap<>(Severity.class);
        db.query(
                row -> counts.put(Severity.valueOf(row.getString(1).toUpperCase(Locale.ROOT)), row.getLong(2)),
                "SELECT severity, count(*) FROM event WHERE acknowledged IS NULL GROUP BY severity");
        return counts;
    }

    /** Those behind an event, the oldest first. */
    public List<Event> after(long id, int limit) throws IOException {
        return db.query(Events::event, EVENT + " WHERE event.id > ? ORDER BY event.id LIMIT ?", id, limit);
    }

    /** Returns how many; null for all that are open. */
    public int acknowledge(@Nullable Long id) throws IOException {
        return db.update(
                "UPDATE event SET acknowledged = ? WHERE acknowledged IS NULL AND (? IS NULL OR id = ?)",
                db.now(),
                id,
                id);
    }

    /**
     * What events told of is over: open ones of a kind count as acknowledged.
     *
     * @param node null for the appliance itself
     */
    public void close(String kind, @Nullable Integer node) throws IOException {
        close(kind, node, "");
    }

    /** The same for those whose message begins so, in English. */
    public void close(String kind, @Nullable Integer node, String beginning) throws IOException {
        db.update(
                "UPDATE event SET acknowledged = ? WHERE acknowledged IS NULL AND kind = ? AND node_id IS ?"
                        + " AND substr(message, 1, length(?)) = ?",
                db.now(),
                kind,
                node,
                beginning,
                beginning);
    }

    /** From now on nothing of a node is forgotten by policy; an earlier reason stays. */
    public void pauseRetention(int node, Phrase reason) throws IOException {
        db.update(
                "INSERT OR IGNORE INTO brake(node_id, since, reason, reason_phrase) VALUES (?, ?, ?, ?)",
                node,
                db.now(),
                reason.english(),
                PhraseJson.write(reason));
    }

    /** Why nothing of a node is forgotten, and since when. */
    public record Pause(
            Instant since, String reason, @Nullable Phrase phrase) {}

    /** Empty where the retention of a node is not paused. */
    public Optional<Pause> retentionPause(int node) throws IOException {
        return db.first(
                row -> new Pause(
                        Instant.ofEpochMilli(row.getLong(1)),
                        row.getString(2),
                        PhraseJson.read(row.getString(3)).orElse(null)),
                "SELECT since, reason, reason_phrase FROM brake WHERE node_id = ?",
                node);
    }

    /** Ends a retention pause, and closes its events; returns whether there was one. */
    public boolean resumeRetention(int node) throws IOException {
        boolean paused = db.update("DELETE FROM brake WHERE node_id = ?", node) == 1;
        close(EventKinds.RETENTION_PAUSE, node);
        return paused;
    }
}
