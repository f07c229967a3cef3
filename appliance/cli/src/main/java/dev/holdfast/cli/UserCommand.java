package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.SecretFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "user",
        mixinStandardHelpOptions = true,
        description = {
            "Users of the console and the API. The first user is made here; others here or in the console.",
            "Roles: administrator, backup-operator, restore-operator, viewer, auditor."
        },
        subcommands = {
            UserCommand.Add.class,
            UserCommand.ListAll.class,
            UserCommand.SetPassword.class,
            UserCommand.Remove.class,
            UserCommand.Provider.class,
            CommandLine.HelpCommand.class
        })
final class UserCommand {
    private static String password(Path file) throws IOException {
        return SecretFile.text(file).strip();
    }

    @Command(name = "add", mixinStandardHelpOptions = true, description = "Makes a user.")
    static final class Add extends ApiCommand.Acting {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(paramLabel = "NAME", description = "Letters, digits and . _ @ -")
        private String name = "";

        @Option(names = "--role", required = true, paramLabel = "ROLE", description = "What he may do.")
        private String role = "";

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description = "Only this node; may be repeated. Without it, all nodes.")
        private List<String> nodes = List.of();

        @Option(
                names = "--password-file",
                required = true,
                paramLabel = "F",
                description = "File with the password: 12 characters or more.")
        private Path passwordFile = Path.of("");

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            Map<String, Object> user = new LinkedHashMap<>();
            user.put("name", name);
            user.put("password", password(passwordFile));
            user.put("role", role);
            user.put("allNodes", nodes.isEmpty());
            user.put("nodes", nodes.isEmpty() ? null : nodes);
            api.post("/users", user);
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists users.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/users", "users", ApiClient.Paging.AFTER, Map.of(), Integer.MAX_VALUE);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            for (JsonNode each : found) {
                out.printf(
                        "%-24s %-18s %s%s%n",
                        each.path("name").asText(),
                        each.path("role").asText(),
                        each.path("secondFactor").asBoolean() ? "second factor" : "password only",
                        each.path("disabled").asBoolean() ? ", disabled" : "");
            }
        }
    }

    @Command(
            name = "set-password",
            mixinStandardHelpOptions = true,
            description = "Sets a user's password, ends his sessions, and takes a lost second factor from him.")
    static final class SetPassword extends OnUser {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Option(names = "--password-file", required = true, paramLabel = "F", description = "File with the password.")
        private Path passwordFile = Path.of("");

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            api.put(ApiClient.path("users", name, "password"), Map.of("password", password(passwordFile)));
        }
    }

    @Command(
            name = "provider",
            mixinStandardHelpOptions = true,
            description = {
                "Configures sign-in by an OpenID provider, such as Keycloak, Entra ID or Alibaba Cloud IDaaS. Register CONSOLE/api/v1/oidc/callback there.",
                "At each sign-in, the groups claim of the ID token determines the role of the user. Users without a matching group are refused."
            })
    static final class Provider extends ApiCommand.Acting {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Option(names = "--off", description = "Remove the provider. Sessions continue until they end.")
        private boolean off;

        @Option(names = "--issuer", paramLabel = "URL", description = "The provider.")
        private String issuer = "";

        @Option(names = "--client-id", paramLabel = "ID", description = "What the appliance is called there.")
        private String clientId = "";

        @Option(names = "--client-secret-file", paramLabel = "F", description = "File with the client's secret.")
        private Path secretFile = Path.of("");

        @Option(names = "--console", paramLabel = "URL", description = "Where browsers reach this appliance's console.")
        private String console = "";

        @Option(
                names = "--claim",
                paramLabel = "NAME",
                defaultValue = "groups",
                description = "The claim that lists groups; default ${DEFAULT-VALUE}.")
        private String claim = "";

        @Option(
                names = "--role",
                paramLabel = "GROUP=ROLE",
                description = "Who is in the group has the role; may be repeated, the first that fits counts.")
        private LinkedHashMap<String, String> roles = new LinkedHashMap<>();

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            if (off) {
                api.delete("/identity-provider");
                return;
            }
            if (issuer.isEmpty() || clientId.isEmpty() || console.isEmpty() || roles.isEmpty()) {
                throw new IllegalArgumentException(
                        "give --issuer, --client-id, --client-secret-file, --console and --role, or --off");
            }
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("issuer", issuer);
            wanted.put("clientId", clientId);
            wanted.put("clientSecret", password(secretFile));
            wanted.put("console", console);
            wanted.put("claim", claim);
            wanted.put("roles", roles);
            api.put("/identity-provider", wanted);
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a user, sessions and tokens too.")
    static final class Remove extends OnUser {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("users", name));
        }
    }

    /** One on a user that is named. */
    abstract static class OnUser extends ApiCommand.Acting {
        @Parameters(paramLabel = "NAME", description = "The user.")
        String name = "";

        @Override
        List<String> lists() {
            return List.of("user", "list");
        }
    }
}
