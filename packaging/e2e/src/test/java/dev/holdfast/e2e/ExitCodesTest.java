package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit codes that need processes, and what commands print with them. */
class ExitCodesTest {
    private static final String UNKNOWN = "ffffffff";

    @TempDir
    static Path dir;

    private static Product product;
    private static Product.Client client;
    private static Path source;
    private static String missing;

    @BeforeAll
    static void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("one");
        source = Files.createDirectories(dir.resolve("source"));
        Files.writeString(source.resolve("a file"), "content");
        missing = dir.resolve("missing").toString();
        client.backup(0, source.toString());
    }

    @AfterAll
    static void stop() throws Exception {
        product.close();
    }

    /** What needs a vault with data; the other cases are those of {@link ClientExitCodesTest} and of the appliance's. */
    @Test
    void commandsOnAVaultEndAsTheTableSays() throws Exception {
        String data = product.data.toString();
        Path vault = dir.resolve("vault");
        product.run("appliance", "vault", "set", "file://" + vault, "--data", data)
                .mustBe(0);
        product.stop();
        product.start();
        product.run("appliance", "vault", "upload", "--wait", "--data", data).mustBe(0);
        String id = client.run("snapshots", "--json")
                .mustBe(0)
                .json()
                .get(0)
                .path("id")
                .asText();
        assertThat(product.run("appliance", "vault", "thaw", id, "--data", data)
                        .mustBe(0)
                        .out())
                .contains("can be read");
        Path otherKey = dir.resolve("other-key");
        Files.writeString(
                otherKey,
                product.run("appliance", "init", "--json", "--profile", "dev", "--data", dir.resolve("other") + "")
                        .mustBe(0)
                        .json()
                        .path("recoveryKey")
                        .asText());
        product.run("appliance", "vault", "thaw", "ffff", "--data", data).mustBe(6);
        onVault(0, vault, product.recoveryKey);
        onVault(5, vault, otherKey);
        rescue(0, vault, product.recoveryKey, "latest");
        rescue(5, vault, otherKey, "latest");
        assertThat(rescue(6, vault, product.recoveryKey, UNKNOWN).err()).contains(UNKNOWN);
        withoutManifest(vault);
        try (Stream<Path> files = Files.walk(vault)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(each);
                Files.write(each, Arrays.copyOf(content, content.length / 2));
            }
        }
        onVault(7, vault, product.recoveryKey);
        rescue(7, vault, product.recoveryKey, "latest");
        try (Stream<Path> files = Files.list(Files.createDirectories(dir.resolve("tmp")))) {
            assertThat(files).isEmpty();
        }
    }

    /** A recovery goes on without a snapshot whose list is lost, and says so. */
    private static void withoutManifest(Path vault) throws Exception {
        Path manifest;
        try (Stream<Path> files = Files.walk(vault.resolve("m"))) {
            manifest = files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
        Path aside = dir.resolve("manifest");
        Files.move(manifest, aside);
        String[] recover = {
            "appliance",
            "recover",
            "--read-only",
            "--from",
            "file://" + vault,
            "--recovery-key-file",
            product.recoveryKey.toString(),
            "--data",
            dir.resolve("partial").toString()
        };
        assertThat(product.run(recover).mustBe(1).err()).contains("cannot be recovered");
        Files.move(aside, manifest);
        String[] only = Arrays.copyOf(recover, recover.length + 2);
        only[recover.length - 1] = dir.resolve("only").toString();
        only[recover.length] = "--only";
        only[recover.length + 1] = "ffffffff";
        assertThat(product.run(only).mustBe(6).err()).contains("no snapshot 'ffffffff'");
        assertThat(dir.resolve("only")).doesNotExist();
        only[recover.length + 1] = manifest.getFileName().toString();
        assertThat(product.run(only).mustBe(0).out()).contains("Recovered 1 snapshots");
    }

    private static void onVault(int code, Path vault, Path key) throws Exception {
        String url = "file://" + vault;
        product.run("appliance", "vault", "check", url, "--recovery-key-file", key.toString())
                .mustBe(code);
        product.run("appliance", "recover", "--list", "--from", url, "--recovery-key-file", key.toString())
                .mustBe(code);
    }

    private static Product.Result rescue(int code, Path vault, Path key, String snapshot) throws Exception {
        Path temporary = Files.createDirectories(dir.resolve("tmp"));
        return new Shell(dir.resolve("shell"))
                .run(
                        Map.of("HOLDFAST_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary),
                        "exec \"$0\" \"$@\"",
                        "rescue",
                        snapshot,
                        "--node",
                        "one",
                        "--from",
                        "file://" + vault,
                        "--recovery-key-file",
                        key.toString(),
                        "--target",
                        dir.resolve("rescued").toString(),
                        "--quiet")
                .mustBe(code);
    }

    /** Each command in a message is one that the parser takes, with the option that says on what. */
    @Test
    void printedCommandsAreWhole() throws Exception {
        String data = product.data.toString();
        Path odd = dir.resolve("it's a\nstate");
        List<Product.Result> said = List.of(
                client.run("ls", UNKNOWN),
                client.run("dedup", "--renew"),
                client.run("ls", "--tag", "none", "latest"),
                product.new Client(odd).run("snapshots"),
                product.new Client(dir.resolve("none")).run("backup", source.toString()),
                product.new Client(dir.resolve("none")).run("enroll", product.url(), "--token", "x"),
                product.run(
                        "appliance",
                        "status",
                        "--data",
                        dir.resolve("no appliance").toString()),
                product.run("appliance", "node", "revoke", "zzzz", "--data", data),
                product.run("appliance", "token", "create", "--data", data),
                product.run("appliance", "token", "create", "--node", "zzzz", "--data", data),
                product.run("appliance", "plan", "remove", "zzzz", "--data", data),
                product.run("appliance", "policy", "bind", "zzzz", "one", "--data", data),
                product.run("appliance", "drill", "export", "4711", "x", "--data", data),
                product.run("appliance", "snapshot", "hold", "zzzz", "--data", data),
                product.run("appliance", "events", "--acknowledge", "4711", "--data", data),
                product.run("appliance", "alert", "remove", "zzzz", "--data", data),
                product.run("appliance", "init", "--profile", "dev", "--data", dir.resolve("it's new") + ""),
                product.run("appliance", "vault", "status", "--data", dir.resolve("it's new") + ""));
        int commands = 0;
        for (Product.Result each : said) {
            String text = each.out() + each.err();
            List<String> found = PrintedCommands.in(text);
            assertThat(found).as(text).isNotEmpty();
            for (String command : found) {
                PrintedCommands.mustParse(command);
                commands++;
            }
        }
        assertThat(commands).isGreaterThanOrEqualTo(said.size());
    }

    @Test
    void statesThatAreNotEnrolledAreRefused() throws Exception {
        Product.Client stranger = product.new Client(dir.resolve("state stranger"));
        for (String[] words : List.of(
                new String[] {"snapshots"},
                new String[] {"backup", source.toString()},
                new String[] {"restore", "latest", "--target", missing},
                new String[] {"service"})) {
            Product.Result result = stranger.run(words).mustBe(5);
            assertThat(result.err()).contains("not enrolled", "enroll https://");
            assertThat(result.err().lines()).hasSize(1);
        }
        assertThat(stranger.state).doesNotExist();
    }

    @Test
    void printedCommandsAndPathsCanBeTypedBack() throws Exception {
        Path odd = Files.createDirectories(dir.resolve("odd"));
        Process fifo = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import socket,sys\nsocket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                        odd.resolve("s").toString())
                .start();
        assertThat(fifo.waitFor()).isZero();
        Product.Client quoted = product.new Client(dir.resolve("it's a state"));
        String token = product.token();
        Path file = dir.resolve("token");
        Files.writeString(file, token + "\n");
        quoted.run("enroll", product.url(), "--token-file", file.toString(), "--name", "quoted")
                .mustBe(0);
        String said = quoted.run("backup", odd.toString()).mustBe(1).out();
        String command = said.lines()
                .filter(line -> line.contains("listed by: "))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*listed by: ", "");
        Product.Result report = new Shell(dir.resolve("shell")).run(null, command);
        assertThat(report.mustBe(0).out()).contains("odd/s");
        Files.writeString(source.resolve("line\nfeed \\ back"), "x");
        client.backup(0, source.toString());
        String found = client.run("find", "line*").mustBe(0).out().strip();
        assertThat(client.run("cat", found).mustBe(0).out()).isEqualTo("x");
        Files.delete(source.resolve("line\nfeed \\ back"));
    }

    @Test
    void timesHaveTheirZone() throws Exception {
        assertThat(client.run("snapshots").mustBe(0).out())
                .containsPattern("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d[+-]\\d{4}");
        assertThat(client.run("ls", "-l", "latest").mustBe(0).out()).containsPattern(":\\d\\d[+-]\\d{4} /");
        assertThat(client.run("find", "--json", "a*").mustBe(0).out()).containsPattern("\"mtime\":\"20\\d\\d-.*Z\"");
        assertThat(client.run("snapshots", "--json")
                        .mustBe(0)
                        .json()
                        .get(0)
                        .path("committed")
                        .asText())
                .matches("20\\d\\d-.*Z");
    }

    @Test
    void anEnrolmentFailsBeforeItUsesItsToken() throws Exception {
        Path token = dir.resolve("token-kept");
        Files.writeString(token, product.token() + "\n");
        String[] enroll = {"enroll", product.url(), "--token-file", token.toString(), "--name", "kept"};
        // Nobody can make a directory below a file.
        Path file = dir.resolve("a-file");
        Files.writeString(file, "");
        Product.Result refused =
                product.new Client(file.resolve("state")).run(enroll).mustBe(3);
        assertThat(refused.err()).contains(file.toString());
        assertThat(product.run("appliance", "node", "list", "--data", product.data.toString())
                        .mustBe(0)
                        .out())
                .doesNotContain("kept");
        Product.Client kept = product.new Client(dir.resolve("state-kept"));
        kept.run(enroll).mustBe(0);
        assertThat(kept.state.resolve("enrolment.key")).doesNotExist();
        // A token that was used makes no key that stays.
        Product.Client second = product.new Client(dir.resolve("state-second"));
        second.run(enroll).mustBe(5);
        assertThat(second.state.resolve("enrolment.key")).doesNotExist();
    }
}
