package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Enrolment;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that give the token of an enrolment. */
final class TokenOptions {
    @Option(
            names = "--token-file",
            paramLabel = "F",
            description =
                    "File with the one-time token that 'holdfast appliance token create --data DIR' printed; - for standard"
                            + " input. Default: standard input, with a question on a terminal.")
    private @Nullable String tokenFile;

    @Option(
            names = "--token",
            paramLabel = "T",
            description = "The token itself. Until the command ends, every user of this machine can read it with ps.")
    private @Nullable String token;

    @Option(
            names = "--ca-fingerprint",
            paramLabel = "HEX",
            description = "Also require this SHA-256 fingerprint of the appliance's authority, in full."
                    + " The token carries its first half already.")
    private @Nullable String fingerprint;

    @Nullable
    String fingerprint() {
        return fingerprint;
    }

    /** The token, from wherever it was given. */
    String read() throws IOException {
        if (token != null && tokenFile != null) {
            throw new IllegalArgumentException("give --token-file or --token, not both");
        }
        if (token != null) {
            return token;
        }
        if (tokenFile != null && !tokenFile.equals("-")) {
            return firstLine(Files.newInputStream(Path.of(tokenFile)), tokenFile);
        }
        Console console = System.console();
        if (tokenFile == null && console != null && console.isTerminal()) {
            char[] typed = console.readPassword("Token: ");
            return typed == null ? "" : new String(typed).strip();
        }
        return firstLine(new StandardInput(), "standard input");
    }

    private static String firstLine(InputStream from, String name) throws IOException {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(from, StandardCharsets.ISO_8859_1))) {
            String line = in.readLine();
            if (line == null || line.isBlank()) {
                throw new IllegalArgumentException("there is no token in " + name
                        + "; it is the line that the appliance prints: " + Enrolment.CREATE);
            }
            return line.strip();
        }
    }
}
