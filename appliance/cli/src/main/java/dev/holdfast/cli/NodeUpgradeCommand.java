package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "upgrade",
        mixinStandardHelpOptions = true,
        description = {
            "Orders nodes to upgrade their clients to a package that the appliance offers (see 'client-package').",
            "Each node is a task. It begins when the node's service is connected, nothing else runs there, and the hours of"
                    + " the node's plans allow it; its log says what it waits for. It is done when the new version has"
                    + " connected. If that does not happen in time, the node installs its previous version again, and the"
                    + " task fails with the reason."
        })
final class NodeUpgradeCommand extends ApiCommand {
    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Nodes' names, as 'node list' shows them.")
    private List<String> names = List.of();

    @Option(names = "--all", description = "All active nodes.")
    private boolean all;

    @Option(
            names = "--to",
            paramLabel = "VERSION",
            description = "A version that the appliance offers; default: the newest.")
    private String version = "";

    @Option(names = "--dry-run", description = "Only show what would be ordered.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    int run(ApiClient api) throws IOException {
        if (all != names.isEmpty()) {
            throw new Failure.UsageException("name nodes, or give --all");
        }
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("nodes", names);
        wanted.put("all", all);
        wanted.put("version", version);
        wanted.put("dryRun", dryRun);
        JsonNode answer = api.post("/node-upgrades", wanted);
        if (json) {
            Output.json(out(), answer);
            return ExitCode.OK;
        }
        String to = answer.path("version").asText();
        for (JsonNode each : answer.path("upgrades")) {
            String node = each.path("node").asText();
            String task = each.path("task").asText();
            out().println(
                            each.path("already").asBoolean()
                                    ? node + ": task " + task + " upgrades it already"
                                    : dryRun
                                            ? node + ": would be upgraded to " + to
                                            : node + ": task " + task + " upgrades it to " + to);
        }
        if (answer.path("upgrades").isEmpty()) {
            out().println("There is no active node");
        } else if (!dryRun) {
            out().println("Progress: " + api.command("tasks", "list"));
        }
        return ExitCode.OK;
    }
}
