package dev.holdfast.vault.format;

import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * What this appliance knows of a vault: which containers and snapshots are in it, under which numbers, and what is under way.
 * Losing it costs time, not data. Safe for use by several threads.
 */
public final class Journal implements AutoCloseable {
    private static final int BUSY_MILLIS = 10_000;
    private static final String ROOT = "root";
    private static final Schema SCHEMA = new Schema(Journal.class);

    private final Connection connection;

    /** A container's object in the vault; ordinal and published are null before a root lists it. */
    public record StoredContainer(
            int number,
            UUID id,
            int epoch,
            long bytes,
            long objectBytes,
            byte[] sha256,
            @Nullable Integer ordinal) {}

    /** A manifest's object in the vault. */
    public record StoredManifest(
            UUID id,
            int node,
            long committed,
            int epoch,
            long bytes,
            long objectBytes,
            byte[] sha256,
            boolean published) {}

    public Journal(Path file) throws IOException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(BUSY_MILLIS);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        try {
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            connection = source.getConnection();
        } catch (SQLException e) {
            throw unusable(file, e);
        }
        try {
            SCHEMA.bringUpToDate("vault journal " + file, connection, source);
        } catch (IOException | SQLException | RuntimeException e) {
            try {
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e instanceof IOException told ? told : unusable(file, e);
        }
    }

    private static IOException unusable(Path file, Exception cause) {
        return new IOException(
                "vault journal " + file + " does not open: " + cause.getMessage()
                        + "; move data and volumes away and recover from the vault",
                cause);
    }

    private interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private synchronized int update(String sql, @Nullable Object... arguments) throws IOException {
        try (PreparedStatement statement = prepare(sql, arguments)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IOException("vault journal: " + e.getMessage(), e);
        }
    }

    /**
     * What a power failure may take back: it costs an upload that finds its object there. A flush for each would wait for
     * all that backups write to the same disk; the next change that is not noted so makes it durable.
     */
    private synchronized void note(String sql, @Nullable Object... arguments) throws IOException {
        try {
            if (!connection.getAutoCommit()) {
                update(sql, arguments);
                return;
            }
            try (Statement pragma = connection.createStatement()) {
                pragma.execute("PRAGMA synchronous = NORMAL");
                try {
                    update(sql, arguments);
                } finally {
                    pragma.execute("PRAGMA synchronous = FULL");
                }
            }
        } catch (SQLException e) {
            throw new IOException("vault journal: " + e.getMessage(), e);
        }
    }

    private synchronized <T> List<T> query(Reader<T> reader, String sql, @Nullable Object... arguments)
            throws IOException {
        try (PreparedStatement statement = prepare(sql, arguments);
                ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        } catch (SQLException e) {
            throw new IOException("vault journal: " + e.getMessage(), e);
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }

    /** Something that is done whole or not at all. */
    public interface Step {
        void run() throws IOException;
    }

    public synchronized void together(Step step) throws IOException {
        try {
            connection.setAutoCommit(false);
            try {
                step.run();
                connection.commit();
            } catch (IOException | SQLException | RuntimeException | Error e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IOException("vault journal: " + e.getMessage(), e);
        }
    }

    // ---- state

    public Optional<String> state(String name) throws IOException {
        return query(row -> row.getString(1), "SELECT value FROM state WHERE name = ?", name).stream()
                .findFirst();
    }

    public void setState(String name, String value) throws IOException {
        update(
                "INSERT INTO state(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                name,
                value);
    }

    public void clearState(String name) throws IOException {
        update("DELETE FROM state WHERE name = ?", name);
    }

    /** The newest root that this appliance knows, as its bytes. */
    public byte @Nullable [] root() throws IOException {
        return state(ROOT).map(HexFormat.of()::parseHex).orElse(null);
    }

    public void setRoot(byte[] encoded) throws IOException {
        setState(ROOT, HexFormat.of().formatHex(encoded));
    }

    // ---- containers

    public void stored(StoredContainer container) throws IOException {
        // Of another container that had the number before, roots know all that must be known.
        note("DELETE FROM container WHERE number = ? AND id <> ?", container.number, container.id.toString());
        note(
                "INSERT INTO container(number, id, epoch, bytes, object_bytes, sha256, ordinal) VALUES (?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT(number) DO UPDATE SET epoch = excluded.epoch, object_bytes = excluded.object_bytes,"
                        + " sha256 = excluded.sha256, dropped = 0",
                container.number,
                container.id.toString(),
                container.epoch,
                container.bytes,
                container.objectBytes,
                HexFormat.of().formatHex(container.sha256),
                container.ordinal);
    }

    private static final String CONTAINER =
            "SELECT number, id, epoch, bytes, object_bytes, sha256, ordinal FROM container";

    private static StoredContainer container(ResultSet row) throws SQLException {
        int ordinal = row.getInt(7);
        Integer known = row.wasNull() ? null : Integer.valueOf(ordinal);
        return new StoredContainer(
                row.getInt(1),
                UUID.fromString(row.getString(2)),
                row.getInt(3),
                row.getLong(4),
                row.getLong(5),
                HexFormat.of().parseHex(row.getString(6)),
                known);
    }

    public Optional<StoredContainer> container(int number) throws IOException {
        return query(Journal::container, CONTAINER + " WHERE number = ?", number).stream()
                .findFirst();
    }

    public Optional<StoredContainer> container(UUID id) throws IOException {
        return query(Journal::container, CONTAINER + " WHERE id = ?", id.toString()).stream()
                .findFirst();
    }

    /** Stored and not listed by any root yet, oldest first. */
    public List<StoredContainer> unpublished() throws IOException {
        return query(Journal::container, CONTAINER + " WHERE published IS NULL ORDER BY number");
    }

    /** All that roots list, those too that the appliance has no more. */
    public List<StoredContainer> published() throws IOException {
        return query(Journal::container, CONTAINER + " WHERE published IS NOT NULL ORDER BY ordinal");
    }

    /** Numbers of all containers whose object is stored and that the appliance still has or reads. */
    public List<Integer> numbers() throws IOException {
        return query(row -> row.getInt(1), "SELECT number FROM container WHERE dropped = 0");
    }

    /** The appliance has a container no more. */
    public void dropped(int number) throws IOException {
        update("UPDATE container SET dropped = 1 WHERE number = ?", number);
    }

    /** The appliance has it after all. */
    public void notDropped(int number) throws IOException {
        update("UPDATE container SET dropped = 0 WHERE number = ?", number);
    }

    /**
     * A container that the appliance has no more, and that a root lists.
     *
     * @param since when its object came to its class, ms since 1970; null where neither is known
     */
    public record DroppedContainer(
            int number,
            UUID id,
            int ordinal,
            StorageClass kept,
            @Nullable Long since) {}

    public List<DroppedContainer> dropped() throws IOException {
        return query(
                row -> new DroppedContainer(
                        row.getInt(1),
                        UUID.fromString(row.getString(2)),
                        row.getInt(3),
                        StorageClass.of(row.getString(4)),
                        moment(row, 5)),
                "SELECT number, id, ordinal, class, class_at FROM container WHERE dropped = 1 AND published IS NOT NULL");
    }

    /** A root says that it is no more. */
    public void dropContainer(UUID container) throws IOException {
        update("DELETE FROM container WHERE id = ?", container.toString());
    }

    /** Of these numbers, containers that a root lists: those read longest ago first, those never read before all. */
    public List<StoredContainer> coldest(BitSet numbers) throws IOException {
        return query(
                        Journal::container,
                        CONTAINER + " WHERE published IS NOT NULL AND dropped = 0 ORDER BY read_at, number")
                .stream()
                .filter(each -> numbers.get(each.number()))
                .toList();
    }

    public void published(UUID container, int ordinal, long sequence) throws IOException {
        update("UPDATE container SET ordinal = ?, published = ? WHERE id = ?", ordinal, sequence, container.toString());
    }

    /** The highest number of all of them, 0 for none. */
    public int highestNumber() throws IOException {
        return query(row -> row.getInt(1), "SELECT coalesce(max(number), 0) FROM container")
                .getFirst();
    }

    /** The local number of a container of the vault. */
    public OptionalInt number(int ordinal) throws IOException {
        return query(row -> row.getInt(1), "SELECT number FROM container WHERE ordinal = ?", ordinal).stream()
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    /** Ordinals of all containers that roots list, by local number. */
    public Map<Integer, Integer> ordinals() throws IOException {
        Map<Integer, Integer> ordinals = new TreeMap<>();
        query(
                row -> ordinals.put(row.getInt(1), row.getInt(2)),
                "SELECT number, ordinal FROM container WHERE ordinal IS NOT NULL");
        return ordinals;
    }

    /** The container that the vault's own lists call by a number. */
    public Optional<UUID> containerAt(int ordinal) throws IOException {
        return query(row -> UUID.fromString(row.getString(1)), "SELECT id FROM container WHERE ordinal = ?", ordinal)
                .stream()
                .findFirst();
    }

    public void read(int number, long at) throws IOException {
        note("UPDATE container SET read_at = ? WHERE number = ?", at, number);
    }

    /** How a container's object is kept; empty where the vault does not have it. */
    public Optional<StorageClass> storageClass(int number) throws IOException {
        return query(row -> StorageClass.of(row.getString(1)), "SELECT class FROM container WHERE number = ?", number)
                .stream()
                .findFirst();
    }

    /** Bytes of objects: containers and manifests. */
    public long objectBytes() throws IOException {
        return query(
                        row -> row.getLong(1),
                        "SELECT (SELECT coalesce(sum(object_bytes), 0) FROM container)"
                                + " + (SELECT coalesce(sum(object_bytes), 0) FROM snapshot)")
                .getFirst();
    }

    // ---- classes

    /**
     * A container whose object is in the vault, and how it is kept there.
     *
     * @param since when it was stored, ms since 1970
     * @param classSince when it came to its class; null where that is not known
     */
    public record KeptContainer(
            UUID id,
            StorageClass kept,
            long bytes,
            long since,
            @Nullable Long classSince) {}

    private static @Nullable Long moment(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }

    /** How a container's object is kept. Metadata never leave the class in which everything is at hand. */
    public void kept(UUID container, StorageClass kept, boolean data, long since) throws IOException {
        note(
                "UPDATE container SET class = ?, data = ?, stored_at = ?, class_at = ? WHERE id = ?",
                kept.label(),
                data ? 1 : 0,
                since,
                since,
                container.toString());
    }

    /** A container that was found in a vault, in a class that is not known yet. */
    public void found(UUID container, boolean data, long now) throws IOException {
        kept(container, StorageClass.STANDARD, data, now);
        note("UPDATE container SET class_at = NULL WHERE id = ?", container.toString());
    }

    /** Containers whose class is not known. */
    public List<UUID> inUnknownClass() throws IOException {
        return query(
                row -> UUID.fromString(row.getString(1)),
                "SELECT id FROM container WHERE class_at IS NULL AND published IS NOT NULL");
    }

    /** Its object came to another class, or was found there. */
    public void changed(UUID container, StorageClass kept, long since) throws IOException {
        note("UPDATE container SET class = ?, class_at = ? WHERE id = ?", kept.label(), since, container.toString());
    }

    /**
     * Published containers of data in one of these classes, stored before a moment; the oldest first.
     *
     * @param inClassBefore those that came to their class later are left out
     */
    public List<KeptContainer> keptIn(StorageClass kept, long before, long inClassBefore, int limit)
            throws IOException {
        return query(
                row -> new KeptContainer(
                        UUID.fromString(row.getString(1)),
                        StorageClass.of(row.getString(2)),
                        row.getLong(3),
                        row.getLong(4),
                        moment(row, 5)),
                "SELECT id, class, object_bytes, stored_at, class_at FROM container WHERE data = 1"
                        + " AND published IS NOT NULL AND class = ? AND stored_at < ?"
                        + " AND (class_at IS NULL OR class_at <= ?)"
                        // The store refuses to write these anew.
                        + " AND 'c/' || substr(id, 1, 2) || '/' || id NOT IN (SELECT key FROM retained WHERE until > ?)"
                        + " ORDER BY stored_at LIMIT ?",
                kept.label(),
                before,
                inClassBefore,
                System.currentTimeMillis(),
                limit);
    }

    /** Bytes of containers' objects by class. */
    public Map<StorageClass, Long> bytesByClass() throws IOException {
        Map<StorageClass, Long> bytes = new EnumMap<>(StorageClass.class);
        query(
                row -> bytes.put(StorageClass.of(row.getString(1)), row.getLong(2)),
                "SELECT class, sum(object_bytes) FROM container GROUP BY class");
        return bytes;
    }

    // ---- snapshots

    public void stored(StoredManifest manifest) throws IOException {
        update(
                "INSERT INTO snapshot(id, node, committed, epoch, bytes, object_bytes, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT(id) DO UPDATE SET epoch = excluded.epoch, object_bytes = excluded.object_bytes,"
                        + " sha256 = excluded.sha256",
                manifest.id.toString(),
                manifest.node,
                manifest.committed,
                manifest.epoch,
                manifest.bytes,
                manifest.objectBytes,
                HexFormat.of().formatHex(manifest.sha256));
    }

    public List<StoredManifest> manifests() throws IOException {
        return query(
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

    public void published(UUID snapshot, long sequence) throws IOException {
        update("UPDATE snapshot SET published = ? WHERE id = ?", sequence, snapshot.toString());
    }

    /** Somebody forgot a snapshot on purpose. */
    public void forgotten(UUID snapshot) throws IOException {
        update("INSERT OR IGNORE INTO forgotten(id) VALUES (?)", snapshot.toString());
    }

    /** Published snapshots that were forgotten on purpose. */
    public List<UUID> forgotten() throws IOException {
        return query(
                row -> UUID.fromString(row.getString(1)),
                "SELECT id FROM forgotten JOIN snapshot USING (id) WHERE published IS NOT NULL");
    }

    /** A root says that it is no more. */
    public void dropManifest(UUID snapshot) throws IOException {
        update("DELETE FROM snapshot WHERE id = ?", snapshot.toString());
        update("DELETE FROM forgotten WHERE id = ?", snapshot.toString());
    }

    // ---- uploads, retired objects

    public Optional<String> upload(String key) throws IOException {
        return query(row -> row.getString(1), "SELECT upload FROM upload WHERE key = ?", key).stream()
                .findFirst();
    }

    public void begun(String key, String upload) throws IOException {
        note(
                "INSERT INTO upload(key, upload) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET upload = excluded.upload",
                key,
                upload);
    }

    public void ended(String key) throws IOException {
        note("DELETE FROM upload WHERE key = ?", key);
    }

    /** An object that may be deleted once the root of this sequence is not kept any more. */
    public void retire(String key, long since) throws IOException {
        update(
                "INSERT INTO retired(key, since) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET since = excluded.since",
                key,
                since);
    }

    /** Retired objects that may be deleted now: those that the store itself keeps wait. */
    public List<String> retiredUpTo(long sequence) throws IOException {
        return query(
                row -> row.getString(1),
                "SELECT key FROM retired WHERE since <= ?"
                        + " AND key NOT IN (SELECT key FROM retained WHERE until > ?)",
                sequence,
                System.currentTimeMillis());
    }

    /** Until when the store keeps an object, ms since 1970; 0 where it was never asked to. */
    public long retained(String key) throws IOException {
        return query(row -> row.getLong(1), "SELECT until FROM retained WHERE key = ?", key).stream()
                .findFirst()
                .orElse(0L);
    }

    public void retain(String key, long until) throws IOException {
        update(
                "INSERT INTO retained(key, until) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET until = excluded.until",
                key,
                until);
    }

    public void notRetired(String key) throws IOException {
        update("DELETE FROM retired WHERE key = ?", key);
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IOException("vault journal: " + e.getMessage(), e);
        }
    }
}
