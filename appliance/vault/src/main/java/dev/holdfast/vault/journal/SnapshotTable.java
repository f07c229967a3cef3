package dev.holdfast.vault.journal;

import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/** Snapshots whose manifest is in the vault. Safe for use by several threads. */
public final class SnapshotTable {
    private final Database database;

    SnapshotTable(Database database) {
        this.database = database;
    }

    /** Notes a manifest whose object was stored. */
    public void stored(StoredManifest manifest) throws IOException {
        database.update(
                "INSERT INTO snapshot(id, node, committed, epoch, bytes, object_bytes, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT(id) DO UPDATE SET epoch = excluded.epoch, object_bytes = excluded.object_bytes,"
                        + " sha256 = excluded.sha256",
                manifest.id().toString(),
                manifest.node(),
                manifest.committed(),
                manifest.epoch(),
                manifest.bytes(),
                manifest.objectBytes(),
                HexFormat.of().formatHex(manifest.hash()));
    }

    /** All of them, published or not. */
    public List<StoredManifest> all() throws IOException {
        return database.query(
                row -> new StoredManifest(
                        UUID.fromString(row.getString(1)),
                        row.getInt(2),
                        row.getLong(3),
                        row.getInt(4),
                        row.getLong(5),
                        row.getLong(6),
                        HexFormat.of().parseHex(row.getString(7)),
                        row.getLong(8) != 0),
                "SELECT id, node, committed, epoch, bytes, object_bytes, sha256, coalesce(published, 0) FROM snapshot");
    }

    /** Notes that a root lists a snapshot. */
    public void published(UUID snapshot, long sequence) throws IOException {
        database.update("UPDATE snapshot SET published = ? WHERE id = ?", sequence, snapshot.toString());
    }

    /** Notes that a snapshot was forgotten on purpose. What is merely missing here stays in the vault. */
    public void forgotten(UUID snapshot) throws IOException {
        database.update("INSERT OR IGNORE INTO forgotten(id) VALUES (?)", snapshot.toString());
    }

    /** Published snapshots that were forgotten on purpose. */
    public List<UUID> forgotten() throws IOException {
        return database.query(
                row -> UUID.fromString(row.getString(1)),
                "SELECT id FROM forgotten JOIN snapshot USING (id) WHERE published IS NOT NULL");
    }

    /** Removes a snapshot that the newest root no longer lists. */
    public void remove(UUID snapshot) throws IOException {
        database.update("DELETE FROM snapshot WHERE id = ?", snapshot.toString());
        database.update("DELETE FROM forgotten WHERE id = ?", snapshot.toString());
    }
}
