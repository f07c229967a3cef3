package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command. */
class QuickstartTest {
    @TempDir
    Path dir;

    @Test
    void quickstartShowsTheWholeJob() throws Exception {
        Path source = dir.resolve("source");
        Files.createDirectories(source.resolve("sub"));
        Files.writeString(source.resolve("sub/hello"), "hello");
        Files.write(source.resolve("zeros"), new byte[3_000_000]);
        Process process = new ProcessBuilder(List.of(
                        Product.launcher(),
                        "quickstart",
                        "--source",
                        source.toString(),
                        "--work",
                        dir.resolve("work").toString(),
                        "--exit"))
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("out").toFile())
                .start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        String out = Files.readString(dir.resolve("out"));
        assertThat(process.exitValue()).as(out).isZero();
        assertThat(out)
                .contains("every byte and all metadata the same")
                .contains("https://127.0.0.1:")
                .contains("to 1 in all")
                .contains("another one made of vault and recovery key");
        assertThat(out.split("every byte and all metadata the same")).hasSize(3);
        assertThat(dir.resolve("work/restored-from-vault" + source + "/sub/hello"))
                .hasContent("hello");
        assertThat(dir.resolve("work/restored" + source + "/sub/hello")).hasContent("hello");
        assertThat(dir.resolve("work/appliance/run.json")).doesNotExist();
    }

    @Test
    void helpTeaches() throws Exception {
        for (String command : List.of(
                "backup",
                "restore",
                "enroll",
                "relocate",
                "rescue",
                "snapshots",
                "ls",
                "find",
                "diff",
                "cat",
                "verify",
                "quickstart")) {
            Process process = new ProcessBuilder(Product.launcher(), command, "--help").start();
            String help = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor()).isZero();
            assertThat(help).contains("Usage: holdfast " + command);
        }
        Process wrong = new ProcessBuilder(Product.launcher(), "bakcup").start();
        assertThat(wrong.waitFor()).isEqualTo(2);
    }
}
