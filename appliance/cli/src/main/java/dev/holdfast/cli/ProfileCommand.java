package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        description = "Shows or changes the hardware profile: how many nodes, how much data, and with how much memory.",
        subcommands = {ProfileCommand.Show.class, ProfileCommand.Set.class, CommandLine.HelpCommand.class})
final class ProfileCommand {
    private static void print(PrintWriter out, JsonNode limits) {
        out.println("profile   " + limits.path("name").asText() + ", "
                + limits.path("description").asText());
        out.println("nodes     " + limits.path("nodes").asInt());
        out.println("capacity  " + Output.bytes(limits.path("capacityBytes").asLong()) + " on up to "
                + limits.path("volumes").asInt() + " volumes");
        out.println("rate      " + Output.bytes(limits.path("bytesPerHour").asLong()) + " per hour");
        out.println("memory    " + Output.bytes(limits.path("memoryBytes").asLong()) + ", of which "
                + Output.bytes(limits.path("heapBytes").asLong()) + " of heap");
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Shows the hardware profile, and how much of it is used.")
    static final class Show extends ApiCommand.Printing<JsonNode> {
        @Override
        JsonNode find(ApiClient api) throws IOException {
            return api.get("/profile");
        }

        @Override
        void print(PrintWriter out, JsonNode shown) {
            ProfileCommand.print(out, shown.path("now"));
            out.println("used      " + shown.path("nodes").asInt() + " nodes, "
                    + shown.path("volumes").asInt() + " volumes, "
                    + Output.bytes(shown.path("usedBytes").asLong()));
            out.println("machine   " + Output.bytes(shown.path("memoryBytes").asLong()) + " of memory");
            if (!shown.path("next").equals(shown.path("now"))) {
                out.println("From the next start: "
                        + shown.path("next").path("name").asText());
            }
        }
    }

    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description = {
                "Changes the hardware profile with its memory options (jvm.options), from the next start of the appliance.",
                "Refused where the nodes, volumes or data there are do not fit, or this machine has too little memory."
            })
    static final class Set extends ApiCommand {
        @Parameters(
                paramLabel = "NAME",
                description = "hdr-1000, hdr-2000, dev, or the path of a profile file, which is copied.")
        private String name = "";

        @Option(names = "--dry-run", description = "Only show what would change.")
        private boolean dryRun;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        int run(ApiClient api) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            if (name.contains("/") || name.endsWith(".json")) {
                wanted.put("content", Files.readString(Path.of(name)));
            } else {
                wanted.put("name", name);
            }
            wanted.put("dryRun", dryRun);
            JsonNode changed = api.put("/profile", wanted);
            if (json) {
                Output.json(out(), changed);
            } else {
                ProfileCommand.print(out(), changed.path("after"));
                out().println((dryRun ? "Would replace profile " : "Replaces profile ")
                        + changed.path("before").path("name").asText()
                        + (changed.path("restart").asBoolean() ? " once the appliance was restarted" : ""));
            }
            changed.path("warnings").forEach(each -> err().println("holdfast: warning: " + each.asText()));
            return changed.path("warnings").isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
        }
    }
}
