package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        description = {
            "Rehearses restores: a node restores a random sample of a snapshot to a scratch directory, compares it with what"
                    + " lives there, and the appliance signs a report with the time that all of it would take.",
            "'drill boot' boots a snapshot of disks instead, in a machine of its own without a network.",
            "Each node that runs 'holdfast service' does so every week; 'drill every' changes that."
        },
        subcommands = {
            DrillCommand.Run.class,
            BootDrillCommand.class,
            DrillCommand.ListAll.class,
            DrillCommand.Export.class,
            DrillCommand.Every.class,
            CommandLine.HelpCommand.class
        })
final class DrillCommand {
    @Command(name = "run", mixinStandardHelpOptions = true, description = "Orders nodes to rehearse a restore now.")
    static final class Run extends ApiCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Option(names = "--seed", paramLabel = "N", description = "Chooses the files; default: at random.")
        private @Nullable Long seed;

        @Override
        List<String> lists() {
            return List.of("node", "list");
        }

        @Override
        int run(ApiClient api) throws Exception {
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("nodes", nodes);
            wanted.put("seed", seed);
            return orders.follow(api, api.post("/drills", wanted), out(), err());
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists reports, the newest first.")
    static final class ListAll extends ApiCommand.Listing {
        @Option(names = "--limit", defaultValue = "20", description = "How many; default ${DEFAULT-VALUE}.")
        private int limit;

        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/drills", "reports", ApiClient.Paging.ONE, Map.of(), limit);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            out.printf(
                    "%-6s %-20s %-25s %-8s %8s %10s %10s  %s%n",
                    "TASK", "NODE", "TIME", "RESULT", "FILES", "BYTES", "RATE", "RTO OF THE SNAPSHOT");
            for (JsonNode report : found) {
                JsonNode measured = report.path("measured");
                if (report.path("kind").asText().equals("boot")) {
                    out.printf(
                            "%-6d %-20s %-25s %-8s %s%n",
                            report.path("task").asLong(),
                            report.path("node").asText(),
                            Output.time(Instant.parse(report.path("at").asText())),
                            report.path("passed").asBoolean() ? "passed" : "FAILED",
                            BootDrillCommand.told(measured));
                    continue;
                }
                long bytes = measured.path("bytes").asLong();
                out.printf(
                        "%-6d %-20s %-25s %-8s %8d %10s %10s  %s%n",
                        report.path("task").asLong(),
                        report.path("node").asText(),
                        Output.time(Instant.parse(report.path("at").asText())),
                        report.path("passed").asBoolean() ? "passed" : "FAILED",
                        measured.path("files").asLong(),
                        Output.bytes(bytes),
                        Output.bytes(bytes
                                        * 1000
                                        / Math.max(1, measured.path("millis").asLong())) + "/s",
                        Output.duration(report.path("rtoSeconds").asLong()));
            }
        }
    }

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a report and its signature to files, and the screenshot of a machine that was booted. To verify them elsewhere, with the appliance's keys/ca.crt:",
                "  openssl x509 -in ca.crt -pubkey -noout > ca.pub",
                "  openssl dgst -sha256 -verify ca.pub -signature drill-7.sig drill-7.json"
            })
    static final class Export extends ApiCommand.Acting {
        @Parameters(index = "0", paramLabel = "TASK", description = "The drill's task.")
        private long task;

        @Parameters(index = "1", paramLabel = "DIR", description = "Where to.")
        private Path target = Path.of("");

        @Override
        List<String> lists() {
            return List.of("drill", "list");
        }

        @Override
        void act(ApiClient api) throws IOException {
            JsonNode signed = api.get(ApiClient.path("drills", Long.toString(task)));
            Path report = target.resolve("drill-" + task + ".json");
            Files.createDirectories(target);
            Files.writeString(report, signed.path("report").asText());
            Files.write(
                    target.resolve("drill-" + task + ".sig"),
                    Base64.getDecoder().decode(signed.path("signature").asText()));
            String name = ApiClient.JSON
                    .readTree(signed.path("report").asText())
                    .path("measured")
                    .path("screenshot")
                    .path("file")
                    .asText();
            out().println("Wrote " + report + " and its .sig" + (name.isEmpty() ? "" : screenshot(api)));
        }

        /** What is said about it. */
        private String screenshot(ApiClient api) throws IOException {
            Path picture = target.resolve("drill-" + task + ".png");
            try (OutputStream out = Files.newOutputStream(picture)) {
                api.download(ApiClient.path("drills", Long.toString(task), "screenshot"), out);
                return ", and " + picture;
            } catch (Failure.NotFoundException e) {
                Files.deleteIfExists(picture);
                return "; the screenshot was deleted: the newest are kept";
            }
        }
    }

    @Command(name = "every", mixinStandardHelpOptions = true, description = "Sets the days between a node's drills.")
    static final class Every extends ApiCommand.Acting {
        @Parameters(paramLabel = "DAYS", description = "1 to 366; 0 for none but those that are ordered.")
        private int days;

        @Override
        void act(ApiClient api) throws IOException {
            JsonNode settings = api.get("/settings");
            api.put(
                    "/settings",
                    Map.of(
                            "drillDays",
                            days,
                            "historyDays",
                            settings.path("historyDays").asInt()));
        }
    }
}
