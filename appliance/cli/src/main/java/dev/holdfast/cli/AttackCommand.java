package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "attack",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the machines whose backup looked like an attack, and what was seen.",
            "With NAME, shows how much each of the newest backups of the machine changed beside what is usual, and the newest"
                    + " snapshot from before.",
            "Answer with 'node keep NAME --reason TEXT' if it is an attack, or with 'node release NAME --reason TEXT' if the"
                    + " changes are wanted. Until then, policies forget no snapshot of the machine.",
            "Exit code 1 while retention of a machine is paused, or its backups are suspended."
        })
final class AttackCommand extends ApiCommand.Printing<JsonNode> {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "A node's name, as 'node list' shows it.")
    private @Nullable String name;

    @Override
    JsonNode find(ApiClient api) throws IOException {
        String one = name;
        return api.get(one == null ? "/attacks" : ApiClient.path("nodes", one, "attack"));
    }

    @Override
    List<String> lists() {
        return List.of("node", "list");
    }

    @Override
    int code(JsonNode found) {
        JsonNode one = found.path("machine");
        boolean waits = one.isMissingNode()
                ? !found.path("machines").isEmpty()
                : one.path("pausedSince").isTextual()
                        || one.path("suspendedSince").isTextual();
        return waits ? ExitCode.WARNINGS : ExitCode.OK;
    }

    @Override
    void print(PrintWriter out, JsonNode found) {
        JsonNode one = found.path("machine");
        if (one.isMissingNode()) {
            if (found.path("machines").isEmpty()) {
                out.println("No backup looks like an attack");
            }
            found.path("machines").forEach(each -> machine(out, each));
            return;
        }
        machine(out, one);
        if (code(found) == ExitCode.OK) {
            out.println(one.path("node").asText() + ": no backup looks like an attack");
        }
        out.printf(
                "%-25s %-9s %10s %10s %9s %9s %s%n", "TAKEN", "SNAPSHOT", "FILES", "SIZE", "CHANGED", "REPLACED", "");
        found.path("runs").forEach(each -> run(out, each));
        JsonNode clean = found.path("clean");
        if (clean.isObject()) {
            out.println("The newest snapshot from before: "
                    + clean.path("snapshot").asText() + " of " + Output.time(clean.path("taken"), ""));
        }
    }

    private static void machine(PrintWriter out, JsonNode machine) {
        String node = machine.path("node").asText();
        if (machine.path("pausedSince").isTextual()) {
            out.println(node + ": retention paused since " + Output.time(machine.path("pausedSince"), "") + ": "
                    + machine.path("reason").asText());
        }
        if (machine.path("suspendedSince").isTextual()) {
            out.println(node + ": backups suspended since " + Output.time(machine.path("suspendedSince"), "") + ": "
                    + machine.path("suspended").asText());
        }
        JsonNode confirmed = machine.path("confirmed");
        if (confirmed.isObject()) {
            out.println(node + ": an attack, says " + confirmed.path("by").asText() + ": "
                    + confirmed.path("why").asText());
        }
    }

    private static void run(PrintWriter out, JsonNode run) {
        out.printf(
                "%-25s %-9s %10d %10s %8d%% %8d%% %s%n",
                Output.time(run.path("taken"), ""),
                run.path("snapshot").asText().substring(0, 8),
                run.path("files").path("value").asLong(),
                Output.bytes(run.path("bytes").path("value").asLong()),
                Math.round(100 * run.path("changed").path("value").asDouble()),
                Math.round(100 * run.path("replaced").path("value").asDouble()),
                run.path("suspicion").asText());
    }
}
