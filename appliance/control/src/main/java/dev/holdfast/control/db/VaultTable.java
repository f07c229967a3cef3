package dev.holdfast.control.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The configured vaults, and what is asked of them. Safe for use by several threads. */
public final class VaultTable {
    private static final String NONE_SINCE = "vaults.none-since";

    private final ControlDb db;

    VaultTable(ControlDb db) {
        this.db = db;
    }

    public void put(String name, String settings, byte @Nullable [] credentials) throws IOException {
        db.update(
                "INSERT INTO vault(name, settings, credentials, added_at) VALUES (?, ?, ?, ?) ON CONFLICT(name) DO UPDATE"
                        + " SET settings = excluded.settings, credentials = excluded.credentials",
                name,
                settings,
                credentials,
                db.now());
    }

    public List<VaultRow> list() throws IOException {
        return db.query(
                row -> new VaultRow(
                        row.getString(1),
                        row.getString(2),
                        row.getBytes(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6)),
                "SELECT name, settings, credentials, added_at, requested, evict FROM vault ORDER BY name");
    }

    public Optional<VaultRow> find(String name) throws IOException {
        return list().stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** Returns whether it was there. */
    public boolean remove(String name) throws IOException {
        boolean[] done = new boolean[1];
        db.inTransaction(() -> {
            done[0] = db.update("DELETE FROM vault WHERE name = ?", name) == 1;
            if (done[0] && list().isEmpty()) {
                db.settings().set(NONE_SINCE, Long.toString(db.now()));
            }
        });
        return done[0];
    }

    /** Since when there is none, where there is none: since the last was removed, or the appliance was set up. */
    public Instant noneSince() throws IOException {
        Optional<String> removed = db.settings().get(NONE_SINCE);
        return Instant.ofEpochMilli(removed.isPresent() ? Long.parseLong(removed.get()) : db.madeAt());
    }

    /**
     * Asks for an upload at once: of the running appliance, or of the next start.
     *
     * @return the number of the request, greater than that of one that waits already
     */
    public long requestUpload(String name) throws IOException {
        long[] request = new long[1];
        db.inTransaction(() -> {
            db.update("UPDATE vault SET requested = max(requested + 1, ?) WHERE name = ?", db.now(), name);
            request[0] = db.first(row -> row.getLong(1), "SELECT requested FROM vault WHERE name = ?", name)
                    .orElse(0L);
        });
        return request[0];
    }

    /** Strikes a request that was handled, so that no restart repeats it. A newer one stays. */
    public void uploadHandled(String name, long request) throws IOException {
        db.update("UPDATE vault SET requested = 0 WHERE name = ? AND requested = ?", name, request);
    }

    /** Asks the running appliance to free bytes on its volumes; 0 takes that back. */
    public void requestEviction(String name, long bytes) throws IOException {
        db.update("UPDATE vault SET evict = ? WHERE name = ?", bytes, name);
    }
}
