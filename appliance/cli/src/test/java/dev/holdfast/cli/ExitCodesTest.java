package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.snapshot.ManifestFiles;
import dev.holdfast.vault.oss.OssServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The table of exit codes in the README, for every command of the appliance; and what each says. */
class ExitCodesTest {
    private static final UUID SNAPSHOT = UUID.fromString("3f2a0000-0000-4000-8000-000000000001");

    @TempDir
    private Path work;

    private DataDirectory directory;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream err = System.err;

    @BeforeEach
    void make() throws Exception {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
            control.tasks().queue(new TaskSpec.Collect(TaskSpec.Selection.DEFAULT), "collect", 0, "administrator");
            control.events().raise(Events.Severity.INFO, "test", 1, Phrase.plain("something"));
            control.audit().append("administrator", "test", "", "allowed");
        }
        // Of a manifest these commands read the name alone.
        Path manifest = new ManifestFiles(directory.root().resolve("manifests")).path(1, SNAPSHOT);
        AtomicFile.createDirectory(manifest.getParent());
        Files.write(manifest, new byte[10]);
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setErr(err);
    }

    private int run(List<String> command) {
        printed.reset();
        errors.reset();
        return ApplianceMain.run(new StandardOutput(printed), command.toArray(String[]::new));
    }

    private String fails(int code, String... command) {
        List<String> all = new ArrayList<>(Arrays.asList(command));
        all.addAll(List.of("--data", directory.root().toString()));
        assertThat(run(all)).as("%s: %s", all, errors).isEqualTo(code);
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
        String said = errors.toString(StandardCharsets.UTF_8);
        assertThat(said).as("%s", all).startsWith("holdfast: ").hasLineCount(1);
        return said;
    }

    /** Every command that does something, with its full name. */
    private static void leaves(CommandLine line, List<String> name, List<List<String>> found) {
        if (line.getSubcommands().isEmpty() || line.getCommandSpec().userObject() instanceof Callable) {
            found.add(List.copyOf(name));
        }
        line.getSubcommands().forEach((word, command) -> {
            if (!word.equals("help")) {
                List<String> longer = new ArrayList<>(name);
                longer.add(word);
                leaves(command, longer, found);
            }
        });
    }

    @Test
    void typoInAnyCommandPrintsTwoLinesAndEndsWith2() {
        List<List<String>> commands = new ArrayList<>();
        leaves(new CommandLine(new ApplianceMain()), List.of(), commands);
        assertThat(commands).hasSizeGreaterThan(50);
        for (List<String> command : commands) {
            List<String> all = new ArrayList<>(command);
            all.add("--no-such-option");
            assertThat(run(all)).as("%s", all).isEqualTo(ExitCode.USAGE);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .as("%s", all)
                    .startsWith("holdfast: ")
                    .satisfies(text -> assertThat(text.lines().count()).isLessThanOrEqualTo(2));
        }
        assertThat(run(List.of("snapshot", "lsit"))).isEqualTo(ExitCode.USAGE);
        assertThat(errors.toString(StandardCharsets.UTF_8)).hasLineCount(2);
    }

    @Test
    void whatIsNotThereEndsWith6AndIsNamed() {
        for (List<String> command : List.of(
                List.of("snapshot", "restore", "zzzz", "--target", "/back"),
                List.of("snapshot", "restore", "3f2a", "--node", "zzzz", "--target", "/back"),
                List.of("snapshot", "verify", "zzzz"),
                List.of("snapshot", "forget", "zzzz"),
                List.of("snapshot", "hold", "zzzz"),
                List.of("snapshot", "release", "zzzz"),
                List.of("snapshot", "lock", "zzzz", "--days", "3"),
                List.of("token", "create", "--node", "zzzz"),
                List.of("node", "revoke", "zzzz"),
                List.of("node", "release", "zzzz"),
                List.of("node", "resume", "zzzz"),
                List.of("plan", "bind", "zzzz", "web1"),
                List.of("plan", "pause", "zzzz"),
                List.of("plan", "resume", "zzzz"),
                List.of("plan", "run", "zzzz"),
                List.of("policy", "bind", "zzzz", "web1"),
                List.of("drill", "run", "zzzz"),
                List.of("user", "remove", "zzzz"),
                List.of("alert", "remove", "zzzz"),
                List.of("tasks", "show", "4711"),
                List.of("tasks", "cancel", "4711"),
                List.of("tasks", "pause", "4711"),
                List.of("events", "--acknowledge", "4711"))) {
            String said = fails(ExitCode.NOT_FOUND, command.toArray(String[]::new));
            assertThat(said).as("%s", command).containsAnyOf("zzzz", "4711");
        }
    }

    @Test
    void vaultThatRefusesCredentialsEndsWith5AndOneThatIsNotThereWith3() throws Exception {
        try (OssServer server = new OssServer(work.resolve("bucket"))) {
            String id = server.admit("LTAItest", "").id();
            Path credentials = work.resolve("credentials");
            Files.writeString(credentials, "OSS_ACCESS_KEY_ID=" + id + "\nOSS_ACCESS_KEY_SECRET=wrong\n");
            List<String> check = new ArrayList<>(List.of(
                    "vault",
                    "check",
                    "oss://" + OssServer.BUCKET + "/office",
                    "--region",
                    OssServer.REGION,
                    "--addressing",
                    "PATH",
                    "--credentials-file",
                    credentials.toString(),
                    "--endpoint"));
            check.add(server.endpoint());
            assertThat(run(check)).as("%s", errors).isEqualTo(ExitCode.REFUSED);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains("oss://" + OssServer.BUCKET + "/office: ", "secret", "--credentials-file")
                    .doesNotContain("wrong");
            check.set(2, "oss://no-such-bucket/office");
            Files.writeString(
                    credentials,
                    "OSS_ACCESS_KEY_ID=b\nOSS_ACCESS_KEY_SECRET="
                            + server.admit("b", "").secret() + "\n");
            assertThat(run(check)).as("%s", errors).isEqualTo(ExitCode.FAILED);
            assertThat(errors.toString(StandardCharsets.UTF_8)).contains("there is no bucket no-such-bucket");
        }
    }

    @Test
    void whatIsHeldOrLockedEndsWith5() throws Exception {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.marks().hold(SNAPSHOT, 1, "audit 2026");
        }
        assertThat(fails(ExitCode.REFUSED, "snapshot", "forget", "3f2a"))
                .contains(SNAPSHOT.toString(), "audit 2026", "nothing was changed");
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.marks().hold(SNAPSHOT, 1, null);
            assertThat(control.audit().newest(1).getFirst().outcome()).startsWith("refused");
        }
        assertThat(run(List.of(
                        "snapshot",
                        "lock",
                        "3f2a",
                        "--days",
                        "3",
                        "--compliance",
                        "--data",
                        directory.root().toString())))
                .isZero();
        assertThat(fails(ExitCode.REFUSED, "snapshot", "forget", "3f2a")).contains("locked (compliance) until 20");
        assertThat(fails(ExitCode.REFUSED, "snapshot", "lock", "3f2a", "--days", "1"))
                .contains(SNAPSHOT.toString(), "compliance");
    }

    @Test
    void directoryThatIsNoApplianceEndsWith3AndOneInUseWith8() throws Exception {
        for (String command : new String[] {"status", "check", "audit", "events", "run"}) {
            assertThat(run(List.of(command, "--data", work.resolve("none").toString())))
                    .isEqualTo(ExitCode.FAILED);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .contains(work.resolve("none").toString());
        }
        try (AutoCloseable held = directory.lock()) {
            assertThat(held).isNotNull();
            assertThat(fails(ExitCode.IN_USE, "check"))
                    .contains(directory.root().toString());
            assertThat(fails(ExitCode.IN_USE, "run", "--listen", "127.0.0.1:0")).contains("another process");
        }
    }

    @Test
    void addressInUseIsNamed() throws Exception {
        Files.delete(new ManifestFiles(directory.root().resolve("manifests")).path(1, SNAPSHOT));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertThat(fails(ExitCode.FAILED, "run", "--listen", address))
                    .contains("cannot listen on " + address, "--listen");
        }
        assertThat(fails(ExitCode.USAGE, "run", "--listen", "no-such-host.invalid:1"))
                .contains("no-such-host.invalid");
    }

    @Test
    void printedAddressesAreThoseThatCanBeTyped() {
        assertThat(Output.authority("127.0.0.1", 8807)).isEqualTo("127.0.0.1:8807");
        assertThat(Output.authority("::1", 8807)).isEqualTo("[::1]:8807");
        assertThat(Output.authority("0.0.0.0", 8807)).doesNotContain("0.0.0.0").endsWith(":8807");
        assertThat(Output.authority("::", 8807)).doesNotContain("::").endsWith(":8807");
    }

    @Test
    void timesCarryAZoneAndAreIso8601InJson() throws Exception {
        String data = directory.root().toString();
        for (List<String> command : List.of(
                List.of("node", "list"),
                List.of("audit"),
                List.of("events"),
                List.of("tasks", "list"),
                List.of("tasks", "show", "1"))) {
            List<String> all = new ArrayList<>(command);
            all.addAll(List.of("--data", data));
            assertThat(run(all)).isZero();
            assertThat(printed.toString(StandardCharsets.UTF_8))
                    .as("%s", command)
                    .doesNotContainPattern("\\d\\d:\\d\\d:\\d\\d(?![+-]\\d{4})");
            all.add("--json");
            assertThat(run(all)).isZero();
            JsonNode json = new ObjectMapper().readTree(printed.toByteArray());
            assertThat(json.toString()).as("%s", command).containsPattern("\"20\\d\\d-\\d\\d-\\d\\dT[0-9:.]+Z\"");
            // No ms since 1970 is left, of this decade or the next.
            assertThat(json.toString()).as("%s", command).doesNotContainPattern("[:,\\[][12]\\d{12}[,}\\]]");
        }
    }
}
