package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = {
            "Ends a node: its access at once, its plans, and orders that wait for it.",
            "With --keep-snapshots the node is retired: its snapshots stay under its policy, and can be restored to other nodes"
                    + " ('snapshot restore ID --node OTHER').",
            "With --with-snapshots they are forgotten, by a task; then the name is free again. Refused where one is held or"
                    + " locked. Copies in vaults are removed by the vaults' own rules ('vault set --keep-days').",
            "Rerun the command after a crash or a cancelled task: it does the rest. A token of 'token create --node NAME' brings"
                    + " a retired node back.",
            "",
            "  holdfast appliance node remove web1 --keep-snapshots --data DIR",
            "  holdfast appliance node remove web1 --with-snapshots --dry-run --data DIR"
        })
final class NodeRemoveCommand extends ApiCommand {
    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
    private String name = "";

    @ArgGroup(multiplicity = "1")
    private final What what = new What();

    /** What becomes of the snapshots. */
    static final class What {
        @Option(names = "--keep-snapshots", description = "The snapshots stay; the node is shown as retired.")
        private boolean keep;

        @Option(names = "--with-snapshots", description = "The snapshots are forgotten for good.")
        private boolean forget;
    }

    @Option(names = "--dry-run", description = "Only show what would be done.")
    private boolean dryRun;

    @Option(names = "--yes", description = "Forget the snapshots without asking.")
    private boolean yes;

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    int run(ApiClient api) throws Exception {
        JsonNode would = ask(api, true);
        if (dryRun) {
            print(would, "Would ");
            return ExitCode.OK;
        }
        if (what.forget && !yes) {
            confirm(would);
        }
        JsonNode left = ask(api, false);
        boolean queued = left.path("task").isNumber();
        if (!task.json() || !queued) {
            print(left, "");
        }
        if (!queued) {
            return ExitCode.OK;
        }
        if (!left.path("running").asBoolean()) {
            out().println("The appliance is not running; task "
                    + left.path("task").asLong() + " forgets the snapshots when it starts: " + api.command("run"));
            return ExitCode.OK;
        }
        return task.follow(api, left, out(), err(), NodeRemoveCommand::printForgotten);
    }

    private JsonNode ask(ApiClient api, boolean dry) throws IOException {
        return api.post(
                ApiClient.path("nodes", name, "remove"),
                Map.of("snapshots", what.keep ? "keep" : "forget", "dryRun", dry));
    }

    private void confirm(JsonNode would) throws Failure.UsageException {
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            throw new Failure.UsageException(
                    "this forgets " + would.path("snapshots").asInt() + " snapshots of node '" + name
                            + "' for good; add --yes if that is meant, or --dry-run to see what it does");
        }
        print(would, "Will ");
        String typed = console.readLine("Type the node's name to go on: ");
        if (!name.equals(typed)) {
            throw new Failure.UsageException("that is not the node's name; nothing was changed");
        }
    }

    private void print(JsonNode left, String how) {
        if (task.json()) {
            Output.json(out(), left);
            return;
        }
        int snapshots = left.path("snapshots").asInt();
        boolean forget = left.path("outcome").asText().equals("removed");
        String node = "node " + left.path("node").asText();
        out().println(
                        switch (how) {
                            case "" -> "Ended the access of " + node;
                            default -> how + "end the access of " + node;
                        });
        List<String> plans = texts(left.path("plans"));
        if (!plans.isEmpty()) {
            out().println("Plans that no longer apply to it: " + String.join(", ", plans));
        }
        String policy = left.path("policy").asText();
        out().println(
                        forget
                                ? "Snapshots to be forgotten: " + snapshots
                                : "Snapshots that stay: " + snapshots
                                        + (policy.isEmpty() ? ", without a policy" : ", under policy " + policy));
        List<String> vaults = texts(left.path("vaults"));
        if (forget && !vaults.isEmpty()) {
            out().println("Their copies in vaults follow the vaults' own rules: " + String.join(", ", vaults));
        }
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static void printForgotten(PrintWriter out, JsonNode result) {
        out.println("Removed node " + result.path("node").asText() + " and its "
                + result.path("snapshots").asLong() + " snapshots; the next collection frees their space");
    }
}
