package dev.holdfast.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values come from the command line, else from the environment, else from the file; what is wrong is named with its place. */
class ConfigurationTest {
    private static final Configuration.Key LISTEN = new Configuration.Key("listen", false, false);
    private static final Configuration.Key NAME = new Configuration.Key("name", false, true);
    private static final Configuration.Key DEEP = new Configuration.Key("restore-privileged", true, false);
    private static final Configuration.Key DATA = new Configuration.Key("data", false, false);
    private static final List<Configuration.Key> KEYS = List.of(LISTEN, NAME, DEEP);

    @TempDir
    Path dir;

    private Configuration configuration(String text, Map<String, String> environment) throws IOException {
        Path file = Files.writeString(dir.resolve("test.toml"), text);
        return new Configuration(ConfigFile.read(file), environment);
    }

    @Test
    void fileEnvironmentAndCommandLineInThisOrder() throws Exception {
        String text =
                "# a comment\nlisten = \"0.0.0.0:8807\"\nname = [\"a.example\", \"b.example\"]\nrestore-privileged = true\n";
        assertThat(configuration(text, Map.of()).words(KEYS, List.of("run")))
                .containsExactly(
                        "--listen=0.0.0.0:8807", "--name=a.example", "--name=b.example", "--restore-privileged");
        assertThat(configuration(
                                text,
                                Map.of(
                                        "HOLDFAST_LISTEN", "[::]:1",
                                        "HOLDFAST_NAME", "c,d",
                                        "HOLDFAST_RESTORE_PRIVILEGED", "false"))
                        .words(KEYS, List.of("run")))
                .containsExactly("--listen=[::]:1", "--name=c", "--name=d");
        assertThat(configuration(text, Map.of("HOLDFAST_LISTEN", ""))
                        .words(KEYS, List.of("run", "--listen", "x:1", "--name=e", "--restore-privileged")))
                .isEmpty();
    }

    @Test
    void aMissingOrEmptyFileSetsNothing() throws Exception {
        assertThat(ConfigFile.read(dir.resolve("none.toml")).values()).isEmpty();
        assertThat(configuration("# listen = \"x:1\"\n\n   # more\n", Map.of()).words(KEYS, List.of()))
                .isEmpty();
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        assertThatThrownBy(() -> configuration("a = 1\nlisten = x:1\n", Map.of()))
                .hasMessageContaining("test.toml, line 2");
        assertThatThrownBy(() -> configuration("[table]\nlisten = \"x:1\"\n", Map.of()))
                .hasMessageContaining("the value of 'table'");
        assertThatThrownBy(() -> configuration("lissten = \"x:1\"\n", Map.of()).requireKnown(List.of(LISTEN, DATA)))
                .hasMessageContaining("'lissten' is not known; known are data, listen");
        assertThatThrownBy(() ->
                        configuration("listen = [\"x:1\", \"y:1\"]\n", Map.of()).words(KEYS, List.of()))
                .hasMessageContaining("'listen' has 2 values");
        assertThatThrownBy(() -> configuration("restore-privileged = \"yes\"\n", Map.of())
                        .words(KEYS, List.of()))
                .hasMessageContaining("write true or false");
        assertThatThrownBy(() -> configuration("", Map.of("HOLDFAST_RESTORE_PRIVILEGED", "1"))
                        .words(KEYS, List.of()))
                .hasMessageContaining("the environment variable HOLDFAST_RESTORE_PRIVILEGED is '1'");
        assertThatThrownBy(() -> configuration("a = \"" + "x".repeat(1 << 16) + "\"", Map.of()))
                .hasMessageContaining("larger than 65536 bytes");
    }

    /** Random bytes, and valid files with bytes changed, are read or refused with the file's name. */
    @Test
    void anyBytesAreReadOrRefused() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] valid = "listen = \"0.0.0.0:8807\"\nname = [\"a\", 'b', 1, 2.5, true, 1979-05-27]\n"
                .getBytes(StandardCharsets.UTF_8);
        Path file = dir.resolve("any.toml");
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = valid.clone();
            if (round % 3 == 0) {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            } else {
                for (int change = random.nextInt(4); change >= 0; change--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            Files.write(file, bytes);
            try {
                assertThat(ConfigFile.read(file).values())
                        .as("seed %d, round %d", seed, round)
                        .isNotNull();
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d, round %d", seed, round).hasMessageStartingWith(file.toString());
            }
        }
    }
}
