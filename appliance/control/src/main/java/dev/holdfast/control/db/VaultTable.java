package dev.holdfast.control.db;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The configured vaults, and what is asked of them. Safe for use by several threads. */
public final class VaultTable {
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
        return db.update("DELETE FROM vault WHERE name = ?", name) == 1;
    }

    /** Asks the running appliance for an upload at once. */
    public void requestUpload(String name) throws IOException {
        db.update("UPDATE vault SET requested = ? WHERE name = ?", db.now(), name);
    }

    /** Asks the running appliance to free bytes on its volumes; 0 takes that back. */
    public void requestEviction(String name, long bytes) throws IOException {
        db.update("UPDATE vault SET evict = ? WHERE name = ?", bytes, name);
    }
}
