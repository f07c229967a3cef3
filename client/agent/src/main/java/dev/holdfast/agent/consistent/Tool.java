package dev.holdfast.agent.consistent;

import dev.holdfast.agent.image.Command;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of the system that run as root: only from directories that belong to root, whatever the environment says. */
final class Tool {
    /** The kernel may have to write much back before a snapshot is there. */
    private static final int SECONDS = 300;

    private static final int MAX_TOLD = 500;

    private final String name;
    private final Path program;

    private Tool(String name, Path program) {
        this.name = name;
        this.program = program;
    }

    /** @throws PhrasedException where it is not installed */
    static Tool find(String name) throws IOException {
        return new Tool(
                name,
                Command.find(name)
                        .orElseThrow(() -> new PhrasedException(
                                Phrase.of("client.snapshot-no-tool").with("tool", name))));
    }

    /** Returns what it printed, on either stream. */
    String run(String... arguments) throws IOException {
        Command.Result result = tried(arguments);
        if (result.code() != 0) {
            throw new PhrasedException(Phrase.of("client.snapshot-tool-failed")
                    .with("tool", name)
                    .with("code", result.code())
                    .with("output", told(result.output())));
        }
        return result.output();
    }

    /** As {@link #run}, whatever its exit code is. */
    Command.Result tried(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        // A volume must not be left half way.
        return Command.finish(command, "", SECONDS);
    }

    private static String told(String output) {
        String text = output.strip().replaceAll("\\s+", " ").replaceAll("\\.+$", "");
        return text.length() > MAX_TOLD ? text.substring(text.length() - MAX_TOLD) : text;
    }
}
