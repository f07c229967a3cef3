package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What keeps single snapshots from being forgotten: holds, which anybody may release, and locks. Safe for several threads. */
public final class SnapshotMarks {
    private final ControlDb db;
    /** Snapshots that this process reads until further notice, and ones that it is about to forget. */
    private final Map<UUID, Integer> used = new HashMap<>();

    private final Set<UUID> going = new HashSet<>();

    SnapshotMarks(ControlDb db) {
        this.db = db;
    }

    /**
     * A snapshot's.
     *
     * @param hold why somebody holds it, null where nobody does
     * @param lockedUntil by the clock of locks, ms
     * @param compliance whether nobody may shorten the lock
     * @param used whether a machine runs from it
     */
    public record Mark(@Nullable String hold, long lockedUntil, boolean compliance, boolean used) {
        public static final Mark NONE = new Mark(null, 0, false, false);

        /** Why it must stay, or null. */
        public @Nullable String why(long lockClock) {
            if (lockedUntil > lockClock) {
                return compliance ? "locked (compliance)" : "locked";
            }
            if (hold != null) {
                return "held: " + hold;
            }
            return used ? "in use" : null;
        }

        /** Why a snapshot with this mark must stay, which {@link #why} says it must, for people. */
        public Phrase keeping(UUID snapshot, long lockClock) {
            if (lockedUntil <= lockClock && hold == null) {
                return Phrase.of("snapshot.in-use").with("snapshot", snapshot.toString());
            }
            if (lockedUntil <= lockClock) {
                return Phrase.of("snapshot.held")
                        .with("snapshot", snapshot.toString())
                        .with("why", String.valueOf(hold));
            }
            Phrase locked = compliance ? Phrase.of("snapshot.locked-compliance") : Phrase.of("snapshot.locked");
            return locked.with("snapshot", snapshot.toString()).with("until", Instant.ofEpochMilli(lockedUntil));
        }
    }

    public Mark of(UUID snapshot) throws IOException {
        return db.first(
                        this::mark,
                        "SELECT id, hold, locked_until, compliance FROM snapshot_mark WHERE id = ?",
                        snapshot.toString())
                .orElseGet(() -> unmarked(snapshot));
    }

    private Mark mark(ResultSet row) throws SQLException {
        return new Mark(
                row.getString(2), row.getLong(3), row.getInt(4) != 0, isUsed(UUID.fromString(row.getString(1))));
    }

    private Mark unmarked(UUID snapshot) {
        return isUsed(snapshot) ? new Mark(null, 0, false, true) : Mark.NONE;
    }

    private synchronized boolean isUsed(UUID snapshot) {
        return used.containsKey(snapshot);
    }

    /**
     * Keeps a snapshot as long as this process runs, or until {@link #unuse}. Who needs it longer says so at each start.
     *
     * @return false where it is being forgotten
     */
    public synchronized boolean use(UUID snapshot) {
        if (going.contains(snapshot)) {
            return false;
        }
        used.merge(snapshot, 1, Integer::sum);
        return true;
    }

    /** Ends one {@link #use}. */
    public synchronized void unuse(UUID snapshot) {
        used.computeIfPresent(snapshot, (id, users) -> users == 1 ? null : users - 1);
    }

    /**
     * Says that a snapshot will be forgotten now; {@link #forgotten} ends that, whatever became of it.
     *
     * @return false where it is in use
     */
    public synchronized boolean forgetting(UUID snapshot) {
        return !used.containsKey(snapshot) && going.add(snapshot);
    }

    /** See {@link #forgetting}. */
    public synchronized void forgotten(UUID snapshot) {
        going.remove(snapshot);
    }

    public Map<UUID, Mark> all() throws IOException {
        Map<UUID, Mark> all = new HashMap<>();
        db.query(
                row -> all.put(UUID.fromString(row.getString(1)), mark(row)),
                "SELECT id, hold, locked_until, compliance FROM snapshot_mark");
        synchronized (this) {
            used.keySet().forEach(each -> all.computeIfAbsent(each, this::unmarked));
        }
        return all;
    }

    /** @param why null to release it */
    public void hold(UUID snapshot, int node, @Nullable String why) throws IOException {
        db.update(
                "INSERT INTO snapshot_mark(id, node_id, hold) VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET hold = excluded.hold",
                snapshot.toString(),
                node,
                why);
    }

    /**
     * Locks a snapshot. A lock in compliance mode only ever grows, and stays one; any other may be shortened.
     *
     * @return whether it is as wanted now
     */
    public boolean lock(UUID snapshot, int node, long until, boolean compliance, long lockClock) throws IOException {
        return db.update(
                        "INSERT INTO snapshot_mark(id, node_id, locked_until, compliance) VALUES (?, ?, ?, ?)"
                                + " ON CONFLICT(id) DO UPDATE SET locked_until = excluded.locked_until, compliance = excluded.compliance"
                                + " WHERE compliance = 0 OR locked_until <= ?"
                                + " OR (excluded.locked_until >= locked_until AND excluded.compliance = 1)",
                        snapshot.toString(),
                        node,
                        until,
                        compliance ? 1 : 0,
                        lockClock)
                == 1;
    }

    public void forget(UUID snapshot) throws IOException {
        db.update("DELETE FROM snapshot_mark WHERE id = ?", snapshot.toString());
    }
}
