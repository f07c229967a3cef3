package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.api.AdminSocket;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.envelope.Credential;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A setup by an answer file: what it makes, what it refuses before, and how it resumes. */
class SetupCommandTest {
    private static final String PASSWORD = "correct horse battery staple";

    @TempDir
    private Path work;

    private Path data;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream err = System.err;
    private HttpServer hook;
    private volatile int hookStatus = 204;

    @BeforeEach
    void make() throws Exception {
        data = work.resolve("data");
        Files.writeString(work.resolve("password"), PASSWORD + "\n");
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        hook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        hook.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(hookStatus, -1);
            exchange.close();
        });
        hook.start();
    }

    @AfterEach
    void restore() {
        System.setErr(err);
        hook.stop(0);
    }

    private int setup(String... words) {
        printed.reset();
        errors.reset();
        List<String> all = new ArrayList<>(List.of("setup", "--data", data.toString()));
        all.addAll(List.of(words));
        return ApplianceMain.run(new StandardOutput(printed), all.toArray(String[]::new));
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private String errors() {
        return errors.toString(StandardCharsets.UTF_8);
    }

    private Path answers(String first, String tables) throws Exception {
        Path file = work.resolve("answers.toml");
        Files.writeString(file, """
                profile = "dev"
                recovery-sheet = "WORK/sheet"
                FIRST
                [administrator]
                name = "ann"
                password-file = "WORK/password"
                """.replace("FIRST", first).replace("WORK", work.toString()) + tables);
        return file;
    }

    private String hook() {
        return "[webhook]\nallow-plain = true\nurl = \"http://127.0.0.1:"
                + hook.getAddress().getPort() + "/\"\n";
    }

    private String everything() {
        return hook() + """
                [vault]
                url = "file://WORK/nas"
                [plan]
                paths = ["/etc"]
                keep-daily = 7
                """.replace("WORK", work.toString());
    }

    private JsonNode json(String... command) throws Exception {
        printed.reset();
        errors.reset();
        List<String> all = new ArrayList<>(List.of(command));
        all.addAll(List.of("--json", "--data", data.toString()));
        assertThat(ApplianceMain.run(new StandardOutput(printed), all.toArray(String[]::new)))
                .as(errors())
                .isZero();
        return new ObjectMapper().readTree(printed.toByteArray());
    }

    @Test
    void answersMakeAnApplianceWithAllThatWasAskedFor() throws Exception {
        Path file = answers("names = [\"backup.example.com\"]", everything());
        assertThat(setup("--answers", file.toString(), "--json")).as(errors()).isZero();
        JsonNode result = new ObjectMapper().readTree(printed.toByteArray());
        String sheet = Files.readString(work.resolve("sheet"));
        String key = sheet.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("HFRK-"))
                .findFirst()
                .orElseThrow();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(work.resolve("sheet"))))
                .isEqualTo("rw-------");
        assertThat(printed() + errors()).doesNotContain(key).doesNotContain(PASSWORD);
        assertThat(result.path("recoveryKeyConfirmed").asBoolean()).isFalse();
        assertThat(result.path("clients").asText()).isEqualTo("https://backup.example.com:8807");
        assertThat(result.path("steps").toString()).isEqualTo("[\"administrator\",\"vault\",\"alerts\",\"plan\"]");
        assertThat(result.path("open").findValuesAsText("point")).containsExactly("recovery-key", "node");
        assertThat(result.path("token").asText()).startsWith("hf1.");
        assertThat(json("user", "list").findValuesAsText("name")).containsExactly("ann");
        assertThat(json("plan", "list").findValuesAsText("name")).containsExactly("nightly");
        assertThat(json("policy", "list").findValuesAsText("name")).containsExactly("nightly");
        assertThat(json("alert", "list").findValuesAsText("name")).containsExactly("webhook");
        assertThat(json("token", "list")).hasSize(1);

        // It is set up: nothing is changed, and what is open is listed until it is done.
        assertThat(setup("--answers", file.toString())).isEqualTo(ExitCode.WARNINGS);
        assertThat(printed())
                .contains("nothing was changed")
                .contains("recovery-key: ")
                .contains("node: ");
        Files.writeString(work.resolve("key"), key.toLowerCase(Locale.ROOT));
        assertThat(setup("--confirm-recovery-key", work.resolve("key").toString()))
                .isZero();
        assertThat(setup()).isEqualTo(ExitCode.WARNINGS);
        assertThat(printed()).doesNotContain("recovery-key: ").contains("node: ");
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
        }
        assertThat(setup()).isEqualTo(ExitCode.REFUSED);
        assertThat(errors()).contains("is set up, and no item is open");
    }

    @Test
    void confirmationDoesNotCountForALaterKey() throws Exception {
        assertThat(setup("--answers", answers("", "").toString())).as(errors()).isZero();
        Files.writeString(
                work.resolve("key"),
                Files.readString(work.resolve("sheet"))
                        .lines()
                        .filter(line -> line.contains("HFRK-"))
                        .findFirst()
                        .orElseThrow());
        assertThat(setup("--confirm-recovery-key", work.resolve("key").toString()))
                .isZero();
        assertThat(ApplianceMain.run(new StandardOutput(printed), "key", "new-recovery-key", "--data", data.toString()))
                .isZero();
        assertThat(setup()).isEqualTo(ExitCode.WARNINGS);
        assertThat(printed()).contains("recovery-key: ");
        assertThat(setup("--confirm-recovery-key", work.resolve("key").toString()))
                .isEqualTo(ExitCode.REFUSED);
        Files.writeString(work.resolve("key"), "HFRK-0000");
        assertThat(setup("--confirm-recovery-key", work.resolve("key").toString()))
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void dryRunShowsWhatWouldBeMadeAndMakesNothing() throws Exception {
        Path file = answers("", everything());
        assertThat(setup("--answers", file.toString(), "--dry-run"))
                .as(errors())
                .isZero();
        assertThat(printed())
                .contains("Profile      dev")
                .contains("Nothing was made.")
                .contains("the vault " + work.resolve("nas") + " is on the same file system")
                .contains("listen on 127.0.0.1");
        assertThat(data).doesNotExist();
        assertThat(work.resolve("sheet")).doesNotExist();
    }

    @Test
    void allThatIsWrongIsToldAtOnceAndNothingIsMade() throws Exception {
        Files.writeString(work.resolve("password"), "short\n");
        Files.writeString(work.resolve("sheet"), "somebody's");
        Files.createDirectories(work.resolve("full/x"));
        Path file = answers("names = [\"not a name\"]\nvolumes = [\"" + work.resolve("full") + "\"]", """
                [vault]
                url = "oss://bucket/office"
                [plan]
                paths = ["etc"]
                """);
        assertThat(setup("--answers", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(errors())
                .contains(work.resolve("full") + " is not empty")
                .contains("'not a name' cannot stand in a certificate")
                .contains("12 to 256 characters")
                .contains(work.resolve("sheet") + " exists already")
                .contains("an oss:// vault needs its region")
                .contains("'etc' is no absolute path");
        assertThat(data).doesNotExist();
        assertThat(work.resolve("sheet")).hasContent("somebody's");
    }

    @Test
    void volumesOnOneFileSystemAreWarnedOf() throws Exception {
        Path file = answers(
                "volumes = [\"" + work.resolve("a") + "\", \"" + work.resolve("b") + "\", \"" + work.resolve("a/c")
                        + "\"]",
                "");
        assertThat(setup("--answers", file.toString(), "--dry-run")).isEqualTo(ExitCode.USAGE);
        assertThat(errors()).contains("are one inside the other");
        file = answers("volumes = [\"" + work.resolve("a") + "\", \"" + work.resolve("b") + "\"]", "");
        assertThat(setup("--answers", file.toString())).as(errors()).isZero();
        assertThat(errors()).contains(work.resolve("b") + " is on the same file system as " + work.resolve("a"));
        assertThat(DataDirectory.open(data).volumes()).containsExactly(work.resolve("a"), work.resolve("b"));
    }

    @Test
    void interruptedSetupResumesAndMakesNoSecondAppliance() throws Exception {
        hookStatus = 500;
        Path file = answers("", everything());
        assertThat(setup("--answers", file.toString())).isEqualTo(ExitCode.FAILED);
        assertThat(errors()).contains("500");
        String fingerprint = Authority.fingerprint(
                Authority.loadCertificate(DataDirectory.open(data).keys()));
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            assertThat(new SetupRecord(control).unfinished()).isTrue();
            assertThat(control.alertChannels().all()).isEmpty();
            assertThat(control.vaults().list()).hasSize(1);
        }
        assertThat(setup("--answers", file.toString(), "--dry-run")).isEqualTo(ExitCode.REFUSED);
        try (AutoCloseable held = DataDirectory.open(data).lock()) {
            assertThat(held).isNotNull();
            assertThat(setup("--answers", file.toString())).isEqualTo(ExitCode.IN_USE);
        }
        hookStatus = 204;
        assertThat(setup("--answers", file.toString(), "--json")).as(errors()).isZero();
        JsonNode result = new ObjectMapper().readTree(printed.toByteArray());
        assertThat(result.path("resumed").asBoolean()).isTrue();
        assertThat(result.path("steps").toString()).isEqualTo("[\"alerts\",\"plan\"]");
        assertThat(Authority.fingerprint(
                        Authority.loadCertificate(DataDirectory.open(data).keys())))
                .isEqualTo(fingerprint);
    }

    @Test
    void attemptThatWasCutOffBeforeThereWasAnApplianceBeginsAnew() throws Exception {
        Files.createDirectories(data.resolve("keys"));
        Files.writeString(data.resolve("unfinished"), data.resolve("volumes/0").toString());
        Files.writeString(data.resolve("control.db"), "half");
        Files.writeString(work.resolve("sheet"), "of a key that opens nothing");
        assertThat(setup("--answers", answers("", "").toString())).as(errors()).isZero();
        assertThat(Files.readString(work.resolve("sheet"))).contains("HFRK-");
        assertThat(setup()).isEqualTo(ExitCode.WARNINGS);
    }

    @Test
    void passwordThatWasMadeUpStaysOpenUntilItIsChanged() throws Exception {
        Path file = work.resolve("answers.toml");
        Files.writeString(file, """
                profile = "dev"
                recovery-sheet = "WORK/sheet"
                [administrator]
                name = "ann"
                new-password-file = "WORK/made"
                """.replace("WORK", work.toString()));
        assertThat(setup("--answers", file.toString())).as(errors()).isZero();
        assertThat(printed()).contains("password: ");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(work.resolve("made"))))
                .isEqualTo("rw-------");
        assertThat(printed())
                .doesNotContain(Files.readString(work.resolve("made")).strip());
        assertThat(ApplianceMain.run(
                        new StandardOutput(printed),
                        "user",
                        "set-password",
                        "ann",
                        "--password-file",
                        work.resolve("password").toString(),
                        "--data",
                        data.toString()))
                .isZero();
        assertThat(setup()).isEqualTo(ExitCode.WARNINGS);
        assertThat(printed()).doesNotContain("password: ");
    }

    @Test
    void runningApplianceShowsWhatIsOpenAndTheNamesOfItsCertificate() throws Exception {
        assertThat(setup(
                        "--answers",
                        answers("names = [\"backup.example.com\"]", "").toString()))
                .as(errors())
                .isZero();
        Files.writeString(
                work.resolve("key"),
                Files.readString(work.resolve("sheet"))
                        .lines()
                        .filter(line -> line.contains("HFRK-"))
                        .findFirst()
                        .orElseThrow());
        DataDirectory directory = DataDirectory.open(data);
        try (Credential credential = directory.unattendedKey();
                Appliance running = new Appliance(
                        directory,
                        credential,
                        new InetSocketAddress("127.0.0.1", 0),
                        Output.progress(new PrintWriter(errors)).ofStore());
                ApiClient api = new ApiClient(HttpTransport.socket(data.resolve(AdminSocket.NAME)), words -> "")) {
            JsonNode shown = api.get("/setup");
            assertThat(shown.path("introduce").asBoolean()).isTrue();
            assertThat(shown.path("clients").asText()).isEqualTo("https://127.0.0.1:" + running.port());
            assertThat(shown.path("certificate").toString()).contains("backup.example.com", "localhost");
            assertThat(shown.path("open").findValuesAsText("point"))
                    .containsExactly("recovery-key", "vault", "alerts", "plan", "node");
            assertThatThrownBy(() -> api.post("/setup/recovery-key", Map.of("key", "HFRK-0000")))
                    .isInstanceOf(Failure.UsageException.class);
            String other = "HFRK-" + "0000-".repeat(12);
            assertThatThrownBy(() -> api.post("/setup/recovery-key", Map.of("key", other)))
                    .isInstanceOf(Failure.UsageException.class)
                    .message()
                    .doesNotContain("0000-0000");
            api.post("/setup/recovery-key", Map.of("key", Files.readString(work.resolve("key"))));
            api.post("/setup/plan/dismiss", null);
            api.post("/setup/introduction/dismiss", null);
            assertThatThrownBy(() -> api.post("/setup/nonsense/dismiss", null))
                    .isInstanceOf(Failure.NotFoundException.class);
            JsonNode after = api.get("/setup");
            assertThat(after.path("introduce").asBoolean()).isFalse();
            assertThat(after.path("open").findValuesAsText("point")).containsExactly("vault", "alerts", "plan", "node");
            assertThat(after.path("open").findValuesAsText("dismissed"))
                    .containsExactly("false", "false", "true", "false");
            // A running appliance is no obstacle to looking at what is open.
            assertThat(setup()).isEqualTo(ExitCode.WARNINGS);
            assertThat(printed()).contains("plan: ").contains("(skipped)");
        }
    }

    @Test
    void withoutTerminalAndAnswersItSaysHowToAnswer() {
        assertThat(setup("--json")).isEqualTo(ExitCode.USAGE);
        assertThat(errors()).contains("setup --example");
        assertThat(setup("--dry-run")).isEqualTo(ExitCode.USAGE);
        assertThat(setup("--example")).isZero();
        assertThat(printed().lines()).contains("[administrator]").hasSizeGreaterThan(50);
    }
}
