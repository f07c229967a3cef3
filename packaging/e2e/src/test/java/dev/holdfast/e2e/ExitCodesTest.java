package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of docs/command-line.md, for every command of the client. */
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

    private record Case(int code, String said, List<String> words) {
        static Case of(int code, String said, String... words) {
            return new Case(code, said, List.of(words));
        }
    }

    private static List<Case> cases() {
        String tree = source.toString();
        String target = dir.resolve("target").toString();
        String file = "latest:" + tree + "/a file";
        return List.of(
                Case.of(0, "", "backup", tree),
                Case.of(2, "give paths", "backup"),
                Case.of(2, "--streams", "backup", "--streams", "99", tree),
                Case.of(0, "", "snapshots"),
                Case.of(2, "Unmatched", "snapshots", "word"),
                Case.of(0, "", "ls", "latest"),
                Case.of(6, UNKNOWN, "ls", UNKNOWN),
                Case.of(6, "/nothing", "ls", "latest:/nothing"),
                Case.of(2, "Missing required parameter", "ls"),
                Case.of(0, "", "find", "a*"),
                Case.of(6, "", "find", "nothing"),
                Case.of(6, UNKNOWN, "find", "--snapshot", UNKNOWN, "a*"),
                Case.of(0, "", "cat", file),
                Case.of(6, "/nothing", "cat", "latest:/nothing"),
                Case.of(2, "SNAPSHOT:PATH", "cat", "latest"),
                Case.of(0, "", "diff", "latest", "latest"),
                Case.of(6, UNKNOWN, "diff", "latest", UNKNOWN),
                Case.of(0, "", "verify", "latest"),
                Case.of(6, UNKNOWN, "verify", UNKNOWN),
                Case.of(0, "", "report", "latest"),
                Case.of(6, UNKNOWN, "report", UNKNOWN),
                Case.of(0, "", "restore", file, "--target", target),
                Case.of(6, UNKNOWN, "restore", UNKNOWN, "--target", target),
                Case.of(6, "/nothing", "restore", "latest:/nothing", "--target", target),
                Case.of(3, "a file", "restore", "latest", "--target", tree + "/a file"),
                Case.of(2, "--target", "restore", "latest"),
                Case.of(0, "", "compare", tree, tree),
                Case.of(1, "", "compare", tree, dir.toString()),
                Case.of(3, missing, "compare", tree, missing),
                Case.of(0, "", "relocate", product.url()),
                Case.of(2, "nonsense://", "relocate", "nonsense://x"),
                Case.of(4, "127.0.0.1:9", "relocate", "https://127.0.0.1:9"),
                Case.of(2, "enrolled already", "enroll", product.url(), "--token-file", missing),
                Case.of(3, missing, "enroll", "--force", product.url(), "--token-file", missing),
                Case.of(2, "no token", "enroll", "--force", product.url()),
                Case.of(2, "--restore-belo", "service", "--restore-belo", "/"),
                Case.of(2, "Missing required", "rescue", "latest"),
                Case.of(
                        3,
                        missing,
                        "rescue",
                        UNKNOWN,
                        "--from",
                        "file://" + missing,
                        "--recovery-key-file",
                        missing,
                        "--target",
                        target,
                        "--quiet"),
                Case.of(2, "--sorce", "quickstart", "--sorce", tree),
                Case.of(3, missing, "quickstart", "--exit", "--source", missing, "--work", target + "-work"),
                Case.of(2, "Unmatched", "bakcup", tree),
                Case.of(0, "", "dedup"),
                Case.of(2, "'word'", "dedup", "word"),
                Case.of(0, "", "help", "ls"));
    }

    @Test
    void everyCommandEndsAsTheTableSays() throws Exception {
        Set<String> tried = new TreeSet<>();
        for (Case each : cases()) {
            Product.Result result = client.run(each.words.toArray(String[]::new));
            assertThat(result.code())
                    .as(each.words + "%n%s%n%s", result.out(), result.err())
                    .isEqualTo(each.code);
            if (!each.said.isEmpty()) {
                assertThat(result.err()).as(each.words.toString()).contains("holdfast: ", each.said);
                assertThat(result.err().lines().count()).as(result.err()).isLessThanOrEqualTo(2);
            }
            tried.add(each.words.getFirst());
        }
        Matcher listed = Pattern.compile("(?m)^  ([a-z]+) {2,}")
                .matcher(client.run("--help").mustBe(0).out().replaceFirst("(?s).*Commands:", ""));
        List<String> commands = new ArrayList<>();
        while (listed.find()) {
            commands.add(listed.group(1));
        }
        assertThat(commands).hasSizeGreaterThan(12);
        assertThat(tried).containsAll(commands);
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
