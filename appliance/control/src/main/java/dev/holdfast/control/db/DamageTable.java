package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.store.check.Finding;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is known to be damaged, whom it hurts, and what was healed. Safe for use by several threads. */
public final class DamageTable {
    /** Findings that are kept; the rest is counted only. */
    public static final int MOST_FINDINGS = 1000;
    /** Hurt paths that are kept. */
    public static final int MOST_HURTS = 10_000;

    private static final int MOST_HEALED = 1000;
    private static final int MOST_CHARACTERS = 4000;
    private static final String LOOKED = "damage.looked";
    private static final String CUT = "damage.cut";
    private static final String EASED = "damage.eased";

    private final ControlDb db;

    DamageTable(ControlDb db) {
        this.db = db;
    }

    /**
     * Damage that could not be healed.
     *
     * @param kind of the damaged thing, in lower case
     * @param task that found it first
     */
    public record Damage(long id, String kind, String file, String what, Instant foundAt, long task) {}

    /**
     * What cannot be restored whole.
     *
     * @param more whether what follows the path is hurt too; the names are lost
     * @param what is wrong, and {@code file} where
     */
    public record Hurt(
            UUID snapshot, String node, String path, boolean more, Instant since, String file, String what) {}

    /**
     * A node with damaged snapshots.
     *
     * @param files by their paths, however many snapshots have them
     * @param active whether the node has access
     * @param namesLost whether there are more, whose names are lost
     */
    public record OfNode(
            int id, String node, boolean active, long files, long snapshots, Instant since, boolean namesLost) {}

    /**
     * Something that was damaged and is whole again.
     *
     * @param how for example from which vault
     * @param whatPhrase and {@code howPhrase}: the same for other languages; null where it has no code
     */
    public record Healed(
            long id,
            Instant at,
            String what,
            @Nullable Phrase whatPhrase,
            String how,
            @Nullable Phrase howPhrase,
            long task) {}

    /**
     * All in numbers.
     *
     * @param files by their paths, however many snapshots have them
     * @param namesLost whether there are more, whose names are lost
     * @param looked when the store was looked at last, null for never
     * @param complete whether all that was found is kept
     */
    public record Totals(
            long findings,
            long files,
            boolean namesLost,
            long snapshots,
            long nodes,
            @Nullable Instant looked,
            boolean complete) {}

    private record Key(String first, String second, String third) {}

    /**
     * Replaces what was known.
     *
     * @return whether something is hurt, or damaged, that was not before
     */
    public boolean replace(List<Finding> found, long task) throws IOException {
        boolean[] worse = {false};
        db.inTransaction(() -> {
            Map<Key, Damage> known = new HashMap<>();
            for (Damage each : findings(MOST_FINDINGS)) {
                known.put(new Key(each.kind, each.file, each.what), each);
            }
            Map<Key, Long> hurt = new HashMap<>();
            db.query(
                    row -> hurt.put(new Key(row.getString(1), row.getString(2), ""), row.getLong(3)),
                    "SELECT snapshot, path, since FROM damage_hurt");
            db.update("DELETE FROM damage_hurt");
            db.update("DELETE FROM damage");
            boolean complete = found.size() <= MOST_FINDINGS;
            Set<Key> written = new HashSet<>();
            for (Finding each : found.subList(0, Math.min(found.size(), MOST_FINDINGS))) {
                String kind = each.kind().name().toLowerCase(Locale.ROOT);
                Damage before = known.get(new Key(kind, cut(each.file()), cut(each.what())));
                worse[0] |= before == null && each.hurts().isEmpty();
                long id = db.insert(
                        "INSERT INTO damage(kind, file, what, found_at, task_id) VALUES (?, ?, ?, ?, ?)",
                        kind,
                        cut(each.file()),
                        cut(each.what()),
                        before == null ? db.now() : before.foundAt.toEpochMilli(),
                        before == null ? task : before.task);
                for (Finding.Hurt one : each.hurts()) {
                    Key key = new Key(one.snapshot().toString(), cut(one.path()), "");
                    if (written.size() >= MOST_HURTS) {
                        complete = false;
                    } else if (written.add(key)) {
                        Long since = hurt.get(key);
                        worse[0] |= since == null;
                        db.update(
                                "INSERT INTO damage_hurt(snapshot, path, node_id, more, since, damage_id)"
                                        + " VALUES (?, ?, ?, ?, ?, ?)",
                                key.first,
                                key.second,
                                one.node(),
                                one.more() ? 1 : 0,
                                since == null ? db.now() : since,
                                id);
                    }
                }
            }
            db.settings().set(CUT, complete ? "" : "cut");
            db.settings().set(LOOKED, Long.toString(db.now()));
        });
        return worse[0];
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "...";
    }

    /** Whether anything is known to be damaged. */
    public boolean any() throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM damage LIMIT 1").isEmpty();
    }

    /** A snapshot was deleted, so its paths are removed. The findings stay until the store is checked again. */
    public void forget(UUID snapshot) throws IOException {
        if (db.update("DELETE FROM damage_hurt WHERE snapshot = ?", snapshot.toString()) > 0) {
            db.settings().set(EASED, "eased");
        }
    }

    /** Whether a damaged snapshot was deleted since this was true last, so that what is damaged may not be needed any more. */
    public boolean takeEased() throws IOException {
        boolean eased = !db.settings().get(EASED).orElse("").isEmpty();
        if (eased) {
            db.settings().set(EASED, "");
        }
        return eased;
    }

    /** An appliance that was recovered has other containers: what was known of the old ones says nothing. */
    public void forgetAll() throws IOException {
        db.update("DELETE FROM damage_hurt");
        db.update("DELETE FROM damage");
    }

    /**
     * The numbers of what hurts these nodes.
     *
     * @param nodes names; null for all, and for what hurts none
     */
    public Totals totals(@Nullable List<String> nodes) throws IOException {
        String scope = ControlDb.list(nodes);
        Optional<Instant> looked =
                db.settings().get(LOOKED).map(Long::parseLong).map(Instant::ofEpochMilli);
        boolean complete = db.settings().get(CUT).orElse("").isEmpty();
        return db.first(
                        row -> new Totals(
                                row.getLong(1),
                                row.getLong(2),
                                row.getInt(3) == 1,
                                row.getLong(4),
                                row.getLong(5),
                                looked.orElse(null),
                                complete),
                        "SELECT CASE WHEN ? IS NULL THEN (SELECT count(*) FROM damage)"
                                + " ELSE count(DISTINCT damage_id) END, count(DISTINCT node_id || ':' || path), coalesce(max(more), 0),"
                                + " count(DISTINCT snapshot), count(DISTINCT node_id)"
                                + " FROM damage_hurt LEFT JOIN node ON node.id = node_id" + SCOPE,
                        scope,
                        scope,
                        scope)
                .orElseThrow();
    }

    private static final String SCOPE = " WHERE (? IS NULL OR node.name IN (SELECT value FROM json_each(?)))";

    /** The oldest first. */
    public List<Damage> findings(int limit) throws IOException {
        return db.query(
                row -> new Damage(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        Instant.ofEpochMilli(row.getLong(5)),
                        row.getLong(6)),
                "SELECT id, kind, file, what, found_at, task_id FROM damage ORDER BY id LIMIT ?",
                limit);
    }

    /** Nodes with damaged snapshots, by name; those that have access and those that have not. */
    public List<OfNode> nodes() throws IOException {
        return db.query(
                row -> new OfNode(
                        row.getInt(1),
                        row.getString(2),
                        row.getInt(3) == 1,
                        row.getLong(4),
                        row.getLong(5),
                        Instant.ofEpochMilli(row.getLong(6)),
                        row.getInt(7) == 1),
                "SELECT node_id, coalesce(node.name, 'node ' || node_id),"
                        + " node.id IS NOT NULL AND node.revoked_at IS NULL AND node.retired_at IS NULL,"
                        + " count(DISTINCT path), count(DISTINCT snapshot), min(since), max(more)"
                        + " FROM damage_hurt LEFT JOIN node ON node.id = node_id GROUP BY node_id ORDER BY 2");
    }

    private static final String HURT =
            "SELECT snapshot, coalesce(node.name, 'node ' || node_id), path, more, since, file, what FROM damage_hurt"
                    + " JOIN damage ON damage.id = damage_id LEFT JOIN node ON node.id = node_id";

    private static Hurt hurt(ResultSet row) throws SQLException {
        return new Hurt(
                UUID.fromString(row.getString(1)),
                row.getString(2),
                row.getString(3),
                row.getInt(4) == 1,
                Instant.ofEpochMilli(row.getLong(5)),
                row.getString(6),
                row.getString(7));
    }

    /**
     * A page of hurt paths, by snapshot and path.
     *
     * @param node whose; empty for all
     * @param nodes as in {@link #totals}
     * @param snapshot and {@code path} behind which, both empty for the beginning
     */
    public List<Hurt> page(String node, @Nullable List<String> nodes, String snapshot, String path, int limit)
            throws IOException {
        String scope = ControlDb.list(nodes);
        return db.query(
                DamageTable::hurt,
                HURT + SCOPE + " AND (? = '' OR node.name = ?) AND (snapshot, path) > (?, ?)"
                        + " ORDER BY snapshot, path LIMIT ?",
                scope,
                scope,
                node,
                node,
                snapshot,
                path,
                limit);
    }

    /** What of a snapshot is hurt. */
    public List<Hurt> ofSnapshot(UUID snapshot) throws IOException {
        return db.query(DamageTable::hurt, HURT + " WHERE snapshot = ? ORDER BY path", snapshot.toString());
    }

    /** How many paths of each snapshot are hurt; those of which none is are left out. */
    public Map<UUID, Long> bySnapshot() throws IOException {
        Map<UUID, Long> counts = new HashMap<>();
        db.query(
                row -> counts.put(UUID.fromString(row.getString(1)), row.getLong(2)),
                "SELECT snapshot, count(*) FROM damage_hurt GROUP BY snapshot");
        return counts;
    }

    /** Something is whole again. */
    public void healed(Phrase what, Phrase how, long task) throws IOException {
        db.update(
                "INSERT INTO damage_healed(at, what, what_phrase, how, how_phrase, task_id) VALUES (?, ?, ?, ?, ?, ?)",
                db.now(),
                cut(what.english()),
                PhraseJson.write(what),
                cut(how.english()),
                PhraseJson.write(how),
                task);
        db.update(
                "DELETE FROM damage_healed WHERE id <= (SELECT id FROM damage_healed ORDER BY id DESC LIMIT 1 OFFSET ?)",
                MOST_HEALED);
    }

    /** The newest first. */
    public List<Healed> healed(int limit) throws IOException {
        return db.query(
                row -> new Healed(
                        row.getLong(1),
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        PhraseJson.read(row.getString(4)).orElse(null),
                        row.getString(5),
                        PhraseJson.read(row.getString(6)).orElse(null),
                        row.getLong(7)),
                "SELECT id, at, what, what_phrase, how, how_phrase, task_id FROM damage_healed ORDER BY id DESC LIMIT ?",
                limit);
    }
}
