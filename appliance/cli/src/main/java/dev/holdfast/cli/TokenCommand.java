package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Makes tokens that let machines enrol.",
        subcommands = {TokenCommand.Create.class, CommandLine.HelpCommand.class})
final class TokenCommand {
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a one-time token for one machine.",
                "The token carries the fingerprint of this appliance's authority, so that the machine knows it is"
                        + " talking to the right one."
            })
    static final class Create extends ApiCommand.Printing<JsonNode> {
        @Option(
                names = "--valid",
                paramLabel = "MINUTES",
                defaultValue = "1440",
                description = "Minutes until the token expires; default ${DEFAULT-VALUE}.")
        private long minutes;

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description =
                        "Give this existing node a new certificate, for instance after the machine was reinstalled."
                                + " Its old certificate ends when the token is used.")
        private @Nullable String node;

        @Override
        java.util.List<String> lists() {
            return java.util.List.of("node", "list");
        }

        @Override
        JsonNode find(ApiClient api) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("validMinutes", minutes);
            wanted.put("node", node);
            return api.post("/nodes/tokens", wanted);
        }

        @Override
        void print(PrintWriter out, JsonNode token) {
            out.println(token.path("token").asText());
            out.println();
            out.println(
                    "Valid for one machine until " + Output.time(token.path("expiresAt"), "") + ". On that machine:");
            out.println("  " + token.path("command").asText());
        }
    }
}
