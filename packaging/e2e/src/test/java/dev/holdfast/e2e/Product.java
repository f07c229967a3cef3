package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged product as its users run it: real processes, real TLS, one appliance. */
final class Product implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path work;
    Path data;
    final Path recoveryKey;
    private final List<String> more;
    private Process appliance;
    private Path output;
    private int port;
    private int runs;

    /** @param more options of the appliance that runs */
    Product(Path work, String profile, String... more) throws Exception {
        this.work = work;
        this.more = List.of(more);
        this.data = work.resolve("appliance");
        JsonNode made = run("appliance", "init", "--data", data.toString(), "--profile", profile, "--json")
                .mustBe(0)
                .json();
        recoveryKey = work.resolve("recovery-key");
        Files.writeString(recoveryKey, made.path("recoveryKey").asText());
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
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
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

    void start() throws Exception {
        String listen = "127.0.0.1:" + port;
        List<String> command =
                new ArrayList<>(List.of("appliance", "run", "--data", data.toString(), "--listen", listen));
        command.addAll(more);
        Running running = launch(command.toArray(String[]::new));
        appliance = running.process;
        output = running.out;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
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

    JsonNode token(String... more) throws Exception {
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
        Client client = new Client(work.resolve("state-" + name));
        String token = token().path("token").asText();
        client.run("enroll", url(), "--token", token, "--name", name).mustBe(0);
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
            run("restore", "latest", "--target", target.toString(), "--quiet").mustBe(0);
            Product.this
                    .run("compare", original.toString(), target + original.toString())
                    .mustBe(0);
        }
    }

    @Override
    public void close() throws Exception {
        if (appliance != null && appliance.isAlive()) {
            stop();
        }
    }
}
