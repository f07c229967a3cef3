package dev.holdfast.control.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.UpgradeCopies;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.vault.journal.Journal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Upgrades and ways back, with the control databases that older releases left. */
class UpgradeTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/control");
    private static final UUID SNAPSHOT = UUID.fromString("6f1fb8a0-0000-4000-8000-00000000000f");

    @TempDir
    private Path work;

    private DataDirectory directory;
    private Path root;

    @BeforeEach
    void make() throws IOException {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        root = directory.root();
    }

    private void golden(int version) throws IOException {
        Files.deleteIfExists(directory.controlDb());
        try (InputStream in = new GZIPInputStream(Files.newInputStream(GOLDEN.resolve("v" + version + ".db.gz")))) {
            Files.copy(in, directory.controlDb());
        }
    }

    private ControlDb open() throws IOException {
        return new ControlDb(directory.controlDb());
    }

    private List<UpgradeCopies.Copy> copies() throws IOException {
        return new UpgradeCopies(root.resolve(ControlCopies.DIRECTORY), InstantSource.system()).list();
    }

    private static int newest() throws IOException {
        return ControlDb.schema().versions().last();
    }

    static List<Integer> older() throws IOException {
        return List.copyOf(ControlDb.schema().versions().headSet(newest()));
    }

    private static void update(Path file, String sql) throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = raw.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static void makeNewer(Path file) throws Exception {
        update(
                file,
                "INSERT INTO flyway_schema_history SELECT installed_rank + 100, '999', 'later', type, 'V999__later.sql', 0,"
                        + " installed_by, installed_on, 1, 1 FROM flyway_schema_history WHERE version = '1'");
    }

    /** Each file with its size and time of change. */
    private Map<String, String> tree() throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path each : files.toList()) {
                tree.put(
                        each.toString(),
                        (Files.isDirectory(each) ? "" : Files.size(each)) + " " + Files.getLastModifiedTime(each));
            }
        }
        return tree;
    }

    @ParameterizedTest
    @MethodSource("older")
    void olderDatabaseIsCopiedBeforeItIsUpgraded(int version) throws IOException {
        golden(version);
        FormatCheck.Report before = FormatCheck.look(root);
        assertThat(before.all(Format.State.UPGRADED)).singleElement().satisfies(each -> {
            assertThat(each.found()).isEqualTo("schema " + version);
            assertThat(each.detail()).startsWith("to schema " + newest()).contains("copied first");
        });
        assertThat(before.copies()).isEmpty();
        open().close();
        assertThat(copies()).singleElement().satisfies(copy -> {
            assertThat(copy.schema()).isEqualTo(version);
            assertThat(copy.journals()).isZero();
            assertThat(ControlDb.schema().version("copy", copy.file())).isEqualTo(version);
        });
        assertThat(FormatCheck.look(root).all(Format.State.UPGRADED)).isEmpty();
        // The next start upgrades nothing.
        open().close();
        assertThat(copies()).hasSize(1);
    }

    @Test
    void onlyTheNewestCopiesAreKept() throws IOException {
        for (int version : older().subList(0, 5)) {
            golden(version);
            new ControlDb(
                            directory.controlDb(),
                            InstantSource.fixed(
                                    Instant.parse("2026-01-01T00:00:00Z").plusSeconds(version)))
                    .close();
        }
        assertThat(copies()).extracting(UpgradeCopies.Copy::schema).containsExactly(3, 4, 5);
    }

    @Test
    void copyThatCannotBeMadeKeepsTheDatabaseAsItIs() throws IOException {
        golden(13);
        Files.writeString(root.resolve(ControlCopies.DIRECTORY), "not a directory");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class);
        assertThat(ControlDb.schema().version("database", directory.controlDb()))
                .isEqualTo(13);
    }

    @Test
    void checkFindsEverythingReadableAndChangesNothing() throws IOException {
        open().close();
        Files.createDirectory(root.resolve("vault"));
        new Journal(root.resolve("vault/journal.db")).close();
        Map<String, String> before = tree();
        FormatCheck.Report report = FormatCheck.look(root);
        assertThat(report.formats())
                .extracting(Format::what)
                .contains("settings", "keyring", "control database", "vault journal", "volume 0");
        assertThat(report.formats()).allMatch(each -> each.state() == Format.State.READABLE);
        FormatCheck.require(root);
        assertThat(tree()).isEqualTo(before);
    }

    @Test
    void whatANewerReleaseWroteIsRefusedWithTheWayBack() throws Exception {
        golden(13);
        open().close();
        WrittenBy.note(root, Instant.parse("2026-11-28T01:00:00Z"));
        makeNewer(directory.controlDb());
        byte[] before = Files.readAllBytes(directory.controlDb());
        assertThatThrownBy(() -> FormatCheck.require(root))
                .isInstanceOfSatisfying(
                        FormatException.class, e -> assertThat(e.problem()).isEqualTo(FormatException.Problem.TOO_NEW))
                .hasMessageContaining("was written by release 0.1.0 (since 2026-11-28T01:00:00Z)")
                .hasMessageContaining("schema version 999")
                .hasMessageContaining("Nothing was changed")
                .hasMessageContaining("before-upgrade-v13-j0-")
                .hasMessageContaining("upgrade roll-back --dry-run");
        assertThat(Files.readAllBytes(directory.controlDb())).isEqualTo(before);
    }

    @Test
    void everyFormatOfANewerReleaseIsFound() throws Exception {
        open().close();
        Files.createDirectory(root.resolve("vault"));
        Path journal = root.resolve("vault/journal.db");
        new Journal(journal).close();
        makeNewer(journal);
        Path volume = root.resolve("volumes/0");
        Files.writeString(volume.resolve("volume.json"), "{\"format\":\"holdfast-volume\",\"version\":9}");
        Path keyring = root.resolve("keys/keyring.json");
        Files.writeString(
                keyring, Files.readString(keyring).replaceFirst("\"version\"\\s*:\\s*\\d+", "\"version\" : 9"));
        Path audit = root.resolve("audit");
        Files.createDirectories(audit);
        Files.write(
                audit.resolve("0000000000000001-0000000000000002.hfa"),
                new byte[] {'H', 'F', 'A', 'U', 'D', 'T', '\r', '\n', 0, 9});
        assertThat(FormatCheck.look(root).all(Format.State.TOO_NEW))
                .extracting(Format::what)
                .containsExactlyInAnyOrder("vault journal", "volume 0", "keyring", "audit segments");
        Files.writeString(root.resolve("appliance.json"), "{\"version\":9}");
        assertThat(FormatCheck.look(root).all(Format.State.TOO_NEW))
                .extracting(Format::what)
                .contains("settings");
    }

    @Test
    void missingVolumeAndDamageAreTold() throws IOException {
        open().close();
        Files.delete(root.resolve("volumes/0/volume.json"));
        Path manifest = root.resolve("manifests/00000001/" + SNAPSHOT + ".hfs");
        Files.createDirectories(manifest.getParent());
        Files.write(manifest, new byte[10]);
        FormatCheck.Report report = FormatCheck.look(root);
        assertThat(report.all(Format.State.MISSING)).extracting(Format::what).containsExactly("volume 0");
        assertThat(report.all(Format.State.DAMAGED)).extracting(Format::what).containsExactly("manifests");
    }

    private RollBack rollBack() {
        return new RollBack(directory, InstantSource.system());
    }

    @Test
    void rollBackKeepsNodesAndHoldsAndNamesTheRest() throws Exception {
        golden(13);
        try (ControlDb control = open()) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "later", "linux", 8, id -> "f" + id);
            control.marks().hold(SNAPSHOT, 1, "a court case");
            control.plans().put("weekly", "{}");
            control.audit().append("ann", "act", "", "allowed");
        }
        update(directory.controlDb(), "DELETE FROM node WHERE name = 'mail'");
        RollBack.Result planned = rollBack().run(Actor.ADMINISTRATOR, null, true);
        assertThat(planned.left()).contains(new RollBack.Left("plans", List.of("weekly")));
        assertThat(planned.auditEntries()).isEqualTo(1);
        assertThat(directory.controlDb()).exists();
        RollBack.Result done = rollBack().run(Actor.ADMINISTRATOR, null, false);
        assertThat(directory.controlDb()).doesNotExist();
        assertThat(Path.of(done.aside())).exists();
        try (Stream<Path> files = Files.list(root.resolve(ControlCopies.DIRECTORY))) {
            Path prepared = files.filter(file -> file.getFileName().toString().startsWith("control-"))
                    .findFirst()
                    .orElseThrow();
            assertThat(ControlDb.schema().version("prepared", prepared)).isEqualTo(13);
        }
        // What the older release does at its start; this one upgrades the copy on the way.
        ControlCopies.Opened opened = new ControlCopies(root.resolve(ControlCopies.DIRECTORY), InstantSource.system())
                .open(directory.controlDb());
        try (ControlDb control = opened.control()) {
            assertThat(opened.whole()).isFalse();
            assertThat(control.nodes().list()).extracting(Node::name).containsExactly("mail", "old", "later");
            assertThat(control.nodes().list()).extracting(Node::active).containsExactly(false, false, true);
            assertThat(control.marks().of(SNAPSHOT).hold()).isEqualTo("a court case");
            assertThat(control.plans().all()).hasSize(1);
            // No later node gets the number, and with it the snapshots, of an earlier one.
            control.tokens().add("u", Duration.ofHours(1), null);
            assertThat(control.nodes()
                            .enroll("u", "next", "linux", 8, id -> "g" + id)
                            .id())
                    .isEqualTo(4);
            assertThat(control.integrityFaults()).isEmpty();
        }
    }

    @Test
    void rollBackIsRefusedWithoutCopyWhileInUseAndBehindAJournal() throws Exception {
        open().close();
        assertThatThrownBy(() -> rollBack().run(Actor.ADMINISTRATOR, null, false))
                .isInstanceOfSatisfying(
                        UseCaseException.class,
                        e -> assertThat(e.reason()).isEqualTo(UseCaseException.Reason.NOT_FOUND));
        Files.createDirectories(root.resolve(ControlCopies.DIRECTORY));
        Files.copy(
                directory.controlDb(),
                root.resolve(ControlCopies.DIRECTORY).resolve("before-upgrade-v13-j1-20260101-000000.db"));
        Files.createDirectory(root.resolve("vault"));
        new Journal(root.resolve("vault/journal.db")).close();
        assertThatThrownBy(() -> rollBack().run(Actor.ADMINISTRATOR, null, false))
                .isInstanceOfSatisfying(
                        UseCaseException.class, e -> assertThat(e.reason()).isEqualTo(UseCaseException.Reason.CONFLICT))
                .hasMessageContaining("schema 1 to ");
        try (AutoCloseable held = directory.lock()) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> rollBack().run(Actor.ADMINISTRATOR, null, false))
                    .isInstanceOfSatisfying(
                            UseCaseException.class,
                            e -> assertThat(e.reason()).isEqualTo(UseCaseException.Reason.IN_USE));
        }
        assertThat(directory.controlDb()).exists();
    }
}
