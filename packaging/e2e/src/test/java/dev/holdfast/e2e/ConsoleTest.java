package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The console in a real browser, by the tests in {@code web/browser}, which start an appliance and clients themselves. */
class ConsoleTest {
    @TempDir
    Path work;

    @Test
    @Timeout(value = 45, unit = TimeUnit.MINUTES)
    void theConsoleWorksInABrowser() throws Exception {
        Path web = Path.of(System.getProperty("holdfast.root")).resolve("web");
        Path said = work.resolve("said");
        ProcessBuilder builder = new ProcessBuilder("npm", "run", "--silent", "test:browser")
                .directory(web.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("HOLDFAST_LAUNCHER", Product.launcher());
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(40, TimeUnit.MINUTES);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String told = Files.readString(said);
        System.out.println(told);
        assertThat(ended).as("the browser tests end").isTrue();
        assertThat(process.exitValue()).as(told).isZero();
        assertThat(told).contains("fail 0").contains("skipped 0").doesNotContain("tests 0");
    }
}
