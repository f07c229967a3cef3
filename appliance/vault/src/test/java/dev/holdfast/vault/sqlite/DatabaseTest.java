package dev.holdfast.vault.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.vault.journal.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions, readers beside a writer, deleted rows, files that do not open. */
class DatabaseTest {
    /** A real schema: that of the vault's journal. */
    private static final Schema SCHEMA = new Schema(Journal.class);

    private static final String INSERT = "INSERT INTO state(name, value) VALUES (?, ?)";

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void place() {
        file = directory.resolve("some.db");
    }

    private Database open() throws IOException {
        return new Database("some database", file, SCHEMA, "restore a copy of it");
    }

    private static List<String> names(Database database) throws IOException {
        return database.query(row -> row.getString(1), "SELECT name FROM state ORDER BY name");
    }

    @Test
    void failedTransactionChangesNothing() throws Exception {
        try (Database database = open()) {
            database.inTransaction(() -> database.update(INSERT, "a", "1"));
            assertThatThrownBy(() -> database.inTransaction(() -> {
                        database.updateWithoutFlush(INSERT, "b", "2");
                        throw new IOException("stop");
                    }))
                    .hasMessage("stop");
            assertThat(names(database)).containsExactly("a");
            assertThat(database.<Integer>fromTransaction(() -> database.update(INSERT, "c", "3")))
                    .isEqualTo(1);
            assertThat(database.first(row -> row.getString(1), "SELECT value FROM state WHERE name = ?", "c"))
                    .contains("3");
        }
    }

    @Test
    void transactionWithinATransactionIsRefusedAndNothingChanged() throws Exception {
        try (Database database = open()) {
            assertThatThrownBy(() -> database.inTransaction(() -> {
                        database.update(INSERT, "a", "1");
                        database.inTransaction(() -> database.update(INSERT, "b", "2"));
                    }))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(names(database)).isEmpty();
        }
    }

    @Test
    void readersDoNotWaitForATransaction() throws Exception {
        try (Database database = open()) {
            database.inTransaction(() -> {
                database.update(INSERT, "a", "1");
                List<String> seen = CompletableFuture.supplyAsync(() -> {
                            try {
                                return database.read(row -> row.getString(1), "SELECT name FROM state");
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        })
                        .join();
                assertThat(seen).isEmpty();
            });
            assertThat(database.read(row -> row.getString(1), "SELECT name FROM state"))
                    .containsExactly("a");
            assertThatThrownBy(() -> database.read(row -> 1, "DELETE FROM state"))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("some database: ");
        }
    }

    @Test
    void deletedRowsLeaveTheFileAndItsCopies() throws Exception {
        String secret = "a-value-that-nobody-else-writes";
        Path copy = directory.resolve("copy.db");
        try (Database database = open()) {
            database.updateWithoutFlush(INSERT, "a", secret);
            database.updateWithoutFlush("DELETE FROM state");
            database.copyTo(copy);
            assertThat(database.integrityFaults()).isEmpty();
        }
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain(secret);
        assertThat(Files.readString(copy, StandardCharsets.ISO_8859_1)).doesNotContain(secret);
    }

    @Test
    void newFileIsItsOwners() throws Exception {
        open().close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void fileThatIsNoDatabaseIsRefusedWithWhatToDo() throws Exception {
        Files.writeString(file, "no database at all, but long enough to look like one".repeat(100));
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("some database " + file + " does not open: ")
                .hasMessageEndingWith("; restore a copy of it");
    }

    @Test
    void errorsNameTheDatabase() throws Exception {
        try (Database database = open();
                Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = other.createStatement()) {
            statement.execute("DROP TABLE state");
            assertThatThrownBy(() -> database.update(INSERT, "a", "1"))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("some database: ");
        }
    }

    @Test
    void insertedRowsAreNumbered() throws Exception {
        try (Database database = open()) {
            database.update("CREATE TABLE numbered (id INTEGER PRIMARY KEY, word TEXT)");
            assertThat(database.insert("INSERT INTO numbered(word) VALUES (?)", "a"))
                    .isEqualTo(1);
            assertThat(database.insert("INSERT INTO numbered(word) VALUES (?)", (Object) null))
                    .isEqualTo(2);
            assertThat(database.query(row -> Database.longOrNull(row, 1), "SELECT word FROM numbered WHERE id = 2"))
                    .containsExactly((Long) null);
        }
    }
}
