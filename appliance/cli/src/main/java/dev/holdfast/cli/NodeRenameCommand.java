package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "rename",
        mixinStandardHelpOptions = true,
        description = {
            "Gives a node another name. Its certificate, plans, policy, tasks and snapshots stay its own, and users who see it"
                    + " see it under the new name.",
            "Nothing is to be done on the machine: its client learns the name at its next connection.",
            "The audit log, reports of drills, texts of past events and the catalogues of vaults keep the old name for what was"
                    + " before. A vault for some nodes only ('vault set --node') takes snapshots of both names from now on.",
            "",
            "  holdfast appliance node rename web1 shop1 --data DIR"
        })
final class NodeRenameCommand extends ApiCommand.Printing<JsonNode> {
    @Parameters(index = "0", paramLabel = "OLD", description = "The node's name, as 'node list' shows it.")
    private String before = "";

    @Parameters(
            index = "1",
            paramLabel = "NEW",
            description = "Its new name, which no node has: 1 to 63 letters, digits, dots, hyphens and underscores.")
    private String after = "";

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    JsonNode find(ApiClient api) throws IOException {
        return api.post(ApiClient.path("nodes", before, "rename"), Map.of("name", after));
    }

    @Override
    void print(PrintWriter out, JsonNode renamed) {
        out.println("Renamed " + renamed.path("before").asText() + " to "
                + renamed.path("after").asText());
        renamed.path("vaults")
                .forEach(vault -> out.println("Vault '" + vault.asText() + "' takes its snapshots under both names"));
    }
}
