package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "token",
        mixinStandardHelpOptions = true,
        description = "Makes, lists and revokes tokens that let machines enrol.",
        subcommands = {
            TokenCommand.Create.class,
            TokenCommand.List.class,
            TokenCommand.Revoke.class,
            CommandLine.HelpCommand.class
        })
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

        @Option(
                names = "--restore",
                paramLabel = "NAME",
                description =
                        "Let a machine restore the snapshots of this node and do nothing else, for a week after it enrols; may"
                                + " be repeated. The node itself goes on. For a bare metal restore: see restore-machine.")
        private java.util.List<String> restores = new ArrayList<>();

        @Option(names = "--tag", paramLabel = "TAG", description = "A tag that the new node gets; may be repeated.")
        private java.util.List<String> tags = new ArrayList<>();

        @Override
        java.util.List<String> lists() {
            return java.util.List.of("node", "list");
        }

        @Override
        JsonNode find(ApiClient api) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("validMinutes", minutes);
            wanted.put("node", node);
            wanted.put("tags", tags);
            wanted.put("restores", restores);
            return api.post("/nodes/tokens", wanted);
        }

        @Override
        void print(PrintWriter out, JsonNode token) {
            out.println(token.path("token").asText());
            out.println();
            out.println("Valid for one machine until " + Output.time(token.path("expiresAt"), "")
                    + "; 'token list' shows it as " + token.path("id").asText() + ". On that machine:");
            out.println("  " + token.path("command").asText());
            if (!restores.isEmpty()) {
                out.println("  holdfast restore-machine");
                out.println(
                        "On a machine without a system, start the rescue system and give it the address and the token.");
            }
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists tokens that machines may still enrol with, or restore by: for which node, who made them, when they"
                        + " expire.",
                "The token itself is shown only once, by 'token create'. The ID is not secret."
            })
    static final class List extends ApiCommand.Listing {
        @Override
        java.util.List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/enrolment-tokens", "tokens", ApiClient.Paging.ONE, Map.of(), Integer.MAX_VALUE);
        }

        @Override
        void print(PrintWriter out, java.util.List<JsonNode> tokens) {
            out.printf("%-12s %-24s %-25s %-25s %s%n", "ID", "NODE", "CREATED", "EXPIRES", "BY");
            for (JsonNode token : tokens) {
                out.printf(
                        "%-12s %-24s %-25s %-25s %s%n",
                        token.path("id").asText(),
                        purpose(token),
                        Output.time(token.path("createdAt"), ""),
                        Output.time(token.path("expiresAt"), ""),
                        token.path("createdBy").asText());
            }
        }
    }

    /** What a token is for, in the column of nodes. */
    private static String purpose(JsonNode token) {
        java.util.List<String> restored = new ArrayList<>();
        token.path("restores").forEach(each -> restored.add(each.asText()));
        if (!restored.isEmpty()) {
            return (token.path("used").asBoolean() ? "(in use) restores " : "restores ") + String.join(", ", restored);
        }
        String node = token.path("node").asText();
        return node.isEmpty() ? "(a new node)" : node;
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Takes a token back before a machine uses it. A node that has enrolled stays:"
                    + " 'node revoke' ends its access. A machine that restores by the token loses its access.")
    static final class Revoke extends ApiCommand.Acting {
        @Parameters(paramLabel = "ID", description = "As 'token list' shows it.")
        private String id = "";

        @Override
        java.util.List<String> lists() {
            return java.util.List.of("token", "list");
        }

        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("enrolment-tokens", id));
        }
    }
}
