package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "gc",
        mixinStandardHelpOptions = true,
        description = {
            "Collects garbage: frees the space of chunks that no snapshot refers to. The appliance does so once a day.",
            "Runs beside backups, restores and uploads; works on a full disk."
        })
final class GcCommand extends ApiCommand {
    @Mixin
    private final TaskOptions task = new TaskOptions();

    @Option(names = "--dry-run", description = "Only show what would be freed.")
    private boolean dryRun;

    @Option(
            names = "--below",
            paramLabel = "PERCENT",
            defaultValue = "60",
            description =
                    "Compact containers with less live data than this. 100 reclaims all dead data, but copies much more."
                            + " Default: ${DEFAULT-VALUE}.")
    private int below;

    @Option(
            names = "--grace-hours",
            paramLabel = "N",
            defaultValue = "24",
            description = "Leave younger containers alone, in which an interrupted backup finds its chunks; default"
                    + " ${DEFAULT-VALUE}.")
    private int graceHours;

    @Override
    int run(ApiClient api) throws Exception {
        if (below < 1 || below > 100 || graceHours < 0) {
            throw new IllegalArgumentException("--below must be from 1 to 100, --grace-hours not negative");
        }
        return task.run(
                api,
                Map.of("kind", dryRun ? "gc-preview" : "gc", "liveBelowPercent", below, "graceHours", graceHours),
                out(),
                err(),
                (out, result) -> print(api, out, result));
    }

    private void print(ApiClient api, PrintWriter out, JsonNode result) {
        JsonNode survey = dryRun ? result : result.path("survey");
        out.println(survey.path("chunks").asLong() + " chunks of "
                + survey.path("snapshots").asLong() + " snapshots in "
                + Output.bytes(survey.path("usedBytes").asLong()) + "; "
                + Output.bytes(survey.path("deadBytes").asLong()) + " are needed by none");
        if (dryRun) {
            out.println("Would delete " + survey.path("containers").asLong() + " containers, copy "
                    + Output.bytes(survey.path("copiedBytes").asLong()) + " and free "
                    + Output.bytes(survey.path("freedBytes").asLong()));
            printYoung(api, out, survey);
            return;
        }
        out.println("Deleted " + result.path("deleted").asLong() + " containers, freed "
                + Output.bytes(result.path("freedBytes").asLong()));
        if (result.path("waiting").asLong() > 0) {
            out.println(result.path("waiting").asLong()
                    + " more containers will be deleted when the backups that are running now have ended");
        }
        printYoung(api, out, survey);
        result.path("warnings").forEach(warning -> out.println("warning: " + warning.asText()));
    }

    /** Where room is needed now, the grace is in the way, and only a backup that was cut off would miss it. */
    private void printYoung(ApiClient api, PrintWriter out, JsonNode survey) {
        long young = survey.path("youngBytes").asLong();
        if (young > 0) {
            out.println(Output.bytes(young) + " more could be freed, but are younger than " + graceHours
                    + " hours. To free them now: " + api.command("gc", "--grace-hours", "0")
                    + " (a backup that was cut off then sends its chunks again)");
        }
    }
}
