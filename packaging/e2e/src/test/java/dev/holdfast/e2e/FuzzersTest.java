package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every fuzzer for a few seconds, from its corpus; {@code packaging/fuzz/run 3600} is the long form. */
class FuzzersTest {
    private static final String SECONDS = System.getProperty("holdfast.fuzz.seconds", "3");

    @TempDir
    Path dir;

    @Test
    void fuzzersFindNothing() throws Exception {
        Path root = Path.of(System.getProperty("holdfast.root"));
        Path out = dir.resolve("out");
        Process process = new ProcessBuilder(root.resolve("packaging/fuzz/run").toString(), SECONDS)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
        String printed = java.nio.file.Files.readString(out);
        assertThat(process.exitValue()).as(printed).isZero();
        assertThat(printed.lines().filter(line -> line.endsWith("nothing found")))
                .hasSize(9);
    }
}
