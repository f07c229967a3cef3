package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands whose output does not arrive. */
class LostOutputTest {
    private static final Pattern RECOVERY_KEY = Pattern.compile("HFRK(-[A-Z0-9]{4})+");

    @TempDir
    private Path work;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream err = System.err;

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setErr(err);
    }

    /** Acts like a full disk: accepts a limited number of bytes. */
    private static final class Full extends OutputStream {
        private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        private final int room;

        Full(int room) {
            this.room = room;
        }

        @Override
        public void write(int value) throws IOException {
            if (arrived.size() >= room) {
                throw new IOException("No space left on device");
            }
            arrived.write(value);
        }
    }

    private int run(OutputStream out, String... args) {
        errors.reset();
        return ApplianceMain.run(new StandardOutput(out), args);
    }

    private String init(OutputStream out, int expected) {
        assertThat(run(out, "init", "--data", work.resolve("data").toString(), "--profile", "dev"))
                .isEqualTo(expected);
        return errors.toString(StandardCharsets.UTF_8);
    }

    @Test
    void thereIsNoApplianceWithoutAShownRecoveryKey() throws Exception {
        for (int room : new int[] {0, 1, 60, 150, 180}) {
            assertThat(init(new Full(room), ExitCode.FAILED)).contains("No space left on device");
            assertThat(work.resolve("data/appliance.json")).doesNotExist();
        }
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        init(shown, ExitCode.OK);
        var key = RECOVERY_KEY.matcher(shown.toString(StandardCharsets.UTF_8));
        assertThat(key.find()).isTrue();
        try (Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(key.group()))) {
            DataDirectory.open(work.resolve("data"))
                    .keyring()
                    .unlock(credential)
                    .close();
        }
        try (Stream<Path> files = Files.list(work.resolve("data"))) {
            assertThat(files.map(each -> each.getFileName().toString())).doesNotContain("unfinished");
        }
    }

    @Test
    void attemptThatWasCutOffIsBegunAnewAndNothingElseIsTouched() throws Exception {
        Path volume = work.resolve("volume");
        DataDirectory.Initialised[] first = new DataDirectory.Initialised[1];
        try {
            DataDirectory.init(work.resolve("data"), "dev", List.of(volume), null, HashAlgorithm.NEWEST, made -> {
                first[0] = made;
                // As kill -9 leaves it.
                Files.copy(work.resolve("data/unfinished"), work.resolve("mark"));
                throw new IllegalStateException("cut off");
            });
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("cut off");
        }
        assertThat(first[0]).isNotNull();
        assertThat(volume.resolve("volume.json")).doesNotExist();
        String key = DataDirectory.init(work.resolve("data"), "dev", List.of(volume), null)
                .recoveryKey();
        assertThat(key).isNotEqualTo(first[0].recoveryKey());
        // A whole appliance is never taken for an unfinished one.
        Files.copy(work.resolve("mark"), work.resolve("data/unfinished"));
        assertThat(init(new ByteArrayOutputStream(), ExitCode.FAILED)).contains("is not empty");
        assertThat(volume.resolve("volume.json")).exists();
        DataDirectory.open(work.resolve("data"));
    }

    @Test
    void newRecoveryKeyThatWasNotShownDoesNotReplaceTheOldOne() throws Exception {
        DataDirectory.Initialised made = DataDirectory.init(work.resolve("data"), "dev", List.of(), null);
        String data = work.resolve("data").toString();
        assertThat(run(new Full(10), "key", "new-recovery-key", "--data", data)).isEqualTo(ExitCode.FAILED);
        try (Credential credential =
                new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(made.recoveryKey()))) {
            made.directory().keyring().unlock(credential).close();
        }
        assertThat(run(new Full(10), "key", "rotate", "--data", data)).isEqualTo(ExitCode.FAILED);
        assertThat(errors.toString(StandardCharsets.UTF_8)).contains("holdfast appliance key new-recovery-key --data");
    }

    @Test
    void whateverIsPrintedIsChecked() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add("t", Duration.ofHours(1), null);
            control.nodes().enroll("t", "web1", "linux", 8, id -> "f");
        }
        for (List<String> command : List.of(
                List.of("token", "create"),
                List.of("token", "create", "--json"),
                List.of("status"),
                List.of("snapshot", "list"),
                List.of("snapshot", "list", "--json"),
                List.of("audit"),
                List.of("plan", "list", "--json"),
                List.of("key", "list"))) {
            Stream<String> all = Stream.concat(
                    command.stream(), Stream.of("--data", directory.root().toString()));
            assertThat(run(new Full(0), all.toArray(String[]::new)))
                    .as("%s", command)
                    .isEqualTo(ExitCode.FAILED);
            assertThat(errors.toString(StandardCharsets.UTF_8))
                    .isEqualToIgnoringNewLines(
                            "holdfast: standard output cannot be written: No space left on device\n");
        }
        assertThat(run(new Full(0), "--help")).isEqualTo(ExitCode.FAILED);
        // The reader of a pipe ended first: as any program that SIGPIPE ends, without a word.
        OutputStream pipe = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertThat(run(pipe, "status", "--data", directory.root().toString())).isEqualTo(ExitCode.READER_GONE);
        assertThat(errors.toString(StandardCharsets.UTF_8)).isEmpty();
    }
}
