package dev.holdfast.control.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.log.ApplianceLog;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody who can write to the control database, to the files beside it, or to both, can hide. */
class AuditTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/audit-v1");

    /** A database as migrations leave it, which is copied: they take longer than the tests. */
    @TempDir
    private static Path empty;

    @TempDir
    private Path data;

    private Instant now = Instant.parse("2026-03-01T00:00:00Z");
    private final InstantSource clock = () -> now;
    private VaultKeys keys;
    private Authority authority;
    private ControlDb control;
    private AuditKeeper keeper;

    @BeforeAll
    static void migrate() throws IOException {
        new ControlDb(empty.resolve("control.db")).close();
    }

    @BeforeEach
    void open() throws IOException {
        Files.copy(empty.resolve("control.db"), data.resolve("control.db"));
        Credential credential = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        keys = Keyring.create(credential).unlock(credential);
        authority = Authority.create(data, keys);
        control = new ControlDb(data.resolve("control.db"), clock);
        keeper = new AuditKeeper(control, data, authority, clock);
    }

    @AfterEach
    void close() throws IOException {
        control.close();
        keys.close();
    }

    private void write(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            now = now.plusSeconds(1);
            control.audit().append("ann", "act " + i, "object", "allowed");
        }
    }

    private static void sql(Path file, String... changes) throws SQLException {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = raw.createStatement()) {
            for (String each : changes) {
                statement.executeUpdate(each);
            }
        }
    }

    private AuditReport verify(Anchor... anchors) throws IOException {
        return keeper.verify(List.of(anchors));
    }

    private void assertBroken(AuditReport report, long entry, String text) {
        assertThat(report.findings()).isNotEmpty();
        assertThat(report.findings().getFirst().entry()).isEqualTo(entry);
        assertThat(report.findings().getFirst().message()).contains(text);
        assertThat(report.findings().getFirst().phrase().in(Language.ZH, ZoneId.of("UTC")))
                .containsPattern("条目|链");
    }

    /** Gives every row a new hash that fits, from an entry on: what an attacker does who knows the format. */
    private void rechain(long from) throws Exception {
        String last = "";
        List<String> changes = new ArrayList<>();
        for (AuditTable.Entry each : control.audit().after(0, 10_000)) {
            if (each.id() < from) {
                last = each.hash();
            } else {
                last = each.expectedHash(last);
                changes.add("UPDATE audit SET hash = '" + last + "' WHERE id = " + each.id());
            }
        }
        sql(data.resolve("control.db"), changes.toArray(String[]::new));
    }

    @Test
    void anUntouchedLogIsIntactAndSaysHowFarItIsAnchored() throws Exception {
        write(20);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().notes()).singleElement().asString().contains("no anchor was found");
        keeper.tick();
        write(5);
        keeper.tick();
        AuditReport report = verify();
        assertThat(report.intact()).isTrue();
        assertThat(report.notes()).isEmpty();
        assertThat(report.entries()).isEqualTo(25);
        assertThat(report.anchors()).isEqualTo(1);
        assertThat(report.unanchored()).isEqualTo(5);
        assertThat(report.newestAnchor()).contains("entry 20").contains("audit/heads line");
        now = now.plus(Duration.ofMinutes(31));
        keeper.tick();
        assertThat(verify().unanchored()).isZero();
    }

    record Attack(String name, long entry, String message, String... changes) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Attack> attacks() {
        return Stream.of(
                new Attack("edited row", 7, "entry 7", "UPDATE audit SET outcome = 'refused' WHERE id = 7"),
                new Attack("edited time", 7, "entry 7", "UPDATE audit SET at = at + 1 WHERE id = 7"),
                new Attack("removed row", 12, "entry 12 is missing", "DELETE FROM audit WHERE id = 12"),
                new Attack("removed rows", 3, "entries 3 to 5 are missing", "DELETE FROM audit WHERE id IN (3, 4, 5)"),
                new Attack(
                        "removed row, numbers closed",
                        12,
                        "entry 12 in the database does not fit",
                        "DELETE FROM audit WHERE id = 12",
                        "UPDATE audit SET id = id - 1 WHERE id > 12"),
                new Attack("first row removed", 1, "entry 1 is missing", "DELETE FROM audit WHERE id = 1"),
                new Attack(
                        "one hash cleared",
                        15,
                        "entry 15 in the database has no hash",
                        "UPDATE audit SET hash = '' WHERE id = 15"),
                new Attack(
                        "all hashes cleared", 1, "entry 1 in the database has no hash", "UPDATE audit SET hash = ''"),
                new Attack(
                        "all hashes cleared, the start moved",
                        1,
                        "the chain began with entry 1",
                        "UPDATE audit SET hash = ''",
                        "UPDATE setting SET value = '999' WHERE name = 'audit.start'"),
                new Attack("tail cut", 18, "entries 18 to 20 were cut off", "DELETE FROM audit WHERE id >= 18"),
                new Attack("last row cut", 20, "entry 20 was cut off", "DELETE FROM audit WHERE id = 20"),
                new Attack("all rows removed", 1, "entries 1 to 20 were cut off", "DELETE FROM audit"),
                new Attack(
                        "two rows exchanged",
                        5,
                        "entry 5",
                        "UPDATE audit SET id = 1000 WHERE id = 5",
                        "UPDATE audit SET id = 5 WHERE id = 6",
                        "UPDATE audit SET id = 6 WHERE id = 1000"),
                new Attack(
                        "all numbers moved",
                        1,
                        "entries 1 to 100 are missing",
                        "UPDATE audit SET id = id + 100 WHERE id > 0"),
                new Attack(
                        "a segment claimed",
                        1,
                        "is missing; bring it back",
                        "DELETE FROM audit WHERE id <= 5",
                        "INSERT INTO audit_segment VALUES (1, 5, '', '')"),
                new Attack(
                        "a row inserted",
                        21,
                        "entry 21",
                        "INSERT INTO audit(at, actor, action, object, outcome, hash) VALUES (1, 'a', 'b', 'c', 'd', 'e')"));
    }

    @ParameterizedTest
    @MethodSource("attacks")
    void whateverIsDoneToTheTableIsFound(Attack attack) throws Exception {
        write(20);
        assertThat(keeper.head()).isPresent();
        sql(data.resolve("control.db"), attack.changes);
        assertBroken(verify(), attack.entry, attack.message);
    }

    @Test
    void aChainThatWasWrittenAnewIsFoundByItsAnchor() throws Exception {
        write(20);
        AuditHead head = keeper.head().orElseThrow();
        sql(data.resolve("control.db"), "UPDATE audit SET outcome = 'refused' WHERE id = 7");
        rechain(7);
        assertBroken(verify(), 20, "rewritten or replaced");
        // Whoever removes the heads here as well is found by those elsewhere.
        Files.delete(data.resolve("audit/heads"));
        assertThat(verify().findings()).isEmpty();
        assertBroken(verify(new Anchor("vault dr, root 9", 20, head.hash(), head.at())), 20, "vault dr, root 9");
        Path journal = data.resolve("journal.txt");
        Files.writeString(journal, "Mar 01 appliance[7]: INFO: audit head " + head.text() + "\nMar 02 else\n");
        AuditReport report = AuditKeeper.verify(control, data, authority.certificate(), List.of(journal), List.of());
        assertBroken(report, 20, "journal.txt line 1");
        Files.createDirectories(data.resolve("logs"));
        Files.writeString(
                data.resolve("logs/appliance.log.0"),
                logLine("dev.holdfast.server.audit.AuditKeeper", "audit head " + head.text()));
        assertBroken(verify(), 20, "logs/appliance.log.0 line 1");
    }

    @Test
    void aTableThatWasReplacedIsFound() throws Exception {
        write(20);
        assertThat(keeper.head()).isPresent();
        sql(data.resolve("control.db"), "DELETE FROM audit", "DELETE FROM sqlite_sequence WHERE name = 'audit'");
        write(30);
        assertBroken(verify(), 20, "rewritten or replaced");
    }

    @Test
    void aForgedOrAlteredHeadIsFound() throws Exception {
        write(20);
        AuditHead head = keeper.head().orElseThrow();
        AuditHead forged = new AuditHead(3, head.hash(), head.at(), 1, AuditHead.Kind.RESTORED, head.signature());
        Files.writeString(data.resolve("audit/heads"), forged.text() + "\n");
        assertBroken(verify(), 3, "not signed by this appliance's authority");
        assertThat(AuditHead.find("x " + head.text() + " y")).containsExactly(head);
        assertThat(AuditHead.find(head.text().replace("HFAUDIT1", "HFAUDIT2"))).isEmpty();
    }

    private static String logLine(String logger, String message) {
        return "{\"at\":\"2026-03-01T00:00:00Z\",\"level\":\"INFO\",\"logger\":\"" + logger
                + "\",\"thread\":1,\"message\":\"" + message + "\"}\n";
    }

    /** What a certificate's subject, the reason of a node's failed order and the path of a call bring into the log. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HFAUDIT1:1::1:1:head:A",
                "HFAUDIT1:9::1:1:head:AAAA",
                "HFAUDIT1:9::1:1:restored:AAAA",
                "HFAUDIT1:1::1:1:head:A===",
                "HFAUDIT1:1::1:1:head:MAAA",
                "HFAUDIT1:999999999999999999:0000000000000000000000000000000000000000000000000000000000000000:"
                        + "999999999999999999:999999999999999999:restored:MEUCIQ=="
            })
    void whatOthersBringIntoTheLogIsNoHead(String word) throws Exception {
        write(50);
        keeper.tick();
        Path logs = data.resolve("logs");
        Logger root = Logger.getLogger("");
        List<Handler> before = List.of(root.getHandlers());
        ApplianceLog.begin(logs, System.Logger.Level.INFO);
        try {
            for (String message : List.of(
                    "a certificate of CN=" + word + " was refused",
                    "task 1 at node 2 failed: " + word,
                    "GET /api/v1/" + word + " failed",
                    "audit head " + word,
                    "x\n{\"logger\":\"dev.holdfast.server.audit.AuditKeeper\",\"message\":\"audit head " + word
                            + "\"}\n")) {
                System.getLogger("dev.holdfast.server.net.PathTrustManager").log(System.Logger.Level.INFO, message);
                System.getLogger("dev.holdfast.control.plan.Dispatcher")
                        .log(System.Logger.Level.WARNING, "failed", new IOException(message));
            }
        } finally {
            for (Handler each : root.getHandlers()) {
                if (!before.contains(each)) {
                    root.removeHandler(each);
                    each.close();
                }
            }
        }
        assertThat(Files.readString(logs.resolve("appliance.log.0"))).contains(word);
        AuditReport report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).isEmpty();
        // A journal has what others sent as well; it is no proof of anything, and no failure.
        Path journal = Files.writeString(data.resolve("journal.txt"), "Mar 01 appliance[7]: " + word + "\n");
        AuditReport other = AuditKeeper.verify(control, data, authority.certificate(), List.of(journal), List.of());
        assertThat(other.findings()).isEmpty();
        assertThat(other.notes()).singleElement().asString().contains("journal.txt line 1");
        keeper.verifyAtStart(List.of());
        assertThat(control.events().list(true, 1)).isEmpty();
        now = now.plus(Duration.ofDays(31));
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(50);
    }

    @Test
    void aForgedHeadDoesNotKeepTheLogFromBeingPruned() throws Exception {
        write(50);
        AuditHead head = keeper.head().orElseThrow();
        AuditHead forged =
                new AuditHead(999, head.hash(), head.at(), head.start(), AuditHead.Kind.HEAD, head.signature());
        Files.writeString(data.resolve("audit/heads"), forged.text() + "\n");
        assertBroken(verify(), 999, "not signed by this appliance's authority");
        now = now.plus(Duration.ofDays(31));
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(50);
    }

    @Test
    void aHeadThatWasCutOffWhereverIsNoted() throws Exception {
        write(20);
        keeper.tick();
        Path file = data.resolve("audit/heads");
        byte[] whole = Files.readAllBytes(file);
        write(10);
        now = now.plus(Duration.ofMinutes(31));
        keeper.tick();
        byte[] both = Files.readAllBytes(file);
        write(10);
        now = now.plus(Duration.ofMinutes(31));
        keeper.tick();
        byte[] third = Arrays.copyOfRange(Files.readAllBytes(file), both.length, (int) Files.size(file));
        for (int length = whole.length; length <= both.length; length++) {
            Files.write(file, Arrays.copyOf(both, length));
            AuditReport report = verify();
            assertThat(report.findings()).as("cut to %d", length).isEmpty();
            boolean complete = length == both.length;
            boolean blank = length <= whole.length + 1;
            assertThat(report.notes()).as("cut to %d", length).hasSize(complete || blank ? 0 : 1);
            assertThat(report.unanchored()).as("cut to %d", length).isEqualTo(complete ? 10 : 20);
            // The appliance goes on behind it.
            Files.write(file, third, StandardOpenOption.APPEND);
            AuditReport after = verify();
            assertThat(after.findings()).as("cut to %d, went on", length).isEmpty();
            assertThat(after.unanchored()).isZero();
        }
    }

    @Test
    void anOlderCopyOfTheDatabaseThatTheApplianceSignedForIsNoted() throws Exception {
        write(20);
        control.copyTo(data.resolve("copy.db"));
        write(10);
        assertThat(keeper.head()).isPresent();
        control.close();
        Files.delete(data.resolve("control.db"));
        Files.deleteIfExists(data.resolve("control.db-wal"));
        Files.deleteIfExists(data.resolve("control.db-shm"));
        Files.move(data.resolve("copy.db"), data.resolve("control.db"));
        control = new ControlDb(data.resolve("control.db"), clock);
        keeper = new AuditKeeper(control, data, authority, clock);
        assertBroken(verify(), 21, "entries 21 to 30 were cut off");
        now = now.plusSeconds(1);
        keeper.restored();
        write(15);
        assertThat(keeper.head()).isPresent();
        AuditReport report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).singleElement().asString().contains("behind 20 were lost");
        sql(data.resolve("control.db"), "DELETE FROM audit WHERE id > 33");
        assertBroken(verify(), 34, "entries 34 to 35 were cut off");
    }

    @Test
    void severalProcessesAppendToOneChain() throws Exception {
        int writers = 4;
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                String name = "writer " + i;
                all.add(threads.submit(() -> {
                    // A connection of its own, as another process has.
                    try (ControlDb own = new ControlDb(data.resolve("control.db"), clock)) {
                        for (int j = 0; j < 25; j++) {
                            own.audit().append(name, "act " + j, "", "");
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(keeper.head()).isPresent();
        AuditReport report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.last()).isEqualTo(4 * 25);
    }

    // ---- segments

    private static final AuditLimits LIMITS = new AuditLimits(30, 1000, 1_000_000);

    @Test
    void oldEntriesMoveToASignedFileThatVerificationReads() throws Exception {
        write(50);
        keeper.tick();
        now = now.plus(Duration.ofDays(31));
        write(10);
        assertThat(keeper.prune(LIMITS)).isEqualTo(new AuditKeeper.Pruned(1, 50, 50));
        assertThat(control.audit().after(0, 100))
                .hasSize(11)
                .first()
                .satisfies(each -> assertThat(each.id()).isEqualTo(51));
        AuditReport report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.entries()).isEqualTo(61);
        assertThat(report.segments()).isEqualTo(1);
        assertThat(report.unanchored()).isZero();
        assertThat(report.anchors()).isEqualTo(2);
        // Nothing is due twice, and the chain goes on over the gap between file and database.
        assertThat(keeper.prune(LIMITS).segments()).isZero();
        now = now.plus(Duration.ofDays(62));
        assertThat(keeper.prune(LIMITS)).isEqualTo(new AuditKeeper.Pruned(1, 11, 61));
        write(3);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().segments()).isEqualTo(2);
        assertThat(verify().last()).isEqualTo(65);
    }

    @Test
    void theNumberAndTheSizeOfEntriesAreLimitedToo() throws Exception {
        write(1200);
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(200);
        for (int i = 0; i < 150; i++) {
            control.audit().append("ann", "x".repeat(AuditTable.MAX_FIELD_CHARS), "y".repeat(20_000), "");
        }
        keeper.prune(LIMITS);
        assertThat(control.audit().after(0, 10_000).stream()
                        .mapToLong(each -> 100L
                                + each.actor().length()
                                + each.action().length()
                                + each.object().length()
                                + each.outcome().length())
                        .sum())
                .isBetween(900_000L, 1_000_200L);
        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void aFileEndsWhereItsTextIsLarge() throws Exception {
        for (int i = 0; i < 800; i++) {
            control.audit().append("a".repeat(4000), "b".repeat(4000), "c".repeat(4000), "d".repeat(4000));
        }
        now = now.plus(Duration.ofDays(31));
        assertThat(keeper.prune(LIMITS)).isEqualTo(new AuditKeeper.Pruned(2, 800, 800));
        List<Path> files = AuditSegment.files(data.resolve("audit"));
        assertThat(files).hasSize(2);
        assertThat(AuditSegment.read(files.getFirst(), authority.certificate()).entries().stream()
                        .mapToLong(AuditTable.Entry::textChars)
                        .sum())
                .isBetween(AuditSegment.MAX_TEXT_CHARS, AuditSegment.MAX_TEXT_CHARS + 16_100);
        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void aLogATenthOverItsLimitsCannotWait() throws Exception {
        LIMITS.save(control);
        write(1050);
        assertThat(keeper.overdue()).isFalse();
        write(1100);
        assertThat(keeper.overdue()).isTrue();
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(1150);
        write(1000);
        assertThat(keeper.overdue()).isTrue();
        keeper.prune(LIMITS);
        for (int i = 0; i < 1000; i++) {
            control.audit().append("ann", "x".repeat(1500), "", "");
        }
        assertThat(keeper.overdue()).isTrue();
        keeper.prune(LIMITS);
        assertThat(keeper.overdue()).isFalse();
    }

    @Test
    void theNewestAnchorIsOneThatNamesAnEntryThatIsThere() throws Exception {
        write(20);
        AuditHead head = keeper.head().orElseThrow();
        write(5);
        // Lost with the database that was replaced, as the appliance signed later.
        Anchor lost = new Anchor("vault dr, root 9", 60, "ab".repeat(32), now.toEpochMilli());
        now = now.plusSeconds(1);
        keeper.restored();
        write(5);
        AuditReport report = verify(lost);
        assertThat(report.findings()).isEmpty();
        assertThat(report.newestAnchor()).contains("entry 25").doesNotContain("root 9");
        assertThat(report.unanchored()).isEqualTo(5);
        Files.delete(data.resolve("audit/heads"));
        AuditReport cut = verify(lost, new Anchor("vault dr, root 8", 20, head.hash(), head.at()));
        assertThat(cut.newestAnchor()).contains("entry 20");
        assertThat(cut.unanchored()).isEqualTo(10);
        assertBroken(cut, 31, "root 9");
    }

    @Test
    void aMissingAnEditedAndAReplacedFileAreFound() throws Exception {
        write(50);
        now = now.plus(Duration.ofDays(31));
        write(10);
        keeper.prune(LIMITS);
        Path file = data.resolve("audit/0000000000000001-0000000000000032.hfa");
        byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        assertBroken(verify(), 1, "0000000000000001-0000000000000032.hfa with the entries 1 to 50 is missing");
        for (int at : new int[] {0, 9, 20, 200, 330, bytes.length - 5}) {
            byte[] altered = bytes.clone();
            altered[at] ^= 1;
            Files.write(file, altered);
            assertBroken(verify(), 1, "entries 1 to 50 cannot be read");
        }
        for (int length : new int[] {0, 15, 100, bytes.length - 1}) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertBroken(verify(), 1, "entries 1 to 50 cannot be read");
        }
        Files.write(file, bytes);
        assertThat(verify().findings()).isEmpty();
        // Signed by somebody else.
        Path elsewhere = Files.createDirectories(data.resolve("elsewhere"));
        Authority other = Authority.create(elsewhere, keys);
        List<AuditTable.Entry> entries =
                AuditSegment.read(file, authority.certificate()).entries();
        AuditSegment.write(elsewhere, "", entries, other::sign, other.certificate());
        Files.copy(elsewhere.resolve(file.getFileName()), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertBroken(verify(), 1, "not signed by this appliance's authority");
    }

    @Test
    void filesOfEntriesThatACopyGivesAgainAreSetAside() throws Exception {
        write(20);
        control.copyTo(data.resolve("copy.db"));
        write(30);
        now = now.plus(Duration.ofDays(31));
        write(1);
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(50);
        control.close();
        for (String tail : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(data.resolve("control.db" + tail));
        }
        Files.move(data.resolve("copy.db"), data.resolve("control.db"));
        control = new ControlDb(data.resolve("control.db"), clock);
        keeper = new AuditKeeper(control, data, authority, clock);
        now = now.plusSeconds(1);
        keeper.restored();
        write(60);
        assertThat(verify().findings()).isEmpty();
        now = now.plus(Duration.ofDays(31));
        assertThat(keeper.prune(LIMITS).last()).isEqualTo(80);
        assertThat(verify().findings()).isEmpty();
        try (Stream<Path> files = Files.list(data.resolve("audit"))) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .anyMatch(each -> each.startsWith("0000000000000001-0000000000000032.hfa.before-"));
        }
    }

    @Test
    void aRecoveredApplianceDoesWithoutTheFilesOfItsPredecessor() throws Exception {
        write(50);
        now = now.plus(Duration.ofDays(31));
        write(10);
        assertThat(keeper.prune(LIMITS).segments()).isEqualTo(1);
        Files.delete(data.resolve("audit/0000000000000001-0000000000000032.hfa"));
        Files.delete(data.resolve("audit/heads"));
        assertBroken(verify(), 1, "is missing; bring it back");
        keeper.restored();
        write(3);
        AuditReport report = verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes())
                .singleElement()
                .asString()
                .contains("entries 1 to 50")
                .contains("was not there");
        // What was moved since has no such excuse.
        now = now.plus(Duration.ofDays(62));
        assertThat(keeper.prune(LIMITS).segments()).isEqualTo(1);
        Files.delete(AuditSegment.files(data.resolve("audit")).getLast());
        assertBroken(verify(), 51, "is missing; bring it back");
    }

    @Test
    void aFileThatWasThereAtARecoveryMayNotGoLater() throws Exception {
        for (int i = 0; i < 2; i++) {
            write(50);
            now = now.plus(Duration.ofDays(31));
            assertThat(keeper.prune(LIMITS).segments()).isEqualTo(1);
        }
        List<Path> files = AuditSegment.files(data.resolve("audit"));
        assertThat(files).hasSize(2);
        Files.delete(files.getFirst());
        keeper.restored();
        write(3);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().notes()).hasSize(1);
        Files.delete(files.getLast());
        assertBroken(verify(), 51, "is missing; bring it back");
        // Nobody else can write one down as missing.
        Path heads = data.resolve("audit/heads");
        String forged = Files.readString(heads).replace("HFMISSING1:1:50:", "HFMISSING1:51:101:");
        assertThat(forged).contains("HFMISSING1:51:101:");
        Files.writeString(heads, forged);
        assertBroken(verify(), 1, "is missing; bring it back");
        assertThat(verify().findings()).hasSize(2);
    }

    @Test
    void nothingIsMovedOutOfABrokenLog() throws Exception {
        write(50);
        sql(data.resolve("control.db"), "UPDATE audit SET actor = 'bob' WHERE id = 30");
        now = now.plus(Duration.ofDays(31));
        assertThatThrownBy(() -> keeper.prune(LIMITS)).hasMessageContaining("entry 30");
        assertThat(control.audit().after(0, 100)).hasSize(50);
        assertThat(AuditSegment.files(data.resolve("audit"))).isEmpty();
        keeper.verifyAtStart(List.of());
        assertThat(control.events().list(true, 1))
                .singleElement()
                .satisfies(each -> assertThat(each.kind()).isEqualTo("audit-broken"));
    }

    @Test
    void pruningThatWasCutOffBeforeTheRowsWentIsDoneAgain() throws Exception {
        write(50);
        now = now.plus(Duration.ofDays(31));
        AuditSegment.write(
                data.resolve("audit"), "", control.audit().after(0, 50), authority::sign, authority.certificate());
        write(2);
        assertThat(verify().findings()).isEmpty();
        assertThat(keeper.prune(LIMITS).entries()).isEqualTo(50);
        assertThat(verify().findings()).isEmpty();
        assertThat(verify().entries()).isEqualTo(53);
    }

    @Test
    void aLogOfAReleaseBeforeTheChainIsTakenAsItIs() throws Exception {
        Path old = data.resolve("old.db");
        org.flywaydb.core.Flyway.configure()
                .dataSource("jdbc:sqlite:" + old, null, null)
                .locations("classpath:dev/holdfast/control/db/migrations")
                .target("4")
                .load()
                .migrate();
        for (int i = 0; i < 5; i++) {
            sql(old, "INSERT INTO audit(at, actor, action, object, outcome) VALUES (" + i + ", 'a', 'b', 'c', 'd')");
        }
        control.close();
        control = new ControlDb(old, clock);
        keeper = new AuditKeeper(control, data, authority, clock);
        write(5);
        assertThat(control.audit().start()).isEqualTo(6);
        assertThat(keeper.head()).isPresent();
        assertThat(verify().findings()).isEmpty();
        sql(old, "UPDATE audit SET hash = '' WHERE id = 6");
        assertBroken(verify(), 6, "entry 6 in the database has no hash");
    }

    /** Made once by this test where {@code -Dholdfast.golden.audit=DIR} names a place. */
    @Test
    void aLogOfTheFirstFormatIsVerified() throws Exception {
        String make = System.getProperty("holdfast.golden.audit");
        if (make != null) {
            write(30);
            control.audit().append("node 1 at ::1", "\u001b[31mred\u202e", "line\nline", "火");
            keeper.tick();
            Path target = Files.createDirectories(Path.of(make));
            Files.createDirectories(target.resolve("audit"));
            for (String each : List.of("ca.crt", "audit/heads")) {
                Files.copy(data.resolve(each), target.resolve(each));
            }
            now = now.plus(Duration.ofDays(31));
            keeper.prune(LIMITS);
            for (Path each : AuditSegment.files(data.resolve("audit"))) {
                Files.copy(each, target.resolve("audit").resolve(each.getFileName()));
            }
        }
        Path copy = data.resolve("golden");
        dev.holdfast.store.StoreFixture.copy(GOLDEN, copy);
        try (ControlDb golden = new ControlDb(copy.resolve("control.db"), clock)) {
            AuditReport report =
                    AuditKeeper.verify(golden, copy, Authority.loadCertificate(copy), List.of(), List.of());
            assertThat(report.findings()).isEmpty();
            assertThat(report.entries()).isEqualTo(31);
            assertThat(report.segments()).isEqualTo(1);
            assertThat(report.anchors()).isEqualTo(1);
            assertThat(report.unanchored()).isZero();
        }
        List<AuditTable.Entry> entries = AuditSegment.read(
                        AuditSegment.files(copy.resolve("audit")).getFirst(), Authority.loadCertificate(copy))
                .entries();
        assertThat(entries.getLast().action()).isEqualTo("\u001b[31mred\u202e");
    }
}
