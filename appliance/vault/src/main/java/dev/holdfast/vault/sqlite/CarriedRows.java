package dev.holdfast.vault.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sqlite.SQLiteConfig;

/**
 * Rows of one database that are carried over to another one of an older schema, column by column as far as the older schema has
 * them. Used by one thread, which closes it; what was not committed by then is undone.
 */
public final class CarriedRows implements AutoCloseable {
    private final Path to;
    private final Connection connection;

    /**
     * Opens both.
     *
     * @param from is only read
     * @param to is changed
     */
    public CarriedRows(Path from, Path to) throws IOException {
        this.to = to;
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(Database.BUSY_MILLIS);
        // Rows come table by table.
        config.enforceForeignKeys(false);
        try {
            connection = config.createConnection("jdbc:sqlite:" + to);
            try (PreparedStatement attach = connection.prepareStatement("ATTACH ? AS newer")) {
                attach.setString(1, from.toString());
                attach.execute();
            }
            connection.setAutoCommit(false);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private IOException failed(SQLException cause) {
        return new IOException(to + ": " + cause.getMessage(), cause);
    }

    /** Columns that both have, by their names; empty where one of them lacks the table. */
    private List<String> columns(String table) throws SQLException {
        TreeMap<String, Integer> found = new TreeMap<>();
        for (String schema : List.of("main", "newer")) {
            try (PreparedStatement names = connection.prepareStatement("SELECT name FROM pragma_table_info(?, ?)")) {
                names.setString(1, table);
                names.setString(2, schema);
                try (ResultSet rows = names.executeQuery()) {
                    while (rows.next()) {
                        found.merge('"' + rows.getString(1) + '"', 1, Integer::sum);
                    }
                }
            }
        }
        return found.entrySet().stream()
                .filter(each -> each.getValue() == 2)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Makes every row of a table what the newer database has; rows that only the older one has stay. Returns how many changed. */
    public long carry(String table) throws IOException {
        try (Statement statement = connection.createStatement()) {
            List<String> columns = columns(table);
            if (columns.isEmpty()) {
                return 0;
            }
            String list = String.join(", ", columns);
            return statement.executeUpdate("INSERT OR REPLACE INTO main." + table + " (" + list + ") SELECT " + list
                    + " FROM newer." + table + " EXCEPT SELECT " + list + " FROM main." + table);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The keys of rows that the older database lacks, or has otherwise; at most so many. */
    public List<String> differing(String table, String key, int most) throws IOException {
        try (Statement statement = connection.createStatement()) {
            List<String> columns = columns(table);
            List<String> keys = new ArrayList<>();
            if (columns.isEmpty()) {
                return keys;
            }
            String list = String.join(", ", columns);
            try (ResultSet rows = statement.executeQuery("SELECT " + key + " FROM (SELECT " + list + " FROM newer."
                    + table + " EXCEPT SELECT " + list + " FROM main." + table + ") ORDER BY 1 LIMIT " + most)) {
                while (rows.next()) {
                    keys.add(rows.getString(1));
                }
            }
            return keys;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** How many rows of a table have a higher number than any that the older database has. */
    public long later(String table) throws IOException {
        try (Statement statement = connection.createStatement()) {
            if (columns(table).isEmpty()) {
                return 0;
            }
            try (ResultSet row = statement.executeQuery("SELECT count(*) FROM newer." + table
                    + " WHERE id > (SELECT coalesce(max(id), 0) FROM main." + table + ")")) {
                return row.getLong(1);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Changes rows of the older database; the newer one is called {@code newer}. */
    public long update(String sql) throws IOException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Makes the changes durable.
     *
     * @throws IOException where the result is not whole; nothing is changed then
     */
    public void commit() throws IOException {
        try (Statement statement = connection.createStatement();
                ResultSet fault = statement.executeQuery("PRAGMA main.integrity_check")) {
            String first = fault.getString(1);
            if (!first.equals("ok")) {
                throw new IOException(to + " would be damaged: " + first);
            }
            connection.commit();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            connection.rollback();
            connection.close();
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
