package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.wire.Purpose;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "cat",
        mixinStandardHelpOptions = true,
        description = "Writes one file of a snapshot to standard output.")
final class CatCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "SNAPSHOT:PATH", description = "A snapshot's id or 'latest', and a file in it.")
    private String where = "";

    @Override
    public Integer call() throws Exception {
        SnapshotPath target = SnapshotPath.parse(where);
        if (target.whole()) {
            throw new IllegalArgumentException("name a file: SNAPSHOT:PATH");
        }
        try (Appliance appliance = Objects.requireNonNull(main).connect();
                OutputStream out = new BufferedOutputStream(new StandardOutput(), 1 << 16)) {
            var manifest = appliance.open(
                    select.find(appliance, target).id(),
                    Purpose.CAT,
                    target.path().toString());
            new Contents(appliance, manifest).cat(target.path(), out);
        }
        return ExitCode.OK;
    }
}
