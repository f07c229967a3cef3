package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.local.AuditVerification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        description = {
            "Lists who read, changed or was refused what, the newest first; or verifies that the log is as it was written.",
            "",
            "A verification reads the whole log, in the database and in files, and compares it with the signed heads in",
            "DATA/audit/heads, in the appliance's logs and in the roots that the journals of its vaults know. It exits with 7",
            "where an entry was altered, removed or reordered, where the end was cut off, or where a file is missing.",
            "",
            "With one of the --keep options it sets how much of the log stays in the control database. Older entries are",
            "moved to signed files DATA/audit/*.hfa once a day, or earlier if the limits are exceeded by 10 %%. A verification",
            "reads these files too."
        })
final class AuditCommand extends ApiCommand {
    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(names = "--limit", defaultValue = "100", description = "How many; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--verify", description = "Verify the log instead of listing it.")
    private boolean verify;

    @Option(
            names = "--heads",
            paramLabel = "FILE",
            description =
                    "With --verify: an additional file that contains signed heads, such as an exported journal or a copy of"
                            + " DATA/audit/heads kept elsewhere. May be given several times.")
    private List<Path> heads = List.of();

    @Option(
            names = "--vaults",
            description = "With --verify: read the roots in the vaults themselves too. Needs the appliance's keys.")
    private boolean vaults;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--keep-days",
            paramLabel = "N",
            description = "Keep entries for so many days, 1 to 10000; initially 400.")
    private @Nullable Integer keepDays;

    @Option(
            names = "--keep-entries",
            paramLabel = "N",
            description = "Keep at most so many entries, 1000 to 10000000; initially 250000.")
    private @Nullable Long keepEntries;

    @Option(
            names = "--keep-megabytes",
            paramLabel = "N",
            description = "Keep at most so many megabytes of text, 1 to 4000; initially 64.")
    private @Nullable Integer keepMegabytes;

    @Override
    CredentialOptions credentials() {
        return credentials;
    }

    @Override
    int run(ApiClient api) throws Exception {
        if (keepDays != null || keepEntries != null || keepMegabytes != null) {
            return keep(api);
        }
        return verify ? verify() : list(api);
    }

    private int list(ApiClient api) throws IOException {
        List<JsonNode> entries = api.list("/audit", "entries", ApiClient.Paging.BEFORE, Map.of(), limit);
        if (json) {
            Output.json(out(), entries);
            return ExitCode.OK;
        }
        for (JsonNode each : entries) {
            out().printf(
                            "%s  %-24s %-24s %s  %s%n",
                            Output.time(each.path("at"), ""),
                            each.path("actor").asText(),
                            each.path("action").asText(),
                            each.path("object").asText(),
                            each.path("outcome").asText());
        }
        return ExitCode.OK;
    }

    /** In this process: the appliance's own word is not what proves its log right. */
    private int verify() throws IOException {
        AuditReport report =
                AuditVerification.verify(directory("--verify"), heads, vaults ? credentials.files() : null);
        if (json) {
            Output.json(out(), report);
        } else {
            print(out(), report);
        }
        if (!report.intact()) {
            return ExitCode.DAMAGED;
        }
        return report.notes().isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private static void print(PrintWriter out, AuditReport report) {
        report.findings().forEach(each -> out.println("BROKEN: " + each.message()));
        report.notes().forEach(each -> out.println("note: " + each));
        out.println(report.entries() + " entries up to " + report.last() + " read, " + report.segments()
                + " files among them; compared with " + report.anchors() + " anchors");
        if (!report.newestAnchor().isEmpty()) {
            out.println("newest: " + report.newestAnchor() + "; " + report.unanchored() + " entries are newer");
        }
        out.println(
                report.intact()
                        ? "The audit log is as it was written."
                        : "The audit log is NOT as it was written: "
                                + report.findings().size() + " findings.");
    }

    private int keep(ApiClient api) throws IOException {
        JsonNode now = api.get("/audit/limits");
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("days", keepDays == null ? now.path("days").asInt() : keepDays);
        wanted.put("entries", keepEntries == null ? now.path("entries").asLong() : keepEntries);
        wanted.put("megabytes", keepMegabytes == null ? now.path("megabytes").asInt() : keepMegabytes);
        api.put("/audit/limits", wanted);
        out().println("The control database keeps entries for " + wanted.get("days") + " days, at most "
                + wanted.get("entries") + " of them, at most " + wanted.get("megabytes") + " MB.");
        return ExitCode.OK;
    }
}
