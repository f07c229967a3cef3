package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The backup command as shells and scripts call it: other locales, failing producers, closed descriptors, odd paths. */
class CaptureCommandTest {
    @TempDir(cleanup = CleanupMode.NEVER)
    Path dir;

    private Product product;
    private Product.Client client;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("capture");
        source = Files.createDirectories(dir.resolve("source")).toRealPath();
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
        // Java cannot delete names that are no text.
        new ProcessBuilder("rm", "-rf", dir.toString()).start().waitFor();
    }

    /** Runs a line of shell, in which {@code $H} is the client's command. */
    private Product.Result shell(String line, String... environment) throws Exception {
        // By a file, since this process may have a locale that its arguments do not survive.
        Path script = Files.writeString(dir.resolve("line"), line + "\n");
        ProcessBuilder builder = new ProcessBuilder("bash", script.toString()).directory(source.toFile());
        builder.environment().put("H", Product.launcher() + " --state " + client.state);
        for (int i = 0; i < environment.length; i += 2) {
            builder.environment().put(environment[i], environment[i + 1]);
        }
        Path out = dir.resolve("out");
        Path err = dir.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Product.Result(
                process.exitValue(),
                new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1),
                new String(Files.readAllBytes(err), StandardCharsets.UTF_8));
    }

    private List<String> listed() throws Exception {
        return new String(
                        client.run("ls", "-r", "latest").mustBe(0).out().getBytes(StandardCharsets.ISO_8859_1),
                        StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(source + "/"))
                .map(line -> line.substring(source.toString().length() + 1))
                .filter(line -> !line.isEmpty())
                .toList();
    }

    @Test
    void argumentsAreBytesWhateverTheLocale() throws Exception {
        shell(
                        "mkdir Straße; echo 1 > Straße/ü; echo 2 > Straße/x; echo 3 > $'lat\\xdfin'; printf 'lat\\xdf*\\n' > pats")
                .mustBe(0);
        for (String locale : List.of("de_DE.UTF-8", "C", "POSIX", "xx_XX.ISO-8859-1", "")) {
            shell("$H backup -q Straße pats --exclude 'Straße/[ü]'", "LC_ALL", locale)
                    .mustBe(0);
            assertThat(listed()).as(locale).containsExactly("Straße/", "Straße/x", "pats");
            Product.Result patterns = shell("$H backup -q . --exclude-file pats", "LC_ALL", locale)
                    .mustBe(0);
            assertThat(patterns.err()).doesNotContain("matched nothing");
            assertThat(listed()).as(locale).containsExactly("Straße/", "Straße/x", "Straße/ü", "pats");
        }
    }

    @Test
    void aProducerThatFailsMakesNoSnapshot() throws Exception {
        Product.Result failed = shell("$H backup -q --stdin db.sql --stdin-from-command -- sh -c 'echo half; exit 7'")
                .mustBe(3);
        assertThat(failed.err()).contains("sh failed with exit code 7");
        shell("$H backup -q --stdin db.sql --stdin-from-command -- sh -c 'echo half; kill -9 $$'")
                .mustBe(3);
        shell("$H backup -q --stdin db.sql --stdin-from-command -- /no/such/program")
                .mustBe(3);
        // Also one that has closed its output before it fails.
        shell("$H backup -q --stdin db.sql --stdin-from-command -- sh -c 'echo half; exec >&-; sleep 0.3; exit 1'")
                .mustBe(3);
        assertThat(client.run("snapshots", "--json").json()).isEmpty();
        shell("$H backup -q --stdin db.sql --stdin-from-command -- printf '%s' 'wh ole'")
                .mustBe(0);
        assertThat(client.run("cat", "latest:/db.sql").mustBe(0).out()).isEqualTo("wh ole");
        shell("$H backup -q --stdin-from-command -- true").mustBe(2);
        shell("$H backup -q --stdin db.sql --stdin-from-command").mustBe(2);
    }

    @Test
    void closedDescriptorsAreNotTakenForFiles() throws Exception {
        assertThat(shell("$H backup -q --stdin x <&-").mustBe(3).err()).contains("standard input cannot be read");
        assertThat(client.run("snapshots", "--json").json()).isEmpty();
        // The backup is done, and what it printed is lost.
        assertThat(shell("$H backup . >&-").mustBe(3).err()).contains("standard output cannot be written");
        shell("$H backup -q . 2>&-").mustBe(0);
        shell("echo x > f; $H backup -q . <&-").mustBe(0);
    }

    @Test
    void whatIsMissingIsAWarning() throws Exception {
        shell("echo x > there").mustBe(0);
        Product.Result some =
                shell("$H backup -q there missing nor/this --optional maybe").mustBe(1);
        assertThat(some.err()).contains("missing", "nor/this").doesNotContain("maybe");
        assertThat(listed()).containsExactly("there");
        shell("$H backup -q there --optional maybe").mustBe(0);
        shell("$H backup -q missing").mustBe(2);
    }

    @Test
    void linksOnTheWayAreFollowed() throws Exception {
        shell("mkdir -p real/docs; echo x > real/docs/f; echo y > real/docs/f.tmp; ln -s real link")
                .mustBe(0);
        Product.Result made = shell("$H backup -q link/docs --exclude \"$PWD/link/docs/*.tmp\"")
                .mustBe(0);
        assertThat(made.err()).contains("following the symbolic link " + source + "/link");
        assertThat(listed()).containsExactly("link/", "link/docs/", "link/docs/f");
        client.run(
                        "restore",
                        "latest:" + source + "/link/docs/f",
                        "--target",
                        dir.resolve("back").toString(),
                        "-q")
                .mustBe(0);
        assertThat(dir.resolve("back/f")).hasContent("x\n");
    }

    @Test
    void theLatestIsOfWhatIsMeant() throws Exception {
        shell("mkdir a b; echo 1 > a/f; echo 2 > b/f; $H backup -q a --tag weekly --tag office; $H backup -q b")
                .mustBe(0);
        shell("echo x | $H backup -q --stdin db.sql").mustBe(0);
        assertThat(client.run("cat", "latest:" + source + "/a/f").mustBe(0).out())
                .isEqualTo("1\n");
        assertThat(client.run("cat", "latest:" + source + "/b/f").mustBe(0).out())
                .isEqualTo("2\n");
        assertThat(client.run("ls", "-r", "latest", "--tag", "weekly").mustBe(0).out())
                .contains("a/f")
                .doesNotContain("b/f");
        assertThat(client.run("ls", "-r", "latest", "--path", source + "/b")
                        .mustBe(0)
                        .out())
                .contains("b/f");
        assertThat(client.run("ls", "latest").mustBe(0).out()).contains("db.sql");
        assertThat(client.run("snapshots", "--json", "--tag", "office", "--tag", "weekly")
                        .json())
                .hasSize(1);
        assertThat(client.run("snapshots", "--json").json().get(0).path("tags")).hasSize(2);
        client.run("ls", "latest", "--tag", "none").mustBe(6);
        client.run("ls", "latest", "--host", "elsewhere").mustBe(6);
        shell("$H backup -q a --tag 'a,b'").mustBe(2);
    }

    @Test
    void pathsComeFromFiles() throws Exception {
        shell("mkdir 'a b'; echo 1 > 'a b/x'; echo 2 > $'new\\nline'; printf 'a b\\nlist\\n' > list")
                .mustBe(0);
        shell("$H backup -q --files-from list").mustBe(0);
        assertThat(listed()).containsExactly("a b/", "a b/x", "list");
        shell("printf 'new\\nline\\0' | $H backup -q --files-from0 -").mustBe(0);
        assertThat(listed()).containsExactly("new\\x0aline");
    }
}
