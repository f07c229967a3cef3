package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.cli.HostName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The guide in docs/guide: its commands are typed as they stand there, with values for the words in capitals. */
class GuideTest {
    /** What needs a mail server, a chat's server, a disk that boots, or a measurement that takes a minute. */
    private static final Pattern ELSEWHERE = Pattern.compile(
            "holdfast-appliance ((alert|preflight|report schedule|drill boot|drill export) .*|report send)"
                    + "|holdfast restore-machine .*");

    /** Codes besides 0 that say something true of the appliance of this test, which has neither hardware nor an attack. */
    private static final Map<String, Set<Integer>> ALSO = Map.of(
            "holdfast-appliance events", Set.of(1),
            "holdfast-appliance events --acknowledge", Set.of(6),
            "holdfast-appliance hardware show", Set.of(1),
            "holdfast-appliance audit --verify", Set.of(1),
            "holdfast-appliance node keep", Set.of(6),
            "holdfast-appliance node release", Set.of(6),
            "holdfast-appliance node release-identity", Set.of(6));

    /** The commands as packages install them. The token that was made last is typed where the client asks for one. */
    private static final String SHELL = """
            holdfast() {
              if [ "$1" = enroll ]; then set -- "$@" --token-file "$WORK/token"; fi
              "$LAUNCHER" "$@"
            }
            holdfast-appliance() {
              if [ "$1 $2" = 'token create' ]; then
                "$LAUNCHER" appliance "$@" | tee "$WORK/printed" && head -n 1 "$WORK/printed" >"$WORK/token"
              else
                "$LAUNCHER" appliance "$@"
              fi
            }
            set -o pipefail
            """;

    @TempDir
    Path work;

    private Product product;
    private final Map<String, String> values = new LinkedHashMap<>();
    private Path state;

    @AfterEach
    void stop() throws Exception {
        if (product != null) {
            product.close();
        }
    }

    static List<String> pages() throws Exception {
        return GuidePage.names();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void commandsOfAPageAreCommands(String page) throws Exception {
        for (String command : GuidePage.read(page).commands()) {
            PrintedCommands.mustParse(command.replaceFirst("^holdfast-appliance", "holdfast appliance")
                    .replaceFirst("\\bID$", "1"));
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void bothLanguagesHaveTheSameHeadingsTablesAndCode(String page) throws Exception {
        assertThat(GuidePage.read("zh/" + page).shape())
                .isEqualTo(GuidePage.read(page).shape());
    }

    private String filled(String command) {
        String text = command;
        for (Map.Entry<String, String> each : values.entrySet()) {
            text = text.replaceAll(each.getKey(), each.getValue());
        }
        return text;
    }

    private void type(String command) throws Exception {
        if (command.startsWith("systemctl")) {
            if (product.pid() != 0 && ProcessHandle.of(product.pid()).isPresent()) {
                product.stop();
            }
            product.start();
            return;
        }
        if (ELSEWHERE.matcher(command).matches()) {
            return;
        }
        if (command.startsWith("holdfast mount ")) {
            mount(command);
            return;
        }
        Path out = work.resolve("typed");
        ProcessBuilder bash = new ProcessBuilder("bash", "-c", SHELL + filled(command))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        bash.environment()
                .putAll(Map.of(
                        "LAUNCHER", Product.launcher(),
                        "WORK", work.toString(),
                        "HOLDFAST_DATA", product.data.toString(),
                        "HOLDFAST_STATE", state.toString()));
        Process process = bash.start();
        process.getOutputStream().close();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command).isTrue();
        int code = process.exitValue();
        boolean known = ALSO.entrySet().stream()
                .anyMatch(each ->
                        command.startsWith(each.getKey()) && each.getValue().contains(code));
        assertThat(code == 0 || known)
                .as("'%s', typed as '%s', ended with %d: %s", command, filled(command), code, Files.readString(out))
                .isTrue();
    }

    /** It runs until it is told to end. */
    private void mount(String command) throws Exception {
        if (!Platform.current().privileged() || !Files.exists(Path.of("/dev/fuse"))) {
            return;
        }
        List<String> words = List.of(filled(command).split(" "));
        Path point = work.toRealPath().resolve("mounted");
        try (MountedProduct mounted = MountedProduct.mount(
                product.new Client(state),
                point,
                words.subList(2, words.size() - 1).toArray(String[]::new))) {
            assertThat(point).isNotEmptyDirectory();
            assertThat(mounted.terminate()).as(mounted.errors()).isEqualTo(143);
        }
    }

    private void follow(GuidePage page) throws Exception {
        List<String> typed = page.code().stream()
                .filter(line -> line.startsWith("holdfast") || line.startsWith("systemctl"))
                .toList();
        assertThat(typed).as(page.name()).isNotEmpty();
        for (String each : typed) {
            type(each);
        }
    }

    private void value(String word, Object is) {
        values.put(word, is.toString());
    }

    private void places(Product.Client client, Path tree, Path application) throws Exception {
        state = client.state;
        value("/var/lib/holdfast/restored/from-node", product.work.resolve("state-server-2/restored/from-node"));
        value("/var/lib/holdfast/restored", client.state.resolve("restored"));
        value("/var/lib/app", application);
        value("/etc\\b(?!/holdfast)", application);
        value("/home\\b", tree);
        value("--target /$", "--target " + work.resolve("whole"));
        value("/tmp/restored", work.resolve("restored"));
        value("/rescued", work.resolve("rescued"));
        value("/(root|etc/holdfast)/recovery-key", product.recoveryKey);
        value(
                "oss://BUCKET/PREFIX --region REGION --credentials-file (FILE|/root/oss|/etc/holdfast/oss)",
                "file://" + work.resolve("vault"));
        value("https://(NEW-)?APPLIANCE:8807", product.url());
        value("\\bOTHER-NODE\\b", "server-2");
        value("\\bNODE\\b", "server-1");
    }

    private Product.Running serve(Product.Client client) throws Exception {
        Product.Running running = client.launch("service");
        for (int i = 0; i < 1200 && !Files.readString(running.out()).contains("Ready for orders"); i++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(Files.readString(running.out())).contains("Ready for orders");
        return running;
    }

    private void waitForUpload() throws Exception {
        for (int i = 0; i < 1200; i++) {
            JsonNode vault = product.run("appliance", "vault", "status", "--json", "--data", product.data.toString())
                    .mustBe(0)
                    .json()
                    .get(0)
                    .path("state");
            if (!vault.path("lastSuccess").isNull()
                    && vault.path("snapshotsBehind").asInt() == 0) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new AssertionError("nothing was uploaded");
    }

    @Test
    void whatTheGuideTypesWorks() throws Exception {
        product = new Product(work, "dev");
        Path tree = Files.createDirectories(work.resolve("tree"));
        Path application = Files.createDirectories(work.resolve("application"));
        Files.writeString(tree.resolve("thesis.odt"), "to be or not to be");
        Files.writeString(application.resolve("table"), "a row");
        Files.writeString(work.resolve("secret"), "a passphrase of some length\n");

        state = Files.createDirectories(work.resolve("first"));
        value("https://APPLIANCE:8807", product.url());
        value("\\bNODE\\b", HostName.own());
        value("\\bFILE\\b", work.resolve("secret"));
        follow(GuidePage.read("enrol.md"));

        values.clear();
        Product.Client one = product.enrol("server-1");
        Product.Client other = product.enrol("server-2");
        places(one, tree, application);
        Product.Running first = serve(one);
        Product.Running second = serve(other);
        try {
            follow(GuidePage.read("plan.md"));
            value("/FILE\\b", "/thesis.odt");
            value(
                    "\\bSNAPSHOT\\b",
                    one.run("snapshots", "--json")
                            .mustBe(0)
                            .json()
                            .get(0)
                            .path("id")
                            .asText());
            follow(GuidePage.read("restore.md"));
        } finally {
            for (Product.Running each : List.of(first, second)) {
                each.process().destroy();
                assertThat(each.process().waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
        }
        follow(GuidePage.read("oss.md"));
        waitForUpload();
        value("--acknowledge ID", "--acknowledge 1");
        follow(GuidePage.read("monitoring.md"));
        follow(GuidePage.read("sizing.md"));
        value("\\bNEW-NODE\\b", "server-3");
        follow(GuidePage.read("troubleshooting.md").part("## Damage (7)"));
        value("/tmp/(appliance|client).zip", work + "/$1.zip");
        follow(GuidePage.read("troubleshooting.md").part("## Ask for help"));

        state = Files.createDirectories(work.resolve("new-machine"));
        follow(GuidePage.read("disaster.md").part("## A. A machine is lost"));
        assertThat(Files.readString(Path.of(work.resolve("whole") + tree.toString(), "thesis.odt")))
                .isEqualTo("to be or not to be");
        follow(GuidePage.read("disaster.md").part("## C. Everything is lost, and files are needed now"));
        assertThat(Files.readString(work.resolve("rescued/tree/thesis.odt"))).isEqualTo("to be or not to be");
        product.stop();
        product.movedTo(work.resolve("recovered"));
        follow(GuidePage.read("disaster.md").part("## B. The appliance is lost"));
        type("holdfast restore latest:/home --target /tmp/restored");

        value("\\bFILE\\b", work.resolve("secret"));
        follow(GuidePage.read("security.md"));
        assertThat(Files.readString(work.resolve("typed"), StandardCharsets.UTF_8))
                .isNotEmpty();
    }
}
