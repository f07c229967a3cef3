package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows whether all machines are protected, what is wrong, whether the appliance runs, how full it is and what it"
                    + " holds.",
            "A machine is failing, overdue, damaged, never backed up or unprotected (without a plan) until that is mended;"
                    + " 'node list' shows it for each."
        })
final class StatusCommand extends ApiCommand.Printing<JsonNode> {
    @Override
    JsonNode find(ApiClient api) throws IOException {
        return api.get("/status");
    }

    private static void printHealth(PrintWriter out, JsonNode status) {
        JsonNode verdict = status.path("verdict");
        int machines = verdict.path("machines").asInt();
        int attention = verdict.path("attention").asInt();
        String ofMachines = machines == 0
                ? "no machine is protected yet"
                : attention > 0
                        ? attention + " of " + machines + (attention == 1 ? " machines needs" : " machines need")
                                + " attention"
                        : machines == 1 ? "the machine is protected" : "all " + machines + " machines are protected";
        boolean own = verdict.path("appliance").asInt() > 0;
        out.println("health     " + ofMachines + (own ? "; the appliance needs attention" : ""));
        for (JsonNode need : status.path("needs")) {
            String title = need.path("title").asText();
            String why = need.path("text").asText();
            out.println("           " + need.path("severity").asText() + ": " + title
                    + (why.isEmpty() || title.endsWith(why) ? "" : ": " + why)
                    + (need.path("task").asLong() > 0
                            ? " (task " + need.path("task").asLong() + ")"
                            : ""));
        }
    }

    @Override
    void print(PrintWriter out, JsonNode status) {
        boolean running = status.path("running").asBoolean();
        out.println(
                running
                        ? "running, listens on https://"
                                + Output.authority(
                                        status.path("host").asText(),
                                        status.path("port").asInt())
                        : "not running");
        boolean readOnly = status.path("readOnly").isTextual();
        if (readOnly) {
            out.println("read-only  " + status.path("readOnly").asText() + ": nothing is changed");
            status.path("missingVolumes").forEach(each -> out.println("missing    " + each.asText()));
        }
        printHealth(out, status);
        out.println("profile    " + status.path("profile").asText() + ": "
                + status.path("description").asText());
        out.println("used       " + status.path("figures").asText());
        if (status.path("leftBytes").asLong() == 0 && !readOnly) {
            out.println("           full: backups are refused");
        }
        out.println("chunks     " + status.path("chunks").asLong());
        out.println("snapshots  " + status.path("snapshots").asLong());
        out.println("nodes      " + status.path("nodes").asLong() + " of "
                + status.path("maxNodes").asInt());
        out.println("authority  its certificate ends on "
                + Output.time(status.path("authorityEndsAt"), "").substring(0, 10));
        if (status.path("apiCertificateEndsAt").isTextual()) {
            out.println("console    your certificate ends on "
                    + Output.time(status.path("apiCertificateEndsAt"), "").substring(0, 10));
        }
        out.println("backups    " + status.path("backupsRunning").asLong() + " running");
    }
}
