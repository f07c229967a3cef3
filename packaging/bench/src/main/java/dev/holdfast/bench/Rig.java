package dev.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An appliance process of its own, and commands beside it, through the launcher. */
final class Rig implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    final Path directory;
    final Path data;
    final Process appliance;
    final String url;

    Rig(Path directory, List<String> prefix) throws IOException, InterruptedException {
        this(directory, prefix, "dev");
    }

    /** @param profile of an appliance that is not there yet */
    Rig(Path directory, List<String> prefix, String profile) throws IOException, InterruptedException {
        this.directory = directory;
        this.data = directory.resolve("appliance");
        Files.createDirectories(directory);
        if (!Files.exists(data.resolve("appliance.json"))) {
            run("appliance", "init", "--data", data.toString(), "--profile", profile);
        }
        Files.deleteIfExists(data.resolve("run.json"));
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(launcher(), "appliance", "run", "--data", data.toString(), "--listen", "127.0.0.1:0"));
        appliance = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("appliance.log").toFile())
                .start();
        Path run = data.resolve("run.json");
        while (!Files.exists(run)) {
            if (!appliance.isAlive()) {
                throw new IOException("the appliance did not start, see " + directory.resolve("appliance.log"));
            }
            Thread.sleep(50);
        }
        url = "https://127.0.0.1:" + JSON.readTree(run.toFile()).path("port").asInt();
    }

    static String launcher() {
        return System.getProperty("holdfast.launcher");
    }

    /** Runs a command to its end; its output. */
    String run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher()));
        command.addAll(List.of(arguments));
        Path errors = Files.createTempFile("holdfast-bench", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        String told = Files.readString(errors, StandardCharsets.ISO_8859_1);
        Files.delete(errors);
        if (code > 1) {
            throw new IOException(String.join(" ", arguments) + " ended with " + code + ": " + told + out);
        }
        return out;
    }

    /** Enrols a node and returns its state directory. */
    Path enrol(String name) throws IOException, InterruptedException {
        Path state = directory.resolve("state-" + name);
        if (!Files.exists(state)) {
            JsonNode token = JSON.readTree(run("appliance", "token", "create", "--data", data.toString(), "--json"));
            run(
                    "--state",
                    state.toString(),
                    "enroll",
                    url,
                    "--token",
                    token.path("token").asText(),
                    "--name",
                    name);
        }
        return state;
    }

    long pid() {
        return appliance.pid();
    }

    @Override
    public void close() throws IOException {
        appliance.destroy();
        try {
            appliance.waitFor();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
