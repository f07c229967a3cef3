package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EnrolmentRefusedException;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.text.ForeignText;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands of an appliance whose database has what hostile nodes of older releases could bring into it. */
class HostileTextTest {
    private static final String HOSTILE = "web\u001b]0;owned\u0007\nroot signed in\u009b2J\u202egpj.exe\u200b";

    @TempDir
    private Path work;

    private DataDirectory directory;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;

    @BeforeEach
    void fill() throws Exception {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add("t", Duration.ofHours(1), null);
            int node = control.nodes()
                    .enroll("t", "web1", "linux\u001b[31m", 8, id -> "f")
                    .id();
            try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + directory.controlDb());
                    PreparedStatement rename = raw.prepareStatement("UPDATE node SET name = ?, platform = ?")) {
                rename.setString(1, HOSTILE);
                rename.setString(2, HOSTILE);
                rename.executeUpdate();
            }
            control.audit().append(HOSTILE, HOSTILE, HOSTILE, HOSTILE);
            control.events().raise(Events.Severity.ALERT, "brake", node, Phrase.plain(HOSTILE));
            control.events().pauseRetention(node, Phrase.plain(HOSTILE));
            control.tasks().queue(new TaskSpec.Collect(TaskSpec.Selection.DEFAULT), HOSTILE, 0, HOSTILE);
            control.alertChannels()
                    .put(
                            "ops",
                            "{\"type\":\"webhook\",\"url\":\"https://x/\",\"form\":\"JSON\",\"least\":\"INFO\"}",
                            null);
            control.alertChannels().failed("ops", Phrase.plain(HOSTILE));
        }
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(out);
        System.setErr(err);
    }

    private String run(String... args) {
        printed.reset();
        String[] all = java.util.Arrays.copyOf(args, args.length + 2);
        all[args.length] = "--data";
        all[args.length + 1] = directory.root().toString();
        int code = ApplianceMain.run(new StandardOutput(printed), all);
        assertThat(code).as(printed.toString(StandardCharsets.UTF_8)).isBetween(0, 6);
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static void assertHarmless(String text) {
        assertThat(text.codePoints().filter(point -> point != '\n').noneMatch(ForeignText::hidden))
                .as(text)
                .isTrue();
        assertThat(text.lines()).noneMatch(line -> line.startsWith("root signed in"));
    }

    @Test
    void noCommandPrintsWhatCommandsATerminal() throws Exception {
        for (List<String> command : List.of(
                List.of("audit"),
                List.of("events"),
                List.of("tasks", "list"),
                List.of("tasks", "show", "1"),
                List.of("node", "list"),
                List.of("status"),
                List.of("snapshot", "list"),
                List.of("plan", "list"),
                List.of("plan", "next"),
                List.of("policy", "list"),
                List.of("user", "list"),
                List.of("usage"),
                List.of("alert", "list"),
                List.of("audit", "--verify"),
                // What is wrong is foreign text as well.
                List.of("node", "revoke", HOSTILE + "?"),
                List.of("tasks", "show", HOSTILE),
                List.of("plan", "run", HOSTILE),
                List.of(HOSTILE))) {
            String text = run(command.toArray(String[]::new));
            assertHarmless(text);
            String json = command.size() <= 2 && !command.contains("usage")
                    ? run(java.util.stream.Stream.concat(command.stream(), java.util.stream.Stream.of("--json"))
                            .toArray(String[]::new))
                    : "";
            assertHarmless(json);
        }
        for (List<String> each : List.of(
                List.of("audit"),
                List.of("events"),
                List.of("tasks", "list"),
                List.of("node", "list"),
                List.of("alert", "list"))) {
            assertThat(run(each.toArray(String[]::new)))
                    .as("%s", each)
                    .contains("web\\x1b]0;owned\\x07\\x0aroot signed in\\u009b2J\\u202egpj.exe\\u200b");
        }
    }

    @Test
    void jsonIsExact() throws Exception {
        assertThat(new ObjectMapper()
                        .readTree(run("node", "list", "--json"))
                        .path(0)
                        .path("name")
                        .asText())
                .isEqualTo(HOSTILE);
        assertThat(new ObjectMapper().readTree(run("audit", "--json")).findValuesAsText("object"))
                .contains(HOSTILE);
    }

    @Test
    void helpKeepsItsLines() {
        printed.reset();
        assertThat(ApplianceMain.run(new StandardOutput(printed), "audit", "--help"))
                .isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8).lines()).hasSizeGreaterThan(10);
        assertHarmless(printed.toString(StandardCharsets.UTF_8));
    }

    @Test
    void namesAreRestrictedWhereTheyAreMade() throws Exception {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add("u", Duration.ofHours(1), null);
            for (String name : new String[] {
                HOSTILE, "", " a", "a b", "-a", ".a", "a/b", "a\n", "x".repeat(64), "a\u202eb", "\u3164", "a:b", "<b>"
            }) {
                assertThatThrownBy(() -> control.nodes().enroll("u", name, "linux", 8, id -> "f"))
                        .as(name)
                        .isInstanceOf(EnrolmentRefusedException.class)
                        .hasMessageContaining("invalid node name '")
                        .satisfies(e -> assertHarmless(String.valueOf(e.getMessage())));
                assertThatThrownBy(() -> control.alertChannels().put(name, "{}", null))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            // The token is as good as before.
            assertThat(control.nodes()
                            .enroll("u", "办公室-7.例え_x", "linux\n" + "p".repeat(500), 8, id -> "f")
                            .platform())
                    .startsWith("linux\\x0appp")
                    .hasSize(201);
        }
    }

    @Test
    void aBrokenLogHasAnExitCodeOfItsOwn() throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + directory.controlDb());
                PreparedStatement change = raw.prepareStatement("UPDATE audit SET hash = ''")) {
            change.executeUpdate();
        }
        assertThat(ApplianceMain.run(
                        new StandardOutput(printed),
                        "audit",
                        "--verify",
                        "--data",
                        directory.root().toString()))
                .isEqualTo(ExitCode.DAMAGED);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("BROKEN: entry 1 in the database has no hash");
        assertThat(run("audit", "--keep-days", "30", "--keep-entries", "5000", "--keep-megabytes", "2"))
                .contains("30 days, at most 5000 of them, at most 2 MB");
        assertThat(ApplianceMain.run(
                        new StandardOutput(printed),
                        "audit",
                        "--keep-days",
                        "0",
                        "--data",
                        directory.root().toString()))
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aChannelThatIsNotEncryptedMustBeAllowed() throws Exception {
        Path secret = Files.writeString(work.resolve("secret"), "s3cret\n");
        String[] plain = {
            "alert", "webhook", "plain", "http://hooks.example.com/x?token=1", "--secret-file", secret.toString()
        };
        assertThat(run(plain))
                .contains("is not encrypted")
                .contains("--allow-plain-http")
                .doesNotContain("token=1");
        assertThat(run(java.util.stream.Stream.concat(
                                java.util.Arrays.stream(plain), java.util.stream.Stream.of("--allow-plain-http"))
                        .toArray(String[]::new)))
                .contains("warning: this channel is not encrypted");
        assertThat(run("alert", "list")).contains("plain:").contains("WARNING: not encrypted");
        assertThat(run(
                        "alert",
                        "mail",
                        "m",
                        "--host",
                        "mx.example.com",
                        "--security",
                        "NONE",
                        "--from",
                        "a@x",
                        "--to",
                        "b@x"))
                .contains("is not encrypted");
    }

    @Test
    void aDirectoryThatWasThereBeforeIsClosedToOthers() throws Exception {
        Path open = Files.createDirectory(work.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataDirectory made = DataDirectory.init(open, "dev", List.of(), null).directory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
                .isEqualTo("rwx------");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxr-x"));
        made.closeToOthers();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
                .isEqualTo("rwx------");
        for (Path volume : made.volumes()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(volume)))
                    .isEqualTo("rwx------");
        }
    }
}
