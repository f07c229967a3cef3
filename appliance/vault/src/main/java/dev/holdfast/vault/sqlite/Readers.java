package dev.holdfast.vault.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Connections to a database that only read, beside the one that writes: long lists for people do not hold up changes.
 * that runs has one for itself; some are kept for the next. None is opened before the first query. Safe for use by
 * several threads.
 */
final class Readers {
    private static final int MAX_IDLE = 4;

    private final SQLiteDataSource source;
    private final List<Connection> idle = new ArrayList<>();
    private boolean closed;

    Readers(Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(Database.BUSY_MILLIS);
        source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
    }

    <T> List<T> query(Database.RowReader<T> reader, String sql, @Nullable Object... arguments) throws SQLException {
        Connection connection = take();
        try {
            return Database.rows(connection, reader, sql, arguments);
        } finally {
            giveBack(connection);
        }
    }

    private Connection take() throws SQLException {
        synchronized (this) {
            if (closed) {
                throw new SQLException("closed");
            }
            if (!idle.isEmpty()) {
                return idle.removeLast();
            }
        }
        return source.getConnection();
    }

    private void giveBack(Connection connection) throws SQLException {
        synchronized (this) {
            if (!closed && idle.size() < MAX_IDLE) {
                idle.add(connection);
                return;
            }
        }
        connection.close();
    }

    synchronized void close() throws SQLException {
        closed = true;
        for (Connection each : idle) {
            each.close();
        }
        idle.clear();
    }
}
