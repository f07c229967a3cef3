package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.wire.Purpose;
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
        name = "ls",
        mixinStandardHelpOptions = true,
        description = "Lists a directory of a snapshot. Names that are not valid text are shown with \\xNN.")
final class LsCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "SNAPSHOT[:PATH]", description = "A snapshot's id or 'latest', and a path in it.")
    private String where = "";

    @Option(
            names = {"-r", "--recursive"},
            description = "Also list everything below.")
    private boolean recursive;

    @Option(
            names = {"-l", "--long"},
            description = "Also show mode, owner, size and time.")
    private boolean details;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        SnapshotPath target = SnapshotPath.parse(where);
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            var manifest = appliance.open(select.find(appliance, target).id(), Purpose.LIST);
            new Contents(appliance, manifest)
                    .list(target.path(), recursive, (path, node) -> EntryFormat.print(out, path, node, details, json));
        }
        return ExitCode.OK;
    }
}
