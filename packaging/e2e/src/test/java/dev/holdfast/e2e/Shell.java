package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs the launcher in surroundings that a shell makes: limits, descriptors, name spaces, environments. */
final class Shell {
    private final Path work;
    private int runs;

    Shell(Path work) {
        this.work = work;
    }

    /**
     * Runs a script of bash, with the launcher as {@code $0} and the words behind it.
     *
     * @param environment all that there is of it besides PATH; null for the test's own
     */
    Product.Result run(@Nullable Map<String, String> environment, String script, String... words) throws Exception {
        Process process = start(environment, script, words);
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("still running: " + script + " " + List.of(words));
        }
        return new Product.Result(process.exitValue(), read("out"), read("err"));
    }

    private String read(String name) throws IOException {
        return Files.readString(work.resolve("shell-" + runs + "." + name), StandardCharsets.ISO_8859_1);
    }

    Process start(@Nullable Map<String, String> environment, String script, String... words) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("env", "--default-signal", "/bin/bash", "-c", script, Product.launcher()));
        command.addAll(List.of(words));
        Files.createDirectories(work);
        runs++;
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(work.resolve("shell-" + runs + ".out").toFile())
                .redirectError(work.resolve("shell-" + runs + ".err").toFile());
        if (environment != null) {
            builder.environment().clear();
            builder.environment().put("PATH", System.getenv("PATH"));
            builder.environment().putAll(environment);
        }
        return builder.start();
    }

    /** One line of the launcher or the program says what is wrong; no stack, nothing of the JVM's. */
    static void mustExplain(Product.Result result, int code, String... parts) {
        result.mustBe(code);
        assertThat(result.err()).contains(parts).contains("holdfast: ");
        assertThat(result.err()).doesNotContain("Exception in thread", "\tat ", "hs_err");
    }

    /** What the command that was started last has said so far. */
    String err() throws IOException {
        return read("err");
    }

    /** Skips a test where the system lets this process make no name spaces: to others than root, and in most containers. */
    static void assumeNamespaces() throws Exception {
        Process process = new ProcessBuilder(
                        "unshare", "--mount", "--uts", "sh", "-c", "hostname x && mount -t tmpfs x /mnt")
                .redirectErrorStream(true)
                .start();
        process.getInputStream().readAllBytes();
        assumeTrue(process.waitFor() == 0, "the system lets this process make no name spaces");
    }
}
