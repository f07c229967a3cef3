package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "enroll",
        mixinStandardHelpOptions = true,
        description = {
            "Makes this machine a node of an appliance.",
            "The private key is made here and never leaves this machine."
        })
final class EnrollCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Parameters(paramLabel = "URL", description = "The appliance: https://HOST:PORT")
    private String url = "";

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

    @Option(names = "--name", paramLabel = "NAME", description = "This node's name; default: the host name.")
    private @Nullable String name;

    @Option(
            names = "--private-dedup",
            description = "Share no stored chunks with other machines; see 'holdfast dedup --help'.")
    private boolean privateDedup;

    @Option(names = "--force", description = "Replace the existing identity.")
    private boolean force;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        NativeCrypto.install();
        var state = Objects.requireNonNull(main).state();
        if (Files.exists(state.resolve("identity.json")) && !force) {
            throw new IllegalArgumentException("this client is enrolled already (" + state
                    + "); use --force to replace its identity, or --state for a second client");
        }
        Endpoint endpoint = Endpoint.parse(url);
        String node = name == null ? HostName.own() : name;
        String secret = token();
        boolean before = PrivateDedup.exists(state);
        if (privateDedup && !before) {
            // First, so that no backup can come between.
            PrivateDedup.enable(state, false);
        }
        Identity identity = Enrolment.enroll(endpoint, secret, fingerprint, node, state);
        if (before) {
            // It may be a copy of another machine's, which must not be shared either.
            PrivateDedup.enable(state, true);
        }
        Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println("Enrolled at " + identity.appliance() + " as " + node + ". Next: "
                        + main.command("backup", "/home"));
        return ExitCode.OK;
    }

    private String token() throws IOException {
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
