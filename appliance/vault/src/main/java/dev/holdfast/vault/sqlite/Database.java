package dev.holdfast.vault.sqlite;

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
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * A SQLite database file of this appliance. One connection reads and writes, by one thread at a time; {@link #read}
 * uses further connections that only read. Several processes may open the same file. Every change is durable when its
 * method returns, and deleted rows are overwritten in the file. Errors are IOExceptions that begin with the database's
 * name. Safe for use by several threads; the lock is this object, held for the whole of a transaction.
 */
public final class Database implements AutoCloseable {
    static final int BUSY_MILLIS = 10_000;

    private final String name;
    private final Connection connection;
    private final Readers readers;

    /** Reads one row. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Changes that are made together or not at all. */
    @FunctionalInterface
    public interface Changes {
        void run() throws IOException;
    }

    /** Changes that are made together or not at all, and what follows from them. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Opens the database; creates the file, for its owner only, where it is missing, and brings its schema up to date.
     *
     * @param name what the database is, as messages call it
     * @param remedy what a person can do where the file does not open; empty for nothing
     * @throws dev.holdfast.protocol.bytes.FormatException where a newer release wrote it; nothing is changed then
     */
    public Database(String name, Path file, Schema schema, String remedy) throws IOException {
        this(name, file, schema, remedy, Schema.BeforeUpgrade.NOTHING);
    }

    /**
     * As above.
     *
     * @param before called before an older database is upgraded
     */
    public Database(String name, Path file, Schema schema, String remedy, Schema.BeforeUpgrade before)
            throws IOException {
        this.name = name;
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(BUSY_MILLIS);
        config.enforceForeignKeys(true);
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
            throw unusable(file, remedy, e);
        }
        try {
            // Deleted rows leave the file too: copies of it go into vaults.
            try (Statement pragma = connection.createStatement()) {
                pragma.execute("PRAGMA secure_delete = ON");
            }
            schema.bringUpToDate(name + " " + file, connection, source, before);
        } catch (IOException | SQLException | RuntimeException e) {
            try {
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e instanceof IOException told ? told : unusable(file, remedy, e);
        }
        readers = new Readers(file);
    }

    private IOException unusable(Path file, String remedy, Exception cause) {
        return new IOException(
                name + " " + file + " does not open: " + cause.getMessage() + (remedy.isEmpty() ? "" : "; " + remedy),
                cause);
    }

    private IOException failed(SQLException cause) {
        return new IOException(name + ": " + cause.getMessage(), cause);
    }

    /** Runs a statement that changes rows, and returns their number. */
    public synchronized int update(String sql, @Nullable Object... arguments) throws IOException {
        try (PreparedStatement statement = prepare(connection, sql, arguments)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * As {@link #update}, without waiting until the change is on disk: a power failure may undo it. The next durable
     * change makes it durable too; within a transaction it is as durable as the transaction.
     */
    public synchronized int updateWithoutFlush(String sql, @Nullable Object... arguments) throws IOException {
        try {
            if (!connection.getAutoCommit()) {
                return update(sql, arguments);
            }
            try (Statement pragma = connection.createStatement()) {
                pragma.execute("PRAGMA synchronous = NORMAL");
                try {
                    return update(sql, arguments);
                } finally {
                    pragma.execute("PRAGMA synchronous = FULL");
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Inserts a row and returns its number. */
    public synchronized long insert(String sql, @Nullable Object... arguments) throws IOException {
        update(sql, arguments);
        return query(row -> row.getLong(1), "SELECT last_insert_rowid()").getFirst();
    }

    /** All rows. Waits for changes by other threads, and sees those of the transaction that it is in. */
    public synchronized <T> List<T> query(RowReader<T> reader, String sql, @Nullable Object... arguments)
            throws IOException {
        try {
            return rows(connection, reader, sql, arguments);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The first row of {@link #query}; empty where there is none. */
    public <T> Optional<T> first(RowReader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        return query(reader, sql, arguments).stream().findFirst();
    }

    /**
     * All rows, read beside the connection that writes: waits for no other thread. Sees what was committed before,
     * hence must not be used within a transaction.
     */
    public <T> List<T> read(RowReader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        try {
            return readers.query(reader, sql, arguments);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Makes several changes together or not at all. Transactions do not nest. */
    public void inTransaction(Changes changes) throws IOException {
        fromTransaction(() -> {
            changes.run();
            return true;
        });
    }

    /** As {@link #inTransaction}, and returns what the work returns. */
    public synchronized <T> T fromTransaction(Work<T> work) throws IOException {
        try {
            if (!connection.getAutoCommit()) {
                throw new IllegalStateException(name + ": a transaction within a transaction");
            }
            connection.setAutoCommit(false);
            try {
                T result = work.run();
                connection.commit();
                return result;
            } catch (IOException | SQLException | RuntimeException | Error e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** What SQLite finds wrong with the file; empty where it is whole. */
    public List<String> integrityFaults() throws IOException {
        return query(row -> row.getString(1), "PRAGMA integrity_check").stream()
                .filter(line -> !line.equals("ok"))
                .toList();
    }

    /** Writes a consistent copy of the whole database to a file that must not exist yet, or be empty. */
    public void copyTo(Path file) throws IOException {
        update("VACUUM INTO ?", file.toString());
    }

    /** A column's number; null where the column is. */
    public static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : Long.valueOf(value);
    }

    static <T> List<T> rows(Connection connection, RowReader<T> reader, String sql, @Nullable Object... arguments)
            throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, arguments);
                ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, @Nullable Object... arguments)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            readers.close();
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
