package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "tag",
        mixinStandardHelpOptions = true,
        description = {
            "Adds and removes tags of a node, and prints those that it has then. Without options, it only prints them.",
            "Tags group machines: 'node list --tag TAG' and the filters of the console find them. A node has at most 20. A tag"
                    + " has 1 to 31 letters, digits, dots, hyphens and underscores, and is stored in lower case.",
            "A token of 'token create --tag TAG' gives tags to the node that enrols by it.",
            "",
            "  holdfast appliance node tag web1 --add production --add shanghai --data DIR",
            "  holdfast appliance node tag web1 --remove production --data DIR",
            "  holdfast appliance node list --tag shanghai --data DIR"
        })
final class NodeTagCommand extends ApiCommand.Printing<JsonNode> {
    @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
    private String name = "";

    @Option(names = "--add", paramLabel = "TAG", description = "A tag that the node gets; may be repeated.")
    private List<String> added = new ArrayList<>();

    @Option(names = "--remove", paramLabel = "TAG", description = "A tag that the node loses; may be repeated.")
    private List<String> removed = new ArrayList<>();

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    JsonNode find(ApiClient api) throws IOException {
        if (added.isEmpty() && removed.isEmpty()) {
            JsonNode node = api.get(ApiClient.path("nodes", name)).path("node");
            return ApiClient.JSON
                    .createObjectNode()
                    .put("node", node.path("name").asText())
                    .set("tags", node.path("tags"));
        }
        return api.post(ApiClient.path("nodes", name, "tags"), Map.of("add", added, "remove", removed));
    }

    @Override
    void print(PrintWriter out, JsonNode tagged) {
        out.println(tagged.path("node").asText() + ": " + NodeCommand.tags(tagged));
    }
}
