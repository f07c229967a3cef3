package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "usage",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the storage used per node, exclusive and shared; 'snapshot list' shows it per snapshot. Counted once a day.",
            "EXCLUSIVE is what would be freed if all snapshots of a node were forgotten; what other nodes share would stay."
        })
final class UsageCommand extends ApiCommand {
    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Option(names = "--now", description = "Count first. Takes as long as the marking of gc does.")
    private boolean now;

    @Override
    int run(ApiClient api) throws Exception {
        if (now) {
            int code = task.run(api, Map.of("kind", "usage"), out(), err(), (out, result) -> {});
            if (code != ExitCode.OK || task.json()) {
                return code;
            }
        }
        JsonNode usage = api.get("/usage");
        if (task.json()) {
            Output.json(out(), usage);
            return ExitCode.OK;
        }
        if (!usage.path("at").isTextual()) {
            out().println("Not counted yet; --now counts");
            return ExitCode.OK;
        }
        out().println("as of " + Output.time(usage.path("at"), ""));
        out().printf("%-24s %10s %10s %10s %10s%n", "NODE", "SNAPSHOTS", "STORED", "EXCLUSIVE", "SHARED");
        for (JsonNode each : usage.path("nodes")) {
            long stored = each.path("stored").asLong();
            long own = each.path("own").asLong();
            out().printf(
                            "%-24s %10d %10s %10s %10s%n",
                            each.path("node").asText(),
                            each.path("snapshots").asLong(),
                            Output.bytes(stored),
                            Output.bytes(own),
                            Output.bytes(stored - own));
        }
        return ExitCode.OK;
    }
}
