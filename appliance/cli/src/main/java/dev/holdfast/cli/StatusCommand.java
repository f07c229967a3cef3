package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows whether the appliance runs, how full it is and what it holds.")
final class StatusCommand extends ApiCommand.Printing<JsonNode> {
    @Override
    JsonNode find(ApiClient api) throws IOException {
        return api.get("/status");
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
