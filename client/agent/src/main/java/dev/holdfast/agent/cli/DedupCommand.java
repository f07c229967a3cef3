package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
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
        name = "dedup",
        mixinStandardHelpOptions = true,
        description = {
            "Shows or changes whether this machine shares stored chunks with other machines.",
            "Shared (the default): content that several machines have is stored once. An attacker who controls another machine"
                    + " may find out whether this machine stores the same content, by storing a guess and watching closely.",
            "Private: no other machine can find out, and content that this machine has in common with others is stored once more."
                    + " Backups of this machine share chunks with each other as before.",
            "A change takes effect with the next backup. The first backup after a change to private reads and sends everything again."
                    + " After a change to shared, files that do not change keep their private chunks. Earlier snapshots stay as"
                    + " they are until retention removes them. Restoring needs no secret."
        })
final class DedupCommand implements Callable<Integer> {
    /** What can be chosen. */
    enum Choice {
        PRIVATE,
        SHARED
    }

    @ParentCommand
    private @Nullable Main main;

    @Parameters(
            arity = "0..1",
            paramLabel = "private|shared",
            description = "The new setting; without it, the command shows the present one.")
    private @Nullable Choice choice;

    @Option(names = "--renew", description = "With private: make a new secret even if there is one.")
    private boolean renew;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Path state = Objects.requireNonNull(main).state();
        if (renew && choice != Choice.PRIVATE) {
            throw new IllegalArgumentException(
                    "--renew goes with private: " + main.command("dedup", "private", "--renew"));
        }
        Identity.load(state);
        switch (choice) {
            case PRIVATE -> PrivateDedup.enable(state, renew);
            case SHARED -> PrivateDedup.disable(state);
            case null -> {}
        }
        PrivateDedup now = PrivateDedup.load(state);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            Output.json(out, Map.of("dedup", now.toString()));
        } else if (choice == null) {
            out.println("Chunks of this machine are " + now);
        } else {
            out.println("Chunks of this machine are " + now + " from the next backup on");
        }
        return ExitCode.OK;
    }
}
