package dev.holdfast.protocol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
    private static byte[] typed(String word) throws IOException, InterruptedException {
        Process bash = new ProcessBuilder("bash", "-c", "printf %s " + word).start();
        byte[] printed = bash.getInputStream().readAllBytes();
        assertThat(bash.waitFor()).as(word).isZero();
        return printed;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain/path-1.txt",
                "a b",
                "it's",
                "$(x) `y` \\ \"",
                "",
                "ä ß",
                "*?[]{}~!#;&|<>()",
                "line\nfeed\ttab",
                "\u001b[31m'\\",
                "\u202eright to left",
                "no text \udcff\udcc3",
                "a\n0",
                "-x",
                "a=b"
            })
    void shellReadsTheSameText(String text) throws Exception {
        String word = ShellWord.of(text);
        assertThat(typed(word)).as(word).isEqualTo(LooseText.bytes(text));
        assertThat(ForeignText.render(word)).as("it can be shown").isEqualTo(word);
    }

    @Test
    void commandsHaveWhatTheyWorkOn() {
        assertThat(TypedCommand.appliance(Path.of("/srv/it's"), "node", "resume", "a b"))
                .isEqualTo("holdfast appliance node resume 'a b' --data '/srv/it'\\''s'");
        assertThat(TypedCommand.client(Path.of("/var/lib/../x"), "ls", "latest:/ä"))
                .isEqualTo("holdfast --state /var/x ls 'latest:/ä'");
        assertThat(TypedCommand.client(Path.of("state"), "ls"))
                .contains(" --state /")
                .endsWith("/state ls");
    }
}
