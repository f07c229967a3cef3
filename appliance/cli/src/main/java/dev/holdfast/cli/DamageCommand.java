package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "damage",
        mixinStandardHelpOptions = true,
        description = {
            "Lists what of the stored data is known to be damaged: which machines, snapshots and files cannot be restored"
                    + " whole, and what was healed.",
            "A scrub finds damage. What a vault has is healed from there by the scrub. Otherwise back up the machine again:"
                    + " what it still has is stored anew. Or take the file from another snapshot, or forget the damaged one.",
            "The list is kept up to date by each scrub and gc. Exit code 7 when something is damaged."
        })
final class DamageCommand extends ApiCommand.Printing<ObjectNode> {
    @Option(names = "--node", paramLabel = "NAME", description = "Only the files of this node.")
    private String node = "";

    @Option(names = "--limit", defaultValue = "1000", description = "How many files; default ${DEFAULT-VALUE}.")
    private int limit;

    @Override
    ObjectNode find(ApiClient api) throws IOException {
        if (limit < 1) {
            throw new IllegalArgumentException("--limit must be at least 1");
        }
        ObjectNode whole = null;
        ArrayNode hurts = ApiClient.JSON.createArrayNode();
        String after = "";
        do {
            JsonNode page = api.get("/damage?limit=" + Math.min(limit - hurts.size(), ApiClient.PAGE) + "&node="
                    + ApiClient.encode(node) + "&after=" + ApiClient.encode(after));
            if (whole == null) {
                whole = page.deepCopy();
            }
            page.path("hurts").forEach(hurts::add);
            after = page.path("next").asText();
        } while (!after.isEmpty() && hurts.size() < limit);
        whole.set("hurts", hurts);
        whole.put("next", after);
        return whole;
    }

    @Override
    int code(ObjectNode found) {
        return found.path("findings").asLong() == 0 ? ExitCode.OK : ExitCode.DAMAGED;
    }

    @Override
    void print(PrintWriter out, ObjectNode found) {
        if (found.path("findings").asLong() == 0) {
            out.println("No damage found");
        } else {
            machines(out, found);
            found.path("hurts").forEach(hurt -> hurt(out, hurt));
            if (!found.path("next").asText().isEmpty()) {
                out.println("More files are damaged; to list them: --limit N");
            }
            List<JsonNode> damaged = new ArrayList<>();
            found.path("damaged").forEach(damaged::add);
            for (JsonNode each : damaged) {
                out.println("damaged since " + Output.time(each.path("foundAt"), "") + ": "
                        + each.path("file").asText() + ": " + each.path("what").asText());
            }
            if (!found.path("complete").asBoolean()) {
                out.println("This list is incomplete: more damage was found than the appliance can record");
            }
        }
        found.path("healed")
                .forEach(each -> out.println("healed " + Output.time(each.path("at"), "") + ": "
                        + each.path("what").asText() + ", " + each.path("how").asText()));
    }

    private static void machines(PrintWriter out, JsonNode found) {
        for (JsonNode each : found.path("machines")) {
            out.println(each.path("node").asText() + ": "
                    + (each.path("namesLost").asBoolean() ? "at least " : "")
                    + Output.count(each.path("files").asLong(), "damaged file") + " in "
                    + Output.count(each.path("snapshots").asLong(), "snapshot") + ", since "
                    + Output.time(each.path("since"), ""));
        }
        if (found.path("machines").isEmpty()) {
            out.println("No file of a snapshot is known to be affected");
        }
    }

    private static void hurt(PrintWriter out, JsonNode hurt) {
        out.println("  " + hurt.path("node").asText() + ", snapshot "
                + hurt.path("snapshot").asText().substring(0, 8) + " of "
                + Output.time(hurt.path("taken"), "unknown time") + ": "
                + hurt.path("path").asText()
                + (hurt.path("more").asBoolean() ? " and what follows it (file names are lost)" : ""));
    }
}
