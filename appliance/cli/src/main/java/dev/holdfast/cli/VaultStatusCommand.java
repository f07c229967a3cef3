package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows how far each vault is: what is off-site, what is behind, since when, and until when.",
            "The off-site RPO is the age of the oldest snapshot that is not in the vault."
        })
final class VaultStatusCommand extends ApiCommand.Listing {
    @Option(names = "--snapshots", description = "List each snapshot, and whether it is off-site.")
    private boolean snapshots;

    @Option(names = "--node", paramLabel = "NAME", description = "With --snapshots: only this node's.")
    private String node = "";

    @Override
    List<JsonNode> find(ApiClient api) throws IOException {
        List<JsonNode> vaults = new ArrayList<>();
        api.get("/vaults").path("vaults").forEach(vaults::add);
        if (vaults.isEmpty()) {
            throw new Failure.NotFoundException("this appliance has no vault; to set one, see: "
                    + TypedCommand.elsewhere("appliance", "vault", "set", "--help"));
        }
        return snapshots ? SnapshotCommand.all(api, node) : vaults;
    }

    @Override
    void print(PrintWriter out, List<JsonNode> found) {
        if (snapshots) {
            printSnapshots(out, found);
        } else {
            found.forEach(each -> print(out, each.path("state")));
        }
    }

    private static void print(PrintWriter out, JsonNode it) {
        out.println(text(it, "name") + "  " + text(it, "url") + ", uploads "
                + text(it, "when").toLowerCase(Locale.ROOT));
        out.println("state      " + text(it, "state")
                + (text(it, "progress").isEmpty() ? "" : ", " + text(it, "progress")));
        out.println("off-site   " + offsite(it));
        if (number(it, "history") > 0) {
            out.println("history    " + (number(it, "history") - number(it, "historyBehind")) + " of "
                    + number(it, "history") + " snapshots from before the vault was set are uploaded, "
                    + (number(it, "snapshotsBehind") - number(it, "historyBehind")) + " newer ones are pending");
        }
        out.println("stored     " + Output.bytes(number(it, "objectBytes")));
        out.println("last run   " + Output.time(it.path("lastSuccess"), "none yet"));
        out.println("root       " + number(it, "root") + " (note it with the recovery key)");
        if (!text(it, "error").isEmpty()) {
            out.println("error      " + text(it, "error"));
        }
        if (!it.path("nodes").isEmpty()) {
            printNodes(out, it.path("nodes"));
        }
        out.println();
    }

    private static String offsite(JsonNode it) {
        if (!it.path("counted").asBoolean()) {
            return "not known: the appliance has not counted yet what is in this vault";
        }
        if (number(it, "snapshotsBehind") == 0) {
            return "everything";
        }
        String forecast;
        if (it.path("doneBy").isTextual()) {
            forecast = ", done by " + Output.time(it.path("doneBy"), "");
        } else if (number(it, "backlogBytes") == 0) {
            forecast = "";
        } else {
            forecast = text(it, "state").equals("refused") ? ", waiting for an administrator" : ", no forecast yet";
        }
        return "all but " + number(it, "snapshotsBehind") + " snapshots, the oldest of them "
                + Output.duration(number(it, "offsiteRpoSeconds")) + " old; " + Output.bytes(number(it, "backlogBytes"))
                + " to upload" + forecast;
    }

    private static void printNodes(PrintWriter out, JsonNode nodes) {
        String form = "%-24s %9s %9s %9s %10s %12s  %s%n";
        out.printf(form, "NODE", "SNAPSHOTS", "OFF-SITE", "BEHIND", "BACKLOG", "RPO", "NEWEST OFF-SITE");
        for (JsonNode each : nodes) {
            long behind = number(each, "behind");
            out.printf(
                    form,
                    text(each, "node"),
                    number(each, "snapshots"),
                    number(each, "offsite"),
                    behind,
                    Output.bytes(number(each, "bytesBehind")),
                    behind == 0 ? "-" : Output.duration(number(each, "rpoSeconds")),
                    Output.time(each.path("lastOffsite"), "none"));
        }
    }

    private static void printSnapshots(PrintWriter out, List<JsonNode> found) {
        String form = "%-10s %-24s %-25s %s%n";
        out.printf(form, "ID", "NODE", "TIME", "OFF-SITE");
        for (JsonNode each : found) {
            List<String> vaults = new ArrayList<>();
            each.path("vaults").forEach(vault -> vaults.add(vault.asText()));
            out.printf(
                    form,
                    text(each, "id").substring(0, 8),
                    text(each, "node"),
                    Output.time(each.path("taken"), ""),
                    vaults.isEmpty() ? "no" : String.join(", ", vaults));
        }
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static long number(JsonNode node, String field) {
        return node.path(field).asLong();
    }
}
