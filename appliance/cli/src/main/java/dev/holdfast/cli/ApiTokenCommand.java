package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "api-token",
        mixinStandardHelpOptions = true,
        description = {
            "Makes, lists and ends tokens by which programs use the API as one of the users.",
            "Machines enrol with tokens of another kind: see 'token'."
        },
        subcommands = {
            ApiTokenCommand.Create.class,
            ApiTokenCommand.ListAll.class,
            ApiTokenCommand.Revoke.class,
            CommandLine.HelpCommand.class
        })
final class ApiTokenCommand {
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a token for a program, and prints it, this once. The program may do what the token's permissions"
                        + " allow, and never more than its user.",
                "For a program that enrols machines and binds them to plans: --permission view --permission enrol"
                        + " --permission plan, for a user of the role backup-operator."
            })
    static final class Create extends ApiCommand.Printing<JsonNode> {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(paramLabel = "USER", description = "As 'user list' shows it.")
        private String user = "";

        @Option(
                names = "--permission",
                required = true,
                paramLabel = "P",
                description =
                        "view, browse, restore, operate, plan, enrol, nodes, protect, audit or another that the user"
                                + " has; may be repeated.")
        private List<String> permissions = List.of();

        @Option(
                names = "--days",
                paramLabel = "N",
                defaultValue = "90",
                description = "Days until it expires, 1 to 366; default ${DEFAULT-VALUE}.")
        private int days;

        @Option(
                names = "--description",
                paramLabel = "TEXT",
                defaultValue = "",
                description = "What uses it, as lists show it.")
        private String description = "";

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        List<String> lists() {
            return List.of("user", "list");
        }

        @Override
        JsonNode find(ApiClient api) throws IOException {
            List<String> names = new ArrayList<>();
            for (String each : permissions) {
                names.add(each.toUpperCase(Locale.ROOT).replace('-', '_'));
            }
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("description", description);
            wanted.put("permissions", names);
            wanted.put("days", days);
            return api.post(ApiClient.path("users", user, "tokens"), wanted);
        }

        @Override
        void print(PrintWriter out, JsonNode token) {
            out.println(token.path("secret").asText());
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description =
                    "Lists API tokens: of whom, what they allow, when they expire. The token itself is not shown.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/tokens", "tokens", ApiClient.Paging.AFTER, Map.of(), Integer.MAX_VALUE);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> tokens) {
            out.printf(
                    "%-36s %-16s %-25s %-25s %s%n", "ID", "USER", "EXPIRES", "LAST USED", "PERMISSIONS, DESCRIPTION");
            for (JsonNode token : tokens) {
                List<String> permissions = new ArrayList<>();
                token.path("permissions")
                        .forEach(each -> permissions.add(each.asText().toLowerCase(Locale.ROOT)));
                out.printf(
                        "%-36s %-16s %-25s %-25s %s; %s%n",
                        token.path("id").asText(),
                        token.path("user").asText(),
                        Output.time(token.path("expiresAt"), ""),
                        Output.time(token.path("usedAt"), "never"),
                        String.join(",", permissions),
                        token.path("description").asText());
            }
        }
    }

    @Command(name = "revoke", mixinStandardHelpOptions = true, description = "Ends an API token, at once.")
    static final class Revoke extends ApiCommand.Acting {
        @Parameters(paramLabel = "ID", description = "As 'api-token list' shows it.")
        private String id = "";

        @Override
        List<String> lists() {
            return List.of("api-token", "list");
        }

        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("tokens", id));
        }
    }
}
