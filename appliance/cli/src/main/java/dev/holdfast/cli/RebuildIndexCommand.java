package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.local.StoreMaintenance;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "rebuild-index",
        mixinStandardHelpOptions = true,
        description = {
            "Deletes the index and rebuilds it from containers and manifests.",
            "If it is interrupted, rerun the command to resume. The appliance must not be running."
        })
final class RebuildIndexCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        var err = spec.commandLine().getErr();
        long began = System.nanoTime();
        StoreMaintenance.Rebuilt rebuilt =
                new StoreMaintenance(data.open(), credentials.files(), Output.progress(err)).rebuildIndex();
        out.printf(
                "Index rebuilt in %.1f s: %d chunks, %d snapshots, %s in containers%n",
                (System.nanoTime() - began) / 1e9,
                rebuilt.chunks(),
                rebuilt.snapshots(),
                Output.bytes(rebuilt.usedBytes()));
        return ExitCode.OK;
    }
}
