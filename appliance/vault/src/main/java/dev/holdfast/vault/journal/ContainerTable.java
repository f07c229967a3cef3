package dev.holdfast.vault.journal;

import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Containers whose object is in the vault. Notes without a flush may be undone by a power failure, which costs an
 * upload that finds its object there; a flush for each would wait for all that backups write to the same disk. Safe for
 * use by several threads.
 */
public final class ContainerTable {
    private static final String CONTAINER =
            "SELECT number, id, epoch, bytes, object_bytes, sha256, ordinal FROM container";

    private final Database database;

    ContainerTable(Database database) {
        this.database = database;
    }

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

    /** Notes a container whose object was stored. */
    public void stored(StoredContainer container) throws IOException {
        // Of another container that had the number before, roots know all that must be known.
        database.updateWithoutFlush(
                "DELETE FROM container WHERE number = ? AND id <> ?",
                container.number(),
                container.id().toString());
        database.updateWithoutFlush(
                "INSERT INTO container(number, id, epoch, bytes, object_bytes, sha256, ordinal) VALUES (?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT(number) DO UPDATE SET epoch = excluded.epoch, object_bytes = excluded.object_bytes,"
                        + " sha256 = excluded.sha256, dropped = 0",
                container.number(),
                container.id().toString(),
                container.epoch(),
                container.bytes(),
                container.objectBytes(),
                HexFormat.of().formatHex(container.hash()),
                container.ordinal());
    }

    /** @param number on this appliance */
    public Optional<StoredContainer> find(int number) throws IOException {
        return database.first(ContainerTable::container, CONTAINER + " WHERE number = ?", number);
    }

    public Optional<StoredContainer> find(UUID id) throws IOException {
        return database.first(ContainerTable::container, CONTAINER + " WHERE id = ?", id.toString());
    }

    /** Stored and not listed by any root yet, oldest first. */
    public List<StoredContainer> unpublished() throws IOException {
        return database.query(ContainerTable::container, CONTAINER + " WHERE published IS NULL ORDER BY number");
    }

    /** All that roots list, including those that the appliance no longer has. */
    public List<StoredContainer> published() throws IOException {
        return database.query(ContainerTable::container, CONTAINER + " WHERE published IS NOT NULL ORDER BY ordinal");
    }

    /** Notes that a root lists a container. */
    public void published(UUID container, int ordinal, long sequence) throws IOException {
        database.update(
                "UPDATE container SET ordinal = ?, published = ? WHERE id = ?",
                ordinal,
                sequence,
                container.toString());
    }

    /** Numbers of all containers whose object is stored and that the appliance still has or reads. */
    public List<Integer> numbers() throws IOException {
        return database.query(row -> row.getInt(1), "SELECT number FROM container WHERE dropped = 0");
    }

    /** The highest number of all of them, 0 for none. */
    public int highestNumber() throws IOException {
        return database.query(row -> row.getInt(1), "SELECT coalesce(max(number), 0) FROM container")
                .getFirst();
    }

    /** The number, on this appliance, of a container of the vault. */
    public OptionalInt number(int ordinal) throws IOException {
        return database.query(row -> row.getInt(1), "SELECT number FROM container WHERE ordinal = ?", ordinal).stream()
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    /** Ordinals of all containers that roots list, by their number on this appliance. */
    public Map<Integer, Integer> ordinals() throws IOException {
        Map<Integer, Integer> ordinals = new TreeMap<>();
        database.query(
                row -> ordinals.put(row.getInt(1), row.getInt(2)),
                "SELECT number, ordinal FROM container WHERE ordinal IS NOT NULL");
        return ordinals;
    }

    /** The container that the vault's own lists call by a number. */
    public Optional<UUID> atOrdinal(int ordinal) throws IOException {
        return database.first(
                row -> UUID.fromString(row.getString(1)), "SELECT id FROM container WHERE ordinal = ?", ordinal);
    }

    // ---- containers that the appliance dropped

    /** Notes that the appliance no longer has a container. */
    public void dropped(int number) throws IOException {
        database.update("UPDATE container SET dropped = 1 WHERE number = ?", number);
    }

    /** Takes {@link #dropped(int)} back. */
    public void notDropped(int number) throws IOException {
        database.update("UPDATE container SET dropped = 0 WHERE number = ?", number);
    }

    public List<DroppedContainer> dropped() throws IOException {
        return database.query(
                row -> new DroppedContainer(
                        row.getInt(1),
                        UUID.fromString(row.getString(2)),
                        row.getInt(3),
                        StorageClass.of(row.getString(4)),
                        Database.longOrNull(row, 5)),
                "SELECT number, id, ordinal, class, class_at FROM container WHERE dropped = 1 AND published IS NOT NULL");
    }

    /** Removes a container that the newest root no longer lists. */
    public void remove(UUID container) throws IOException {
        database.update("DELETE FROM container WHERE id = ?", container.toString());
    }

    // ---- containers that are read

    /** Notes when a container was read, ms since 1970. */
    public void read(int number, long at) throws IOException {
        database.updateWithoutFlush("UPDATE container SET read_at = ? WHERE number = ?", at, number);
    }

    /**
     * Those of the numbers that a root lists: containers that were never read first, then by the time of the last read.
     */
    public List<StoredContainer> leastRecentlyRead(BitSet numbers) throws IOException {
        return database
                .query(
                        ContainerTable::container,
                        CONTAINER + " WHERE published IS NOT NULL AND dropped = 0 ORDER BY read_at, number")
                .stream()
                .filter(each -> numbers.get(each.number()))
                .toList();
    }

    // ---- storage classes

    /** The storage class of a container's object; empty where the vault does not have it. */
    public Optional<StorageClass> storageClass(int number) throws IOException {
        return database.first(
                row -> StorageClass.of(row.getString(1)), "SELECT class FROM container WHERE number = ?", number);
    }

    /**
     * Notes the storage class in which a container's object was stored.
     *
     * @param data whether it may move to a colder class: metadata never do
     * @param now ms since 1970
     */
    public void storedIn(UUID container, StorageClass storageClass, boolean data, long now) throws IOException {
        database.updateWithoutFlush(
                "UPDATE container SET class = ?, data = ?, stored_at = ?, class_at = ? WHERE id = ?",
                storageClass.label(),
                data ? 1 : 0,
                now,
                now,
                container.toString());
    }

    /** Notes that a container was found in a vault, in a class that is not known yet. */
    public void storedInUnknownClass(UUID container, boolean data, long now) throws IOException {
        storedIn(container, StorageClass.STANDARD, data, now);
        database.updateWithoutFlush("UPDATE container SET class_at = NULL WHERE id = ?", container.toString());
    }

    /** Containers whose class is not known. */
    public List<UUID> inUnknownClass() throws IOException {
        return database.query(
                row -> UUID.fromString(row.getString(1)),
                "SELECT id FROM container WHERE class_at IS NULL AND published IS NOT NULL");
    }

    /** Notes that a container's object came to another class, or was found in it. */
    public void classChanged(UUID container, StorageClass storageClass, long since) throws IOException {
        database.updateWithoutFlush(
                "UPDATE container SET class = ?, class_at = ? WHERE id = ?",
                storageClass.label(),
                since,
                container.toString());
    }

    /**
     * Published containers of data in a class, stored before a moment; the oldest first.
     *
     * @param inClassBefore those that came to their class later are left out
     */
    public List<ClassifiedContainer> inClass(StorageClass storageClass, long before, long inClassBefore, int limit)
            throws IOException {
        return database.query(
                row -> new ClassifiedContainer(
                        UUID.fromString(row.getString(1)),
                        StorageClass.of(row.getString(2)),
                        row.getLong(3),
                        row.getLong(4),
                        Database.longOrNull(row, 5)),
                "SELECT id, class, object_bytes, stored_at, class_at FROM container WHERE data = 1"
                        + " AND published IS NOT NULL AND class = ? AND stored_at < ?"
                        + " AND (class_at IS NULL OR class_at <= ?)"
                        // The store refuses to write these anew.
                        + " AND 'c/' || substr(id, 1, 2) || '/' || id NOT IN (SELECT key FROM retained WHERE until > ?)"
                        + " ORDER BY stored_at LIMIT ?",
                storageClass.label(),
                before,
                inClassBefore,
                System.currentTimeMillis(),
                limit);
    }

    /** Bytes of containers' objects by class. */
    public Map<StorageClass, Long> bytesByClass() throws IOException {
        Map<StorageClass, Long> bytes = new EnumMap<>(StorageClass.class);
        database.query(
                row -> bytes.put(StorageClass.of(row.getString(1)), row.getLong(2)),
                "SELECT class, sum(object_bytes) FROM container GROUP BY class");
        return bytes;
    }
}
