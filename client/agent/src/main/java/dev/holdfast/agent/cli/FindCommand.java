package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        name = "find",
        mixinStandardHelpOptions = true,
        description = {
            "Finds names in snapshots, the newest first. Patterns as for --exclude: *.odt, /home/**/thesis*.",
            "Exit code 6 when nothing was found."
        })
final class FindCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "PATTERN", description = "What to look for.")
    private String pattern = "";

    @Option(names = "--snapshot", paramLabel = "ID", description = "Only in this snapshot; default: in all.")
    private @Nullable String snapshot;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        Excludes matcher = new Excludes(List.of(pattern));
        long[] found = new long[1];
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            List<Appliance.Listed> searched =
                    snapshot == null ? select.all(appliance).reversed() : List.of(select.find(appliance, snapshot));
            for (Appliance.Listed each : searched) {
                var manifest = appliance.open(each.id(), Purpose.FIND);
                new Contents(appliance, manifest).list(TreePath.ROOT, true, (path, node) -> {
                    if (matcher.matches(path, node instanceof Node.Directory)) {
                        found[0]++;
                        if (json) {
                            Map<String, Object> map = new LinkedHashMap<>();
                            map.put("snapshot", each.id().toString());
                            map.put("path", path.toString());
                            map.put("size", node.attributes().size());
                            map.put("mtime", EntryFormat.time(node.attributes()).toString());
                            Output.jsonLine(out, map);
                        } else {
                            out.println(each.shortId() + ":" + path);
                        }
                    }
                });
            }
        }
        if (found[0] == 0) {
            spec.commandLine().getErr().println("holdfast: nothing in the snapshots matches '" + pattern + "'");
            return ExitCode.NOT_FOUND;
        }
        return ExitCode.OK;
    }
}
