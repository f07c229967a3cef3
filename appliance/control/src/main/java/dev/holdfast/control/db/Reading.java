package dev.holdfast.control.db;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Connections that only read, beside the one that writes: long lists for people do not hold up what nodes ask for. One for each
 * query that runs, and some kept for the next. Safe for use by several threads.
 */
final class Reading implements AutoCloseable {
    private static final int KEPT = 4;
    private static final int BUSY_MILLIS = 10_000;

    private final SQLiteDataSource source;
    private final List<Connection> idle = new ArrayList<>();
    private boolean closed;

    Reading(Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(BUSY_MILLIS);
        source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
    }

    <T> List<T> query(ControlDb.Reader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        try {
            Connection connection = take();
            List<T> found = new ArrayList<>();
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < arguments.length; i++) {
                    statement.setObject(i + 1, arguments[i]);
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        found.add(reader.read(rows));
                    }
                }
            } finally {
                giveBack(connection);
            }
            return found;
        } catch (SQLException e) {
            throw new IOException("control database: " + e.getMessage(), e);
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
            if (!closed && idle.size() < KEPT) {
                idle.add(connection);
                return;
            }
        }
        connection.close();
    }

    @Override
    public synchronized void close() throws SQLException {
        closed = true;
        for (Connection each : idle) {
            each.close();
        }
        idle.clear();
    }
}
