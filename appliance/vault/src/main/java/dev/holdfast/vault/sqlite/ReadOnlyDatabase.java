package dev.holdfast.vault.sqlite;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * A SQLite database of any schema version, which is only read: no file is made beside it, which the owner of the database could
 * not open if another user made it. Used by one thread, which closes it.
 */
public final class ReadOnlyDatabase implements AutoCloseable {
    private final String name;
    private final Connection connection;
    /** Where a copy lies that is read instead; null where the database itself is read. */
    private final @Nullable Path copied;

    /** @param name what the database is, as messages call it */
    public ReadOnlyDatabase(String name, Path file) throws IOException {
        this.name = name + " " + file;
        Path log = beside(file, "-wal");
        boolean logged = Files.exists(log) && Files.size(log) > 0;
        // A process that has it open keeps this file; what a crash left has none, and SQLite would make one.
        boolean open = Files.exists(beside(file, "-shm"));
        copied = logged && !open ? copy(file, log) : null;
        Path read = copied == null ? file : copied.resolve(file.getFileName());
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(Database.BUSY_MILLIS);
        String how = logged ? "mode=ro" : "immutable=1";
        try {
            connection = config.createConnection("jdbc:sqlite:" + read.toUri() + "?" + how);
        } catch (SQLException e) {
            remove();
            throw failed(e);
        }
    }

    private static Path beside(Path file, String tail) {
        return file.resolveSibling(file.getFileName() + tail);
    }

    private static Path copy(Path file, Path log) throws IOException {
        Path directory = Files.createTempDirectory("holdfast-read-");
        for (Path each : List.of(file, log)) {
            Files.copy(each, directory.resolve(each.getFileName()));
        }
        return directory;
    }

    private void remove() throws IOException {
        if (copied != null) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(copied)) {
                for (Path each : files) {
                    Files.delete(each);
                }
            }
            Files.delete(copied);
        }
    }

    Connection connection() {
        return connection;
    }

    private IOException failed(SQLException cause) {
        return new IOException(name + ": " + cause.getMessage(), cause);
    }

    public <T> List<T> query(Database.RowReader<T> reader, String sql, @Nullable Object... arguments)
            throws IOException {
        try {
            return Database.rows(connection, reader, sql, arguments);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The columns of a table; empty where there is no such table. */
    public List<String> columns(String table) throws IOException {
        return query(row -> row.getString(1), "SELECT name FROM pragma_table_info(?)", table);
    }

    @Override
    public void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        } finally {
            remove();
        }
    }
}
