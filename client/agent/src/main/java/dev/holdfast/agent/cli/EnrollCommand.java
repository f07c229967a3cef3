package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.Move;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "The private key is made here and never leaves this machine.",
            "A machine that was installed anew goes on with its history if the token was made for its node ('token create --node"
                    + " NAME'): what it still has is not stored again.",
            "With a token that was made by 'token create --restore NAME', this machine becomes no node, and can restore the"
                    + " snapshots of those nodes for a week.",
            "With --move, a machine that is enrolled moves to another appliance. Its history stays at the former one, and can be"
                    + " restored from there with the state directory 'former' in the present one.",
            "",
            "  holdfast enroll https://backup.example.com:8807",
            "  holdfast enroll https://other.example.com:8807 --move",
            "  holdfast enroll --undo-move"
        })
final class EnrollCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Parameters(paramLabel = "URL", arity = "0..1", description = "The appliance: https://HOST:PORT")
    private @Nullable String url;

    @Mixin
    private final TokenOptions token = new TokenOptions();

    @Option(names = "--name", paramLabel = "NAME", description = "This node's name; default: the host name.")
    private @Nullable String name;

    @Option(
            names = "--private-dedup",
            description = "Share no stored chunks with other machines; see 'holdfast dedup --help'.")
    private boolean privateDedup;

    @Option(names = "--force", description = "Replace the existing identity.")
    private boolean force;

    @Option(
            names = "--move",
            description =
                    "Move to another appliance. The present identity stays in use until the first connection to the other"
                            + " one has succeeded, and is kept then.")
    private boolean move;

    @Option(names = "--undo-move", description = "Go back to the appliance from before the last move.")
    private boolean undoMove;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        NativeCrypto.install();
        Path state = Objects.requireNonNull(main).state();
        if (undoMove) {
            return undo(state);
        }
        if (url == null) {
            throw new IllegalArgumentException("give the appliance's address: https://HOST:PORT");
        }
        if (move) {
            return move(Endpoint.parse(url), state);
        }
        if (Files.exists(state.resolve("identity.json")) && !force) {
            throw new IllegalArgumentException("this client is enrolled already (" + state
                    + "); use --force to replace its identity, --move to go to another appliance, or --state for a second"
                    + " client");
        }
        Endpoint endpoint = Endpoint.parse(url);
        String node = name == null ? HostName.own() : name;
        String secret = token.read();
        boolean before = PrivateDedup.exists(state);
        if (privateDedup && !before) {
            // First, so that no backup can come between.
            PrivateDedup.enable(state, false);
        }
        Identity identity = Enrolment.enroll(endpoint, secret, token.fingerprint(), node, state);
        if (before) {
            // It may be a copy of another machine's, which must not be shared either.
            PrivateDedup.enable(state, true);
        }
        report(identity, state, Enrolment.restores(secret));
        return ExitCode.OK;
    }

    /** Says under which name the machine is a node, and which history it goes on with: the first connection tells. */
    private void report(Identity identity, Path state, boolean restores) {
        try (Appliance appliance = new Appliance(identity, state)) {
            List<Appliance.Listed> history = appliance.snapshots();
            String name = ForeignText.render(appliance.control().welcome().node());
            if (restores) {
                out().println("This machine may restore " + history.size() + " snapshots at " + identity.appliance()
                        + ". Next: " + Objects.requireNonNull(main).command("restore-machine") + ", or see: "
                        + Objects.requireNonNull(main).command("snapshots"));
            } else if (history.isEmpty()) {
                out().println("Enrolled at " + identity.appliance() + " as " + name + ". Next: "
                        + Objects.requireNonNull(main).command("backup", "/home"));
            } else {
                out().println("Enrolled at " + identity.appliance() + " as " + name
                        + ", and goes on with its history: " + history.size() + " snapshots, the last of "
                        + Output.time(history.getLast().committed())
                        + ". The next backup stores only what they do not have. See: "
                        + Objects.requireNonNull(main).command("snapshots"));
            }
        } catch (IOException e) {
            out().println("Enrolled at " + identity.appliance() + " as " + identity.node());
            err().println("holdfast: warning: the first connection failed: " + e.getMessage() + ". Try it again: "
                    + Objects.requireNonNull(main).command("snapshots"));
        }
    }

    private int move(Endpoint endpoint, Path state) throws IOException {
        if (force || privateDedup) {
            throw new IllegalArgumentException("--move cannot be combined with --force or --private-dedup");
        }
        Identity before = Identity.load(state);
        Move.Moved moved =
                Move.to(endpoint, token::read, token.fingerprint(), name == null ? before.node() : name, state);
        Main client = Objects.requireNonNull(main);
        out().println("Moved to " + moved.identity().appliance() + " as "
                + moved.identity().node()
                + (moved.snapshots() == 0
                        ? "; the first backup there sends everything"
                        : "; it has " + moved.snapshots() + " snapshots of this node"));
        out().println("The history at " + before.appliance() + " stays there. To list and restore it: "
                + TypedCommand.client(moved.former(), "snapshots"));
        out().println("To go back: " + client.command("enroll", "--undo-move")
                + ". A service of this client that runs is to be restarted");
        return ExitCode.OK;
    }

    private int undo(Path state) throws IOException {
        if (url != null || move || force) {
            throw new IllegalArgumentException("--undo-move takes no address, and neither --move nor --force");
        }
        Identity identity = Move.undo(state);
        out().println("Back at " + identity.appliance() + " as " + identity.node()
                + ". A service of this client that runs is to be restarted. The identity at the other appliance is kept; to"
                + " go there again: " + Objects.requireNonNull(main).command("enroll", "--undo-move"));
        return ExitCode.OK;
    }

    private PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    private PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
