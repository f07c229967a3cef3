package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.nio.file.Files;
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
            names = "--token",
            required = true,
            paramLabel = "T",
            description = "The one-time token that 'holdfast appliance token create' printed.")
    private String token = "";

    @Option(
            names = "--ca-fingerprint",
            paramLabel = "HEX",
            description = "Also insist on this SHA-256 fingerprint of the appliance's authority, in full."
                    + " The token carries its first half already.")
    private @Nullable String fingerprint;

    @Option(names = "--name", paramLabel = "NAME", description = "This node's name; default: the host name.")
    private @Nullable String name;

    @Option(
            names = "--private-dedup",
            description = "Share no stored chunks with other machines; see 'holdfast dedup --help'.")
    private boolean privateDedup;

    @Option(names = "--force", description = "Replace the identity that is there.")
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
        if (privateDedup) {
            // First, so that no backup can come between.
            PrivateDedup.enable(state, false);
        }
        Identity identity =
                Enrolment.enroll(Endpoint.parse(url), token, fingerprint, name == null ? HostName.own() : name, state);
        Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println("Enrolled at " + identity.appliance() + ". Next: holdfast backup PATH");
        return ExitCode.OK;
    }
}
