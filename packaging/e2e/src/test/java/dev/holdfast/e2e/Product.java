package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.compare.TreeComparison;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The packaged product as its users run it: real processes, real TLS, one appliance. What every test needs and none of these is
 * about (making the appliance, tokens, enrolments, comparisons) is done in this process by the code of the command, which saves
 * starting a JVM for each.
 */
final class Product implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path work;
    Path data;
    final Path recoveryKey;
    /** More variables for commands. */
    final Map<String, String> environment = new HashMap<>();

    private final List<String> more;
    private Process appliance;
    private Path output;
    private int port;
    private int runs;

    /** @param more options of the appliance that runs */
    Product(Path work, String profile, String... more) throws Exception {
        this(work, HashAlgorithm.NEWEST, profile, more);
    }

    /** @param hash that names chunks; SHA-256 for an appliance as releases before format 2 made it */
    Product(Path work, HashAlgorithm hash, String profile, String... more) throws Exception {
        this.work = work;
        this.more = List.of(more);
        this.data = work.resolve("appliance");
        Files.createDirectories(work);
        DataDirectory.Initialised made = DataDirectory.init(data, profile, List.of(), null, hash, shown -> {});
        new ControlDb(made.directory().controlDb()).close();
        recoveryKey = work.resolve("recovery-key");
        Files.writeString(recoveryKey, made.recoveryKey());
        start();
    }

    static String launcher() {
        return Path.of(System.getProperty("holdfast.tree"))
                .resolve("holdfast")
                .toAbsolutePath()
                .normalize()
                .toString();
    }

    /** What a command did. */
    record Result(int code, String out, String err) {
        Result mustBe(int expected) {
            assertThat(code).as("exit code; output:%n%s%n%s", out, err).isEqualTo(expected);
            return this;
        }

        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    Result run(String... arguments) throws Exception {
        return finish(launch(arguments));
    }

    /** A command under way. */
    record Running(Process process, Path out, Path err) {}

    Running launch(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(launcher());
        command.addAll(List.of(arguments));
        int number;
        synchronized (this) {
            number = ++runs;
        }
        Files.createDirectories(work);
        Path out = work.resolve("run-" + number + ".out");
        Path err = work.resolve("run-" + number + ".err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return new Running(process, out, err);
    }

    static Result finish(Running running) throws Exception {
        assertThat(running.process.waitFor(240, TimeUnit.SECONDS))
                .as("command ends")
                .isTrue();
        return new Result(
                running.process.exitValue(),
                Files.readString(running.out, StandardCharsets.ISO_8859_1),
                Files.readString(running.err, StandardCharsets.ISO_8859_1));
    }

    /** As {@code holdfast compare} finds it. */
    static void mustEqual(Path one, Path other) throws IOException {
        List<String> differences = new ArrayList<>();
        try (Directory left = Platform.current().open(one.toString().getBytes(StandardCharsets.UTF_8));
                Directory right = Platform.current().open(other.toString().getBytes(StandardCharsets.UTF_8))) {
            new TreeComparison((path, what) -> differences.add(path + ": " + what), Set.of()).compare(left, right);
        }
        assertThat(differences).isEmpty();
    }

    void start() throws Exception {
        String listen = "127.0.0.1:" + port;
        List<String> command =
                new ArrayList<>(List.of("appliance", "run", "--data", data.toString(), "--listen", listen));
        command.addAll(more);
        Running running = launch(command.toArray(String[]::new));
        appliance = running.process;
        output = running.out;
        // The first start of all makes the cache of classes.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(240);
        Path run = data.resolve("run.json");
        while (true) {
            if (Files.exists(run)) {
                JsonNode json = JSON.readTree(Files.readAllBytes(run));
                if (json.path("pid").asLong() == appliance.pid()) {
                    port = json.path("port").asInt();
                    return;
                }
            }
            assertThat(appliance.isAlive()).as(Files.readString(running.err)).isTrue();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    /** What the appliance printed since its last start. */
    String output() throws IOException {
        return Files.readString(output);
    }

    void kill() throws Exception {
        appliance.destroyForcibly().waitFor();
    }

    void stop() throws Exception {
        appliance.destroy();
        assertThat(appliance.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Goes on with another data directory, where the appliance came back; it is not started. */
    void movedTo(Path elsewhere) {
        data = elsewhere;
    }

    int port() {
        return port;
    }

    long pid() {
        return appliance.pid();
    }

    /** For one machine, within an hour. */
    String token() throws IOException {
        DataDirectory directory = DataDirectory.open(data);
        Authority.Token made = Authority.newToken(Authority.fingerprint(Authority.loadCertificate(directory.keys())));
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            control.tokens().add(made.secret(), Duration.ofHours(1), null);
        }
        return made.text();
    }

    /** What {@code token create} says. */
    JsonNode createToken(String... more) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("appliance", "token", "create", "--data", data.toString(), "--json"));
        command.addAll(List.of(more));
        return run(command.toArray(String[]::new)).mustBe(0).json();
    }

    String url() {
        return "https://127.0.0.1:" + port;
    }

    /** A client with a state directory of its own. */
    Client enrol(String name) throws Exception {
        return enrolBy(token(), name);
    }

    Client enrolBy(String token, String name) throws Exception {
        Client client = new Client(work.resolve("state-" + name));
        Enrolment.enroll(Endpoint.parse(url()), token, null, name, client.state);
        return client;
    }

    final class Client {
        final Path state;

        Client(Path state) {
            this.state = state;
        }

        private String[] with(String... arguments) {
            List<String> all = new ArrayList<>(List.of("--state", state.toString()));
            all.addAll(List.of(arguments));
            return all.toArray(String[]::new);
        }

        Result run(String... arguments) throws Exception {
            return Product.this.run(with(arguments));
        }

        Running launch(String... arguments) throws IOException {
            return Product.this.launch(with(arguments));
        }

        JsonNode backup(int code, String... paths) throws Exception {
            List<String> all = new ArrayList<>(List.of("backup", "--json"));
            all.addAll(List.of(paths));
            return run(all.toArray(String[]::new)).mustBe(code).json();
        }

        void mustRestore(Path original, Path target) throws Exception {
            mustRestore(original, original, target);
        }

        /** As above, where the source is not what it was any more. */
        void mustRestore(Path expected, Path source, Path target) throws Exception {
            run("restore", "latest", "--target", target.toString(), "--quiet").mustBe(0);
            mustEqual(expected, Path.of(target + source.toString()));
        }
    }

    @Override
    public void close() throws Exception {
        if (appliance != null && appliance.isAlive()) {
            stop();
        }
    }
}
