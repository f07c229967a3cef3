package dev.holdfast.server.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control databases of older, of this, and of newer releases. */
class MigrationsTest {
    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("control.db");
    }

    @Test
    void whatIsExpectedIsWhatThereIs() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/" + Migrations.LOCATION))) {
            assertThat(Migrations.versions()).hasSize((int) files.count());
        }
        new ControlDb(file()).close();
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = raw.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM flyway_schema_history")) {
            assertThat(rows.getInt(1)).isEqualTo(Migrations.versions().size());
        }
    }

    @Test
    void theyAreFoundInAnArchiveToo() throws Exception {
        Path jar = directory.resolve("server.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out)) {
            String own = Migrations.class.getName().replace('.', '/') + ".class";
            entries.putNextEntry(new JarEntry(own));
            try (var in = Migrations.class.getClassLoader().getResourceAsStream(own)) {
                in.transferTo(entries);
            }
            for (String each : new String[] {"", "V1__a.sql", "V12__b.sql", "notes.txt"}) {
                entries.putNextEntry(new JarEntry(Migrations.LOCATION + "/" + each));
                entries.closeEntry();
            }
        }
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            var versions = loader.loadClass(Migrations.class.getName()).getDeclaredMethod("versions");
            versions.setAccessible(true);
            assertThat(versions.invoke(null)).hasToString("[1, 12]");
        }
    }

    @Test
    void aDatabaseOfANewerReleaseIsRefused() throws Exception {
        new ControlDb(file()).close();
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = raw.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO flyway_schema_history SELECT installed_rank + 100, '999', 'later', type, 'V999__later.sql', 0,"
                            + " installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
        }
        assertThatThrownBy(() -> new ControlDb(file()))
                .hasMessageContaining("written by a newer release")
                .hasMessageContaining("[999]");
    }

    @Test
    void aDatabaseOfAnOlderReleaseIsBroughtUpToDate() throws Exception {
        Flyway.configure()
                .dataSource("jdbc:sqlite:" + file(), null, null)
                .locations("classpath:" + Migrations.LOCATION)
                .target("3")
                .load()
                .migrate();
        try (ControlDb control = new ControlDb(file())) {
            control.audit("ann", "act", "", "allowed");
            assertThat(control.auditLog(10)).hasSize(1);
        }
    }
}
