package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.Machine;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.setup.SetupRecord;
import dev.holdfast.control.setup.SetupStep;
import dev.holdfast.server.local.setup.FirstSetup;
import dev.holdfast.server.local.setup.Served;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A setup by questions, answered by a script. */
class SetupDialogueTest {
    private static final String PASSWORD = "correct horse battery staple";
    private static final Pattern GROUPS = Pattern.compile("groups (\\d+) and (\\d+)");

    @TempDir
    private Path work;

    private Path data;
    private final StringWriter printed = new StringWriter();
    private final StringWriter errors = new StringWriter();

    /** Answers in order; KEY is the groups of the recovery key that are asked for. */
    private final class Script implements Terminal {
        private final Deque<String> answers;

        private Script(String... answers) {
            this.answers = new ArrayDeque<>(List.of(answers));
        }

        @Override
        public String ask(String question) throws IOException {
            if (answers.isEmpty()) {
                throw Terminal.ended();
            }
            String answer = answers.remove();
            return answer.equals("KEY") ? groups(question) : answer;
        }

        @Override
        public String secret(String question) throws IOException {
            return ask(question);
        }
    }

    /** From the sheet that was shown. */
    private String groups(String question) {
        String key = printed.toString()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("HFRK-"))
                .findFirst()
                .orElseThrow();
        List<String> groups = Arrays.stream(key.split("-", -1)).skip(1).toList();
        Matcher asked = GROUPS.matcher(question);
        assertThat(asked.find()).isTrue();
        return groups.get(Integer.parseInt(asked.group(1)) - 1) + " "
                + groups.get(Integer.parseInt(asked.group(2)) - 1);
    }

    private void answer(String... answers) throws Exception {
        data = work.resolve("data");
        PrintWriter out = new PrintWriter(printed, true);
        PrintWriter err = new PrintWriter(errors, true);
        FirstSetup setup = new FirstSetup(
                data,
                new Machine(2, 4L << 30),
                new Served(new InetSocketAddress("0.0.0.0", 8807), new InetSocketAddress("0.0.0.0", 8808)));
        new SetupDialogue(setup, new Script(answers), new SetupText(out, data), Output.progress(err), err).run();
    }

    private interface Look {
        void at(ControlDb control) throws Exception;
    }

    private void look(Look look) throws Exception {
        try (ControlDb control = new ControlDb(DataDirectory.open(data).controlDb())) {
            look.at(control);
        }
    }

    @Test
    void wrongAnswersAreAskedAgainAndTheKeyIsConfirmed() throws Exception {
        answer(
                // Volumes, profile, names, administrator: the first time with a name that is none and a short password.
                "",
                "dev",
                "not_a_name",
                "ann",
                "short",
                "short",
                "-",
                "",
                "dev",
                "backup.example.com",
                "ann",
                PASSWORD,
                "another",
                PASSWORD,
                PASSWORD,
                work.resolve("sheet").toString(),
                // Make it; the recovery key, the first time not as it was shown.
                "yes",
                "XXXX XXXX",
                "KEY",
                // A vault that is none, and one.
                "ftp://x",
                "file://" + work.resolve("nas"),
                // No alerts; a plan.
                "none",
                "/etc /home",
                "",
                "",
                "yes",
                "daily");
        assertThat(errors.toString())
                .contains("'not_a_name' cannot stand in a certificate")
                .contains("12 to 256 characters");
        assertThat(printed.toString())
                .contains("HOLDFAST RECOVERY SHEET")
                .contains("These were two different passwords.")
                .contains("These are others.")
                .contains("Right.")
                .contains("holdfast enroll https://backup.example.com:8807")
                .contains("plan bind daily NODE")
                .contains("policy bind daily NODE")
                .doesNotContain("recovery-key: ")
                .doesNotContain(PASSWORD);
        assertThat(Files.readString(work.resolve("sheet"))).contains("HFRK-");
        look(control -> {
            assertThat(new SetupRecord(control)
                            .confirmed(DataDirectory.open(data).keyring()))
                    .isTrue();
            assertThat(new SetupRecord(control).names()).containsExactly("backup.example.com");
            assertThat(control.vaults().list()).hasSize(1);
            assertThat(control.plans().find("daily")).isPresent();
        });
    }

    @Test
    void answersThatEndAfterTheApplianceIsMadeLeaveOneToResume() throws Exception {
        assertThatThrownBy(() -> answer("", "dev", "", "ann", PASSWORD, PASSWORD, "-", "yes", "later"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("rerun the command to resume");
        String vault = DataDirectory.open(data).keyring().vault().toString();
        look(control -> {
            assertThat(new SetupRecord(control).unfinished()).isTrue();
            assertThat(new SetupRecord(control).done(SetupStep.ADMINISTRATOR)).isTrue();
        });
        printed.getBuffer().setLength(0);
        answer("none", "none", "");
        assertThat(printed.toString())
                .contains("was interrupted; it resumes")
                .doesNotContain("HFRK-")
                .contains("recovery-key: ")
                .contains("vault: ")
                .contains("hf1.");
        assertThat(DataDirectory.open(data).keyring().vault()).hasToString(vault);
        look(control -> assertThat(new SetupRecord(control).unfinished()).isFalse());
    }

    @Test
    void cancelledSetupMakesNothing() {
        assertThatThrownBy(() -> answer("", "dev", "", "ann", PASSWORD, PASSWORD, "-", "no"))
                .hasMessageContaining("nothing was made");
        assertThat(data).doesNotExist();
        // Nobody saw the key to the end.
        assertThatThrownBy(() -> answer("", "dev", "", "ann", PASSWORD, PASSWORD, "-", "yes"))
                .hasMessageContaining("the answers ended");
        assertThat(data.resolve("appliance.json")).doesNotExist();
    }
}
