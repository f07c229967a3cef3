package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.vault.sqlite.Schema;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Control databases of every schema version, kept in the tree as that version's release left them: each later release opens
 * them. That of a new version is made once by this class where {@code -Dholdfast.golden.control=DIR} names a place.
 */
class MigrationsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/control");
    private static final String LOCATION = "dev/holdfast/control/db/migrations";
    private static final String TABLES =
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'flyway%' ORDER BY name";

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("control.db");
    }

    private static SortedSet<Integer> versions() throws Exception {
        return new Schema(ControlDb.class).versions();
    }

    private static List<String> query(Path file, String sql) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = raw.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    private static void update(Path file, String... statements) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = raw.createStatement()) {
            for (String sql : statements) {
                statement.executeUpdate(sql);
            }
        }
    }

    @Test
    void everyVersionHasAGoldenDatabase() throws Exception {
        String make = System.getProperty("holdfast.golden.control");
        if (make != null) {
            for (int version : versions()) {
                make(Path.of(make), version);
            }
        }
        try (Stream<Path> files = Files.list(GOLDEN)) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .as("make the missing one with -Dholdfast.golden.control=DIR, and never replace another")
                    .containsExactlyInAnyOrderElementsOf(versions().stream()
                            .map(version -> "v" + version + ".db.gz")
                            .toList());
        }
    }

    private void make(Path golden, int version) throws Exception {
        Path made = directory.resolve("made-" + version + ".db");
        Flyway.configure()
                .dataSource("jdbc:sqlite:" + made, null, null)
                .locations("classpath:" + LOCATION)
                .target(Integer.toString(version))
                .load()
                .migrate();
        update(
                made,
                "INSERT INTO node(name, platform, fingerprint, enrolled_at, revoked_at) VALUES ('mail', 'linux', 'aa', 1000,"
                        + " NULL), ('old', 'linux', 'bb', 1000, 2000)",
                "INSERT INTO token(hash, created_at, expires_at) VALUES ('cc', 1000, 4102444800000)",
                "INSERT INTO task(node_id, kind, description, state, started_at, finished_at, snapshot) VALUES (1, 'backup',"
                        + " 'backup of /home', 'done', 1000, 2000, '6f1fb8a0-0000-4000-8000-000000000001')",
                "INSERT INTO audit(at, actor, action, object, outcome) VALUES (1000, 'mail', 'enroll', 'mail', 'allowed')");
        if (version >= 3) {
            update(
                    made,
                    "INSERT INTO policy VALUES ('office', '{}')",
                    "INSERT INTO policy_node VALUES (1, 'office')",
                    "INSERT INTO snapshot_mark(id, node_id, hold) VALUES ('6f1fb8a0-0000-4000-8000-000000000001', 1, 'audit')",
                    "INSERT INTO event(at, severity, kind, node_id, message) VALUES (1000, 'alert', 'brake', 1, 'odd')");
        }
        if (version >= 4) {
            update(
                    made,
                    "INSERT INTO plan(name, settings, paused) VALUES ('nightly', '{}', 1)",
                    "INSERT INTO plan_node(plan, node_id, bound_at, dealt) VALUES ('nightly', 1, 1000, 1000)");
        }
        if (version >= 5) {
            update(
                    made,
                    "INSERT INTO user(name, password, role, created_at) VALUES ('ann', 'x', 'administrator', 1000)");
        }
        if (version >= 13) {
            update(
                    made,
                    "INSERT INTO holder(node_id, instance, machine, boot, counter, address, seen_at) VALUES (1,"
                            + " '6f1fb8a0-0000-4000-8000-000000000002', 'aa', 'bb', 7, '192.0.2.1', 1000)");
        }
        if (version >= 14) {
            update(
                    made,
                    "UPDATE node SET certificate_ends_at = 3000 WHERE id = 1",
                    "INSERT INTO node_certificate(node_id, fingerprint, ends_at) VALUES (1, 'cc', 4102444800000)",
                    "UPDATE token SET created_by = 'ann', revoked_at = 2000");
        }
        if (version >= 15) {
            update(
                    made,
                    "UPDATE node SET software = 'holdfast/0.1.0', protocol = 5 WHERE id = 1",
                    "UPDATE node SET retired_at = 2000 WHERE id = 2");
        }
        if (version >= 16) {
            update(
                    made,
                    "INSERT INTO task(node_id, kind, description, argument, state, requested_by, queued_at, step) VALUES (1,"
                            + " 'upgrade', 'client', '{\"version\":\"1.2.0\"}', 'failed', 'plan nightly', 1000, 'installing')");
        }
        if (version >= 17) {
            update(
                    made,
                    "INSERT INTO damage(kind, file, what, found_at, task_id) VALUES ('chunk', '/v/0000002a.hfc', 'is bad', 1000, 1)",
                    "INSERT INTO damage_hurt(snapshot, path, node_id, more, since, damage_id) VALUES"
                            + " ('6f1fb8a0-0000-4000-8000-000000000001', '/home/a', 1, 0, 1000, 1)",
                    "INSERT INTO damage_healed(at, what, how, task_id) VALUES (1000, 'container 00000001', 'from vault v', 1)");
        }
        if (version >= 18) {
            update(
                    made,
                    "INSERT INTO task(node_id, kind, description, state, requested_by, queued_at, step, rate, told_at, files,"
                            + " scanned, transferred, path) VALUES (1, 'backup', 'office', 'running', 'ann', 1000, 'bytes seen',"
                            + " 12.5, 2000, 3, 40, 30, '/home/ann/thesis.odt')",
                    "UPDATE node SET restore_below = '[\"/restore\"]' WHERE id = 1");
        }
        if (version >= 19) {
            update(
                    made,
                    "INSERT INTO node_tag(node_id, tag) VALUES (1, 'production')",
                    "UPDATE token SET tags = '[\"shanghai\"]'");
        }
        if (version >= 20) {
            String phrase = "'{\"code\":\"plain\",\"args\":{\"text\":\"odd\"}}'";
            update(
                    made,
                    "UPDATE event SET phrase = " + phrase,
                    "UPDATE task SET reason = 'odd', reason_phrase = " + phrase + " WHERE id = 1",
                    "UPDATE damage_healed SET what_phrase = " + phrase + ", how_phrase = " + phrase,
                    "INSERT INTO suspension(node_id, since, reason, reason_phrase) VALUES (1, 1000, 'odd', " + phrase
                            + ")",
                    "INSERT INTO brake(node_id, since, reason, reason_phrase) VALUES (1, 1000, 'odd', " + phrase + ")");
        }
        if (version >= 21) {
            update(
                    made,
                    "INSERT INTO usage_history(node_id, day, at, stored, own) VALUES (1, 20000, 1728000001000, 30, 20)");
        }
        if (version >= 22) {
            String phrase = "'{\"code\":\"task.cancelled\",\"args\":{}}'";
            update(
                    made,
                    "UPDATE node SET unplanned_at = 1000",
                    "INSERT INTO task_log(task_id, at, line, phrase) VALUES (1, 1000, 'odd', NULL), (1, 1000, 'it was cancelled', "
                            + phrase + ")",
                    "INSERT INTO alert_channel(name, settings, delivered, error, error_phrase) VALUES ('ops', '{}', 0,"
                            + " 'it was cancelled', " + phrase + ")");
        }
        if (version >= 23) {
            update(
                    made,
                    "INSERT INTO recovery_interval(node_id, plan, day, seconds, runs) VALUES (1, 'p', 20000, 75, 3)",
                    "UPDATE task SET folded = 59, folded_bytes = 1000, folded_scanned = 2000,"
                            + " folded_transferred = 300, folded_millis = 60000 WHERE id = 1");
        }
        if (version >= 24) {
            update(
                    made,
                    "INSERT INTO token(hash, created_at, expires_at, used_at, used_by, restores) VALUES ('restoring', 1000, 2000,"
                            + " 1500, 1, '[1]')",
                    "INSERT INTO restore_access(fingerprint, node_id, token, created_at, ends_at) VALUES ('ee', 1, 'restoring',"
                            + " 1500, 4102444800000)");
        }
        Files.createDirectories(golden);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(golden.resolve("v" + version + ".db.gz")))) {
            Files.copy(made, out);
        }
    }

    static List<Integer> known() throws Exception {
        return List.copyOf(versions());
    }

    @ParameterizedTest
    @MethodSource("known")
    void databaseOfThisVersionIsUpgradedWithAllItsContent(int version) throws Exception {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(GOLDEN.resolve("v" + version + ".db.gz")))) {
            Files.copy(in, file());
        }
        Path fresh = directory.resolve("fresh.db");
        new ControlDb(fresh).close();
        try (ControlDb control = new ControlDb(file(), InstantSource.system())) {
            assertThat(control.nodes().list()).extracting(Node::name).containsExactly("mail", "old");
            assertThat(control.nodes().list()).extracting(Node::active).containsExactly(true, false);
            assertThat(control.taskHistory().lastDone(TaskKind.BACKUP)).isEqualTo(2000);
            assertThat(control.audit().newest(10)).hasSize(1);
            assertThat(control.recovery().intervals(0))
                    .isEqualTo(
                            version >= 23
                                    ? Map.of(new RecoveryTable.Series(1, "p"), new TreeMap<>(Map.of(75L, 3L)))
                                    : Map.of());
            control.history().sample(1, 2, 3);
            control.audit().append("ann", "act", "", "allowed");
            control.events().raise(Events.Severity.INFO, "test", 1, Phrase.plain("works"));
            assertThat(control.events().list(false, 10)).hasSize(version >= 3 ? 2 : 1);
            Optional<Phrase> odd = version >= 20 ? Optional.of(Phrase.plain("odd")) : Optional.empty();
            if (version >= 3) {
                assertThat(Optional.ofNullable(
                                control.events().list(false, 10).getLast().phrase()))
                        .isEqualTo(odd);
            }
            assertThat(control.tasks().find(1).map(Task::phrase)).isEqualTo(odd);
            assertThat(control.suspensions().find(1).map(SuspensionTable.Suspension::phrase))
                    .isEqualTo(odd);
            assertThat(control.events().retentionPause(1).map(Events.Pause::phrase))
                    .isEqualTo(odd);
            Phrase cancelled = Phrase.of("task.cancelled");
            assertThat(control.tasks().log(1))
                    .extracting(TaskTable.Line::phrase)
                    .isEqualTo(version >= 22 ? Arrays.asList(null, cancelled) : List.of());
            assertThat(control.alertChannels().all())
                    .extracting(AlertChannels.Row::errorPhrase)
                    .isEqualTo(version >= 22 ? List.of(cancelled) : List.of());
            assertThat(control.plans().all()).hasSize(version >= 4 ? 1 : 0);
            assertThat(control.plans().bindings()).hasSize(version >= 4 ? 1 : 0);
            assertThat(control.policies().of(1)).isEqualTo(version >= 3 ? Optional.of("office") : Optional.empty());
            assertThat(control.users().all()).hasSize(version >= 5 ? 1 : 0);
            assertThat(control.holders().of(1)).hasSize(version >= 13 ? 1 : 0);
            assertThat(control.nodes().list().getFirst().certificateEndsAt().toEpochMilli())
                    .isEqualTo(
                            version >= 14
                                    ? 3000
                                    : 1000 + Duration.ofDays(5 * 365).toMillis());
            assertThat(control.nodes().list()).extracting(Node::protocol).containsExactly(version >= 15 ? 5 : 0, 0);
            assertThat(control.nodes().list().getLast().retiredAt() != null).isEqualTo(version >= 15);
            assertThat(control.nodes().admits(1, "cc")).isEqualTo(version >= 14);
            assertThat(control.tokens().open()).hasSize(version >= 24 || version < 14 ? 1 : 0);
            assertThat(control.restoreAccess().nodes("ee"))
                    .extracting(Node::name)
                    .isEqualTo(version >= 24 ? List.of("mail") : List.of());
            assertThat(control.orders().attempts(new TaskSpec.Upgrade(new ReleaseVersion("1.2.0"))))
                    .hasSize(version >= 16 ? 1 : 0);
            assertThat(control.damage().any()).isEqualTo(version >= 17);
            assertThat(control.damage().nodes())
                    .extracting(each -> each.node() + " " + each.files())
                    .isEqualTo(version >= 17 ? List.of("mail 1") : List.of());
            assertThat(control.damage().healed(10)).hasSize(version >= 17 ? 1 : 0);
            assertThat(control.nodes().restoresBelow(1))
                    .isEqualTo(version >= 18 ? Optional.of(List.of("/restore")) : Optional.empty());
            assertThat(control.nodes().restoresBelow(2)).isEmpty();
            assertThat(control.taskHistory().list(1).getFirst().figures())
                    .isEqualTo(version >= 18 ? new Task.Figures(3, 40, 30, "/home/ann/thesis.odt") : null);
            assertThat(control.nodeTags().of(1)).isEqualTo(version >= 19 ? List.of("production") : List.of());
            assertThat(control.usage().history(100_000, null)).hasSize(version >= 21 ? 1 : 0);
            // It never had a plan.
            assertThat(control.plans().noneSince(2)).contains(Instant.ofEpochMilli(1000));
            assertThat(control.integrityFaults()).isEmpty();
        }
        assertThat(query(file(), TABLES)).isEqualTo(query(fresh, TABLES));
        assertThat(query(file(), "PRAGMA foreign_key_check")).isEmpty();
        assertThat(query(file(), "SELECT version FROM flyway_schema_history ORDER BY installed_rank"))
                .isEqualTo(versions().stream().map(String::valueOf).toList());
    }

    @Test
    void newerDatabaseIsRefusedAndNotReplacedByACopy() throws Exception {
        ControlCopies copies = new ControlCopies(directory.resolve("copies"), InstantSource.system());
        try (ControlDb control = new ControlDb(file())) {
            copies.keep(control);
        }
        update(
                file(),
                "INSERT INTO flyway_schema_history SELECT installed_rank + 100, '999', 'later', type, 'V999__later.sql', 0,"
                        + " installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
        byte[] before = Files.readAllBytes(file());
        assertThatThrownBy(() -> copies.open(file()))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW))
                .hasMessageContaining("control database " + file() + " was written by a newer release")
                .hasMessageContaining("version 999");
        assertThat(Files.readAllBytes(file())).isEqualTo(before);
    }
}
