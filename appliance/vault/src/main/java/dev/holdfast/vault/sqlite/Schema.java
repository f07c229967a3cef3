package dev.holdfast.vault.sqlite;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The schema of a SQLite database: the files {@code migrations/V<number>__<name>.sql} beside the class that owns it.
 * Which versions a release knows is read from these files, never counted elsewhere. Safe for use by several threads.
 */
public final class Schema {
    private static final Pattern NAME = Pattern.compile("V(\\d+)__\\w+\\.sql");

    /** What happens before a database is upgraded. */
    @FunctionalInterface
    public interface BeforeUpgrade {
        /** For databases that are copied elsewhere, or can be made again. */
        BeforeUpgrade NOTHING = (connection, from) -> {};

        /**
         * Called once, before anything is changed.
         *
         * @param from the schema version that the database has
         * @throws IOException where the upgrade must not begin
         */
        void prepare(Connection connection, int from) throws IOException, SQLException;
    }

    private final Class<?> owner;
    private final String location;

    /** @param owner beside whose class file the migrations lie */
    public Schema(Class<?> owner) {
        this.owner = owner;
        this.location = owner.getPackageName().replace('.', '/') + "/migrations";
    }

    /**
     * Brings a database up to date. Where there is nothing to do, the migration tool is not started.
     *
     * @param what what the database is, with its path, for messages
     * @param connection to the database
     * @param source of further connections to it
     * @param before called where an older release made the database
     * @throws FormatException where a release that knows more wrote it; nothing is changed then
     */
    public void bringUpToDate(String what, Connection connection, DataSource source, BeforeUpgrade before)
            throws IOException, SQLException {
        SortedSet<Integer> known = versions();
        SortedSet<Integer> applied = applied(connection);
        requireKnown(what, applied, known);
        if (applied.equals(known)) {
            return;
        }
        if (!applied.isEmpty()) {
            before.prepare(connection, applied.last());
        }
        try {
            Flyway.configure()
                    .dataSource(source)
                    .locations("classpath:" + location)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new IOException(
                    what + " could not be upgraded from schema version " + (applied.isEmpty() ? 0 : applied.last())
                            + " to " + known.last() + ": " + e.getMessage(),
                    e);
        }
    }

    private static void requireKnown(String what, SortedSet<Integer> applied, SortedSet<Integer> known)
            throws FormatException {
        SortedSet<Integer> unknown = new TreeSet<>(applied);
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw FormatException.tooNew(what + " was written by a newer release: it has schema version "
                    + unknown.last() + ", this release reads up to " + known.last()
                    + ". Run that release, or go back with it: holdfast appliance upgrade roll-back");
        }
    }

    /**
     * Reads the version of a database without changing it.
     *
     * @param what what the database is, with its path, for messages
     * @return 0 where no release has made it up to now
     * @throws FormatException where a release that knows more wrote it
     */
    public int require(String what, Path file) throws IOException {
        return version(what, file, true);
    }

    /** As {@link #require}, whoever wrote it. */
    public int version(String what, Path file) throws IOException {
        return version(what, file, false);
    }

    private int version(String what, Path file, boolean known) throws IOException {
        try (ReadOnlyDatabase database = new ReadOnlyDatabase(what, file)) {
            SortedSet<Integer> applied = applied(database.connection());
            if (known) {
                requireKnown(what, applied, versions());
            }
            return applied.isEmpty() ? 0 : applied.last();
        } catch (SQLException e) {
            throw new IOException(what + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static SortedSet<Integer> applied(Connection connection) throws SQLException {
        SortedSet<Integer> versions = new TreeSet<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows =
                    statement.executeQuery("SELECT count(*) FROM sqlite_master WHERE name = 'flyway_schema_history'")) {
                if (rows.getInt(1) == 0) {
                    return versions;
                }
            }
            try (ResultSet rows = statement.executeQuery("SELECT CAST(version AS INTEGER) FROM flyway_schema_history"
                    + " WHERE success = 1 AND version IS NOT NULL")) {
                while (rows.next()) {
                    versions.add(rows.getInt(1));
                }
            }
        }
        return versions;
    }

    /** The numbers of the files, ascending. */
    public SortedSet<Integer> versions() throws IOException {
        URL place = Objects.requireNonNull(owner.getResource("migrations"), location);
        SortedSet<Integer> found = new TreeSet<>();
        for (String name : names(place)) {
            Matcher matcher = NAME.matcher(name);
            if (matcher.matches()) {
                found.add(Integer.parseInt(matcher.group(1)));
            }
        }
        return found;
    }

    private List<String> names(URL place) throws IOException {
        if (place.openConnection() instanceof JarURLConnection jar) {
            // The class loader's own handle of the file: it stays open.
            return jar.getJarFile().stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith(location + "/"))
                    .map(name -> name.substring(location.length() + 1))
                    .toList();
        }
        try (Stream<Path> files = Files.list(Path.of(place.toURI()))) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (URISyntaxException e) {
            throw new IOException(place + " is not a place of files", e);
        }
    }
}
