package dev.holdfast.vault.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.vault.journal.Journal;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vault's journal of older, of this, and of newer releases; where versions are looked for. */
class SchemaTest {
    private static final String LOCATION = "dev/holdfast/vault/journal/migrations";

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("journal.db");
    }

    private List<String> query(String sql) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = raw.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new java.util.ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    private void update(String sql) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = raw.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    @Test
    void everyMigrationFileIsApplied() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/" + LOCATION))) {
            assertThat(new Schema(Journal.class).versions()).hasSize((int) files.count());
        }
        new Journal(file()).close();
        assertThat(query("SELECT version FROM flyway_schema_history ORDER BY installed_rank"))
                .isEqualTo(new Schema(Journal.class)
                        .versions().stream().map(String::valueOf).toList());
    }

    @Test
    void journalOfEveryOlderVersionIsUpgradedToTheSameSchema() throws Exception {
        String schema = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
        new Journal(file()).close();
        List<String> current = query(schema);
        for (int version : new Schema(Journal.class).versions()) {
            Files.delete(file());
            Flyway.configure()
                    .dataSource("jdbc:sqlite:" + file(), null, null)
                    .locations("classpath:" + LOCATION)
                    .target(Integer.toString(version))
                    .load()
                    .migrate();
            update(
                    "INSERT INTO container(number, id, epoch, bytes, object_bytes, sha256) VALUES (7, 'c', 1, 2, 3, 'ab')");
            new Journal(file()).close();
            assertThat(query(schema)).isEqualTo(current);
            assertThat(query("SELECT id FROM container")).containsExactly("c");
        }
    }

    @Test
    void newerJournalIsRefusedAndLeftAsItIs() throws Exception {
        new Journal(file()).close();
        update("INSERT INTO flyway_schema_history SELECT 100, '999', 'later', type, 'V999__later.sql', 0, installed_by,"
                + " installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
        List<String> before = query("SELECT version FROM flyway_schema_history");
        assertThatThrownBy(() -> new Journal(file()))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW))
                .hasMessageContaining("vault journal " + file() + " was written by a newer release")
                .hasMessageContaining("version 999");
        assertThat(query("SELECT version FROM flyway_schema_history")).isEqualTo(before);
    }

    /** Owner of the migrations in an archive. */
    public static final class Owner {}

    @Test
    void versionsAreFoundInAnArchive() throws Exception {
        Path jar = directory.resolve("owner.jar");
        String own = Owner.class.getName().replace('.', '/') + ".class";
        String migrations = Owner.class.getPackageName().replace('.', '/') + "/migrations/";
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            entries.putNextEntry(new JarEntry(own));
            try (var in = Owner.class.getClassLoader().getResourceAsStream(own)) {
                in.transferTo(entries);
            }
            for (String each : new String[] {"", "V1__a.sql", "V12__b.sql", "notes.txt"}) {
                entries.putNextEntry(new JarEntry(migrations + each));
                entries.closeEntry();
            }
        }
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            assertThat(new Schema(loader.loadClass(Owner.class.getName())).versions())
                    .containsExactly(1, 12);
        }
    }
}
