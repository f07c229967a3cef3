package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "relocate",
        mixinStandardHelpOptions = true,
        description = {
            "Changes the address of this machine's appliance, after the appliance moved or was recovered from its vault.",
            "The appliance must be the one that this machine is enrolled at; that is checked before anything is changed."
        })
final class RelocateCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Parameters(paramLabel = "URL", description = "The new address of the appliance: https://HOST:PORT")
    private String url = "";

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        NativeCrypto.install();
        Path state = Objects.requireNonNull(main).state();
        Identity moved = Identity.load(state).movedTo(Endpoint.parse(url));
        // Its certificate must be of the authority that enrolled this machine, and it must know this machine's.
        new Appliance(moved, state).close();
        moved.save(state);
        Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println("The appliance is at " + moved.appliance() + " now");
        return ExitCode.OK;
    }
}
