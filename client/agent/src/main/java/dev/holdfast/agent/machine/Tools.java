package dev.holdfast.agent.machine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.image.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Programs of this system that work on disks. */
final class Tools {
    /** A check of a large file system takes hours. */
    private static final int SECONDS = 12 * 3600;

    private static final int MAX_TOLD = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    private Tools() {}

    static boolean has(String name) {
        return Command.find(name).isPresent();
    }

    /**
     * Returns what it printed.
     *
     * @throws IOException where it is not installed, or fails
     */
    static String run(String name, String... arguments) throws IOException {
        return done(name, tried(name, "", arguments));
    }

    /** As {@link #run}, with this on its standard input. */
    static String fed(String input, String name, String... arguments) throws IOException {
        return done(name, tried(name, input, arguments));
    }

    private static String done(String name, Command.Result result) throws IOException {
        if (result.code() != 0) {
            throw new IOException(name + " failed with exit code " + result.code() + ": " + told(result.output()));
        }
        return result.output();
    }

    /** As {@link #run}, whatever its exit code is. */
    static Command.Result tried(String name, String input, String... arguments) throws IOException {
        return Command.run(words(name, arguments), input, SECONDS);
    }

    /** As {@link #tried}, for so long at most. */
    static Command.Result within(int seconds, String name, String... arguments) throws IOException {
        return Command.run(words(name, arguments), seconds);
    }

    private static List<String> words(String name, String... arguments) throws IOException {
        Path program = Command.find(name)
                .orElseThrow(() -> new IOException(
                        name + " is not installed on this machine; install it, or use the rescue system"));
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    static String told(String output) {
        String text = output.strip().replaceAll("\\s+", " ");
        return text.length() > MAX_TOLD ? "…" + text.substring(text.length() - MAX_TOLD) : text;
    }

    static JsonNode json(String name, String... arguments) throws IOException {
        return JSON.readTree(printed(name, arguments));
    }

    /** As {@link #run}, without its warnings. */
    static String printed(String name, String... arguments) throws IOException {
        Command.Result result = Command.output(words(name, arguments));
        // It says why on the other stream.
        return result.code() == 0 ? result.output() : run(name, arguments);
    }

    /** What is on a device, as {@code TYPE}, {@code UUID} and further values of blkid; empty where it finds nothing. */
    static Map<String, String> probe(Path device) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : tried("blkid", "", "-p", "-o", "export", device.toString())
                .output()
                .lines()
                .toList()) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                // It writes spaces and other signs as a shell wants them.
                values.put(line.substring(0, equals), line.substring(equals + 1).replaceAll("\\\\(.)", "$1"));
            }
        }
        return values;
    }

    /** What the last one says that the device has. */
    static Optional<String> fileSystem(Path device) throws IOException {
        return Optional.ofNullable(probe(device).get("TYPE"));
    }
}
