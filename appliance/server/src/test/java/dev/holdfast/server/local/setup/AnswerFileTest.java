package dev.holdfast.server.local.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.policy.Retention;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What answer files may say, and what is told of those that say something else. */
class AnswerFileTest {
    private static final String LEAST = """
            recovery-sheet = "/tmp/sheet"
            [administrator]
            name = "admin"
            password-file = "/tmp/password"
            """;

    private static SetupAnswers parse(String content) throws Exception {
        return AnswerFile.parse("answers.toml", content);
    }

    @Test
    void leastAnswersHaveTheDefaults() throws Exception {
        assertThat(parse(LEAST))
                .isEqualTo(new SetupAnswers(
                        "auto",
                        List.of(),
                        List.of(),
                        null,
                        Path.of("/tmp/sheet"),
                        new SetupAnswers.Administrator("admin", new Secret.InFile(Path.of("/tmp/password"))),
                        null,
                        null,
                        null,
                        1440));
    }

    @Test
    void exampleIsValidAndSoIsEachOfItsLines() throws Exception {
        assertThat(parse(AnswerFile.example()).administrator().name()).isEqualTo("admin");
        // With a webhook instead of mail, and a password that exists.
        String all = AnswerFile.example()
                .replaceAll("(?m)^#\\[mail\\](?s:.*?)(?=^#\\[webhook\\])", "")
                .replaceAll("(?m)^#(?=[\\[a-z])", "")
                .replaceAll("(?m)^new-password-file.*$", "");
        SetupAnswers answers = parse(all);
        assertThat(answers.volumes()).hasSize(2);
        assertThat(answers.names()).containsExactly("backup.example.com", "192.0.2.10");
        assertThat(answers.vault().address().url()).isEqualTo("oss://backups/office-7");
        assertThat(answers.alerts().name()).isEqualTo("webhook");
        assertThat(answers.plan().keep()).isEqualTo(new Retention(0, 0, 14, 8, 12, 0, 0));
        assertThat(answers.plan().forgets()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            volume = ["/srv"]           | 'volume' is not known; did you mean 'volumes'?
            admin = "x"                 | 'admin' is not known; did you mean
            volumes = "/srv"            | 'volumes' is a list
            volumes = [1]               | 'volumes' is a list of texts
            token-minutes = 0           | 'token-minutes' is a number from 1 to 10080
            token-minutes = "1"         | 'token-minutes' is a number
            profile = ""                | 'profile' is a text
            vault = "oss://x/y"         | 'vault' is a table: write [vault]
            plan = { path = ["/x"] }    | table [plan]: the key 'path' is not known; did you mean 'paths'?
            vault = { region = "x" }    | table [vault]: the key 'url' is missing
            webhook = { url = "x", allow-plain = "yes" } | 'allow-plain' is true or false
            names = [                   | answers.toml, line
            """)
    void wrongAnswerIsNamedWithItsKey(String line, String told) {
        assertThatThrownBy(() -> parse(line + "\n" + LEAST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("answers.toml")
                .hasMessageContaining(told);
    }

    @Test
    void passwordIsGivenInOneWay() {
        assertThatThrownBy(() -> parse(LEAST + "new-password-file = \"/tmp/other\"\n"))
                .hasMessageContaining("table [administrator]: the key 'password-file' or 'new-password-file'");
        assertThatThrownBy(() -> parse("recovery-sheet = \"/tmp/sheet\"\n"))
                .hasMessageContaining("the key 'administrator' is missing");
        assertThatThrownBy(() -> parse(LEAST + """
                [mail]
                host = "localhost"
                from = "a@example.com"
                to = ["b@example.com"]
                [webhook]
                url = "https://example.com"
                """)).hasMessageContaining("exclude each other");
    }
}
