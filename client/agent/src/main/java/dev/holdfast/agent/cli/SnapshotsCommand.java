package dev.holdfast.agent.cli;

import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "snapshots",
        mixinStandardHelpOptions = true,
        description = "Lists this node's snapshots, oldest first.")
final class SnapshotsCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        var out = Objects.requireNonNull(spec).commandLine().getOut();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            List<Appliance.Listed> snapshots = select.all(appliance);
            if (json) {
                List<Map<String, Object>> list = new ArrayList<>();
                for (Appliance.Listed snapshot : snapshots) {
                    list.add(json(snapshot));
                }
                Output.json(out, list);
                return ExitCode.OK;
            }
            out.printf("%-8s  %-24s  %9s  %9s  %9s  %s%n", "ID", "TIME", "FILES", "SIZE", "NEW", "PATHS");
            for (Appliance.Listed snapshot : snapshots) {
                SnapshotSummary summary = snapshot.summary();
                out.printf(
                        "%-8s  %-24s  %9d  %9s  %9s  %s%s%n",
                        snapshot.shortId(),
                        Output.time(snapshot.committed()),
                        summary.counts().files(),
                        Output.bytes(summary.counts().bytes()),
                        Output.bytes(summary.counts().wireBytes()),
                        summary.sources().stream().map(TreePath::toString).collect(Collectors.joining(" "))
                                + (summary.tags().isEmpty() ? "" : "  [" + String.join(", ", summary.tags()) + "]"),
                        summary.counts().problems() == 0
                                ? ""
                                : "  (" + summary.counts().problems() + " warnings)");
            }
        }
        return ExitCode.OK;
    }

    private static Map<String, Object> json(Appliance.Listed snapshot) {
        SnapshotSummary summary = snapshot.summary();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("id", snapshot.id().toString());
        map.put("committed", snapshot.committed().toString());
        map.put("host", summary.host());
        map.put("paths", summary.sources().stream().map(TreePath::toString).toList());
        map.put("excludes", summary.excludes());
        map.put("tags", summary.tags());
        map.put("files", summary.counts().files());
        map.put("directories", summary.counts().directories());
        map.put("bytes", summary.counts().bytes());
        map.put("bytesSent", summary.counts().wireBytes());
        map.put("problems", summary.counts().problems());
        return map;
    }
}
