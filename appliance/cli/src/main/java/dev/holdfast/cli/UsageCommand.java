package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.protocol.cli.ExitCode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "usage",
        mixinStandardHelpOptions = true,
        description = {
            "Shows whose the used room is, node by node; 'snapshot list' shows it for each snapshot. Reckoned once a day.",
            "OWN would come back if a node's snapshots were all forgotten; what is shared with other nodes would stay."
        })
final class UsageCommand extends ControlCommand {
    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Option(names = "--now", description = "Reckon first. Takes as long as the marking of gc does.")
    private boolean now;

    @Override
    int run(DataDirectory directory, ControlDb control) throws Exception {
        if (now) {
            int code = task.run(directory, "usage", "reckon usage", Map.of(), out(), err(), UsageCommand::nothing);
            if (code != ExitCode.OK || task.json()) {
                return code;
            }
        }
        List<UsageTable.OfNode> nodes = control.usage().nodes();
        Instant at = control.usage().at();
        if (task.json()) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("at", at);
            map.put("nodes", nodes);
            Output.json(out(), map);
            return ExitCode.OK;
        }
        if (at == null) {
            out().println("Not reckoned yet; --now does it");
            return ExitCode.OK;
        }
        out().println("as of " + Output.time(at));
        out().printf("%-24s %10s %10s %10s %10s%n", "NODE", "SNAPSHOTS", "STORED", "OWN", "SHARED");
        for (UsageTable.OfNode each : nodes) {
            out().printf(
                            "%-24s %10d %10s %10s %10s%n",
                            each.node(),
                            each.snapshots(),
                            Output.bytes(each.stored()),
                            Output.bytes(each.own()),
                            Output.bytes(each.stored() - each.own()));
        }
        return ExitCode.OK;
    }

    private static void nothing(java.io.PrintWriter out, JsonNode result) {
        // The table below says it all.
    }
}
