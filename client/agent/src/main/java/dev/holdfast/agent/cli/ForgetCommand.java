package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.wire.Message;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(name = "forget", mixinStandardHelpOptions = true, description = "Deletes a snapshot. There is no way back.")
final class ForgetCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Parameters(paramLabel = "SNAPSHOT", description = "A snapshot's id or 'latest'.")
    private String snapshot = "";

    @Option(names = "--dry-run", description = "Only say which snapshot it would be.")
    private boolean dryRun;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            Appliance.Listed found = appliance.find(snapshot);
            if (!dryRun) {
                appliance.control().request(new Message.Forget(found.id()), Message.Done.class);
            }
            out.println(
                    (dryRun ? "Would forget " : "Forgot ") + found.shortId() + " of " + Output.time(found.committed()));
        }
        return ExitCode.OK;
    }
}
