package dev.holdfast.vault.journal;

import dev.holdfast.vault.sqlite.Database;
import dev.holdfast.vault.sqlite.ReadOnlyDatabase;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this appliance knows of a vault: which containers and snapshots are in it, under which numbers, and what is
 * under way. Losing it costs time, not data. Safe for use by several threads.
 */
public final class Journal implements AutoCloseable {
    private static final String ROOT = "root";
    private static final Schema SCHEMA = new Schema(Journal.class);

    private final Database database;
    private final ContainerTable containers;
    private final SnapshotTable snapshots;
    private final ObjectTable objects;

    /** Opens the journal, creating or migrating it. */
    public Journal(Path file) throws IOException {
        database = new Database("vault journal", file, SCHEMA, "move data and volumes away and recover from the vault");
        containers = new ContainerTable(database);
        snapshots = new SnapshotTable(database);
        objects = new ObjectTable(database);
    }

    /** The newest root that a journal knows, of whatever schema version the journal is; null where it knows none. */
    public static byte @Nullable [] rootOf(Path file) throws IOException {
        try (ReadOnlyDatabase journal = new ReadOnlyDatabase("vault journal", file)) {
            return journal.query(row -> row.getString(1), "SELECT value FROM state WHERE name = ?", ROOT).stream()
                    .findFirst()
                    .map(HexFormat.of()::parseHex)
                    .orElse(null);
        }
    }

    /** Which versions of the schema this release knows, and which a journal has. */
    public static Schema schema() {
        return SCHEMA;
    }

    public ContainerTable containers() {
        return containers;
    }

    public SnapshotTable snapshots() {
        return snapshots;
    }

    public ObjectTable objects() {
        return objects;
    }

    /** Makes several changes together or not at all. Transactions do not nest. */
    public void inTransaction(Database.Changes changes) throws IOException {
        database.inTransaction(changes);
    }

    /** A named value; empty where there is none. */
    public Optional<String> state(String name) throws IOException {
        return database.first(row -> row.getString(1), "SELECT value FROM state WHERE name = ?", name);
    }

    public void setState(String name, String value) throws IOException {
        database.update(
                "INSERT INTO state(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                name,
                value);
    }

    public void clearState(String name) throws IOException {
        database.update("DELETE FROM state WHERE name = ?", name);
    }

    /** The newest root that this appliance knows, as its bytes. */
    public byte @Nullable [] root() throws IOException {
        return state(ROOT).map(HexFormat.of()::parseHex).orElse(null);
    }

    public void setRoot(byte[] encoded) throws IOException {
        setState(ROOT, HexFormat.of().formatHex(encoded));
    }

    /** Bytes of objects: containers and manifests. */
    public long objectBytes() throws IOException {
        return database.query(
                        row -> row.getLong(1),
                        "SELECT (SELECT coalesce(sum(object_bytes), 0) FROM container)"
                                + " + (SELECT coalesce(sum(object_bytes), 0) FROM snapshot)")
                .getFirst();
    }

    @Override
    public void close() throws IOException {
        database.close();
    }
}
