package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.data.SecretFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
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
        name = "alert",
        mixinStandardHelpOptions = true,
        description = {
            "Alert channels: who is told of events, by webhook, DingTalk or mail.",
            "",
            "  holdfast appliance alert webhook ops https://hooks.example.com/x --secret-file F --data DIR",
            "  holdfast appliance alert mail office --host smtp.example.com --from a@example.com --to b@example.com --data DIR",
            "  holdfast appliance alert test ops --data DIR"
        },
        subcommands = {
            AlertCommand.Webhook.class,
            AlertCommand.Mail.class,
            AlertCommand.ListAll.class,
            AlertCommand.Test.class,
            AlertCommand.Remove.class,
            CommandLine.HelpCommand.class
        })
final class AlertCommand {
    private static final List<String> LISTS = List.of("alert", "list");

    /** One that adds or changes a channel. */
    abstract static class Put extends ApiCommand.Acting {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(index = "0", paramLabel = "NAME", description = "What the channel is called.")
        private String name = "";

        @Option(
                names = "--least",
                defaultValue = "warning",
                paramLabel = "SEVERITY",
                description =
                        "Send events of this severity and worse: info, warning or alert; default ${DEFAULT-VALUE}.")
        private String least = "";

        @Option(
                names = "--language",
                defaultValue = "en",
                paramLabel = "L",
                description =
                        "Of mails and messages to a DingTalk robot: en or zh; default ${DEFAULT-VALUE}. JSON is always English.")
        private String language = "";

        @Option(
                names = "--secret-file",
                paramLabel = "F",
                description =
                        "File whose first line is the secret or password; kept encrypted under the appliance's keys.")
        private @Nullable Path secretFile;

        @Option(
                names = {"--allow-plain-http", "--allow-plain"},
                description =
                        "Allow a connection that is not encrypted: others on the network can read events, tokens in the"
                                + " URL and passwords.")
        private boolean allowPlain;

        /** Where to, as the API has it: its kind, and its fields. */
        abstract Map.Entry<String, Map<String, Object>> target();

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            Map<String, Object> wanted = new LinkedHashMap<>();
            Map.Entry<String, Map<String, Object>> target = target();
            wanted.put(target.getKey(), target.getValue());
            wanted.put("least", least);
            wanted.put("language", language);
            if (secretFile != null) {
                wanted.put(
                        "secret",
                        SecretFile.text(secretFile).lines().findFirst().orElse(""));
            }
            wanted.put("allowPlain", allowPlain);
            JsonNode stored = api.put(ApiClient.path("alert-channels", name), wanted);
            if (stored.path("inTheClear").asBoolean()) {
                out().println("warning: this channel is not encrypted");
            }
            out().println("Channel " + name + ": " + stored.path("target").asText() + "; next: "
                    + api.command("alert", "test", name));
        }
    }

    @Command(
            name = "webhook",
            mixinStandardHelpOptions = true,
            description = "Sends events by HTTP POST, as JSON or for a DingTalk robot. The secret signs each request.")
    static final class Webhook extends Put {
        @Parameters(index = "1", paramLabel = "URL", description = "Where to.")
        private String url = "";

        @Option(
                names = "--form",
                defaultValue = "json",
                paramLabel = "FORM",
                description = "json or dingtalk; default ${DEFAULT-VALUE}.")
        private String form = "";

        @Override
        Map.Entry<String, Map<String, Object>> target() {
            return Map.entry("webhook", Map.of("url", url, "form", form));
        }
    }

    @Command(name = "mail", mixinStandardHelpOptions = true, description = "Sends events by mail.")
    static final class Mail extends Put {
        @Option(names = "--host", required = true, paramLabel = "H", description = "The mail server.")
        private String host = "";

        @Option(names = "--port", defaultValue = "587", description = "Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = "--security",
                defaultValue = "starttls",
                paramLabel = "S",
                description = "none, starttls or tls; default ${DEFAULT-VALUE}.")
        private String security = "";

        @Option(names = "--user", defaultValue = "", description = "The user who signs in; the secret is the password.")
        private String user = "";

        @Option(names = "--from", required = true, paramLabel = "ADDRESS", description = "The sender.")
        private String from = "";

        @Option(names = "--to", required = true, paramLabel = "ADDRESS", description = "May be given several times.")
        private List<String> to = List.of();

        @Override
        Map.Entry<String, Map<String, Object>> target() {
            return Map.entry(
                    "mail",
                    Map.of("host", host, "port", port, "security", security, "user", user, "from", from, "to", to));
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists channels, and what is wrong with them.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            List<JsonNode> channels = new ArrayList<>();
            api.get("/alert-channels").path("channels").forEach(channels::add);
            return channels;
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            for (JsonNode each : found) {
                String error = each.path("error").asText();
                out.println(
                        each.path("name").asText() + ": " + each.path("target").asText() + ", "
                                + each.path("least").asText() + " and worse, in "
                                + each.path("language").asText()
                                + (each.path("inTheClear").asBoolean() ? "; WARNING: not encrypted" : "")
                                + (error.isEmpty() ? "" : "; FAILING: " + error));
            }
        }
    }

    @Command(name = "test", mixinStandardHelpOptions = true, description = "Sends a test event to a channel, now.")
    static final class Test extends OnChannel {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        void act(ApiClient api) throws IOException {
            JsonNode sent = api.post(ApiClient.path("alert-channels", name, "test"), null);
            out().println("Sent a test event to " + sent.path("target").asText());
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a channel.")
    static final class Remove extends OnChannel {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("alert-channels", name));
        }
    }

    /** One on a channel that is named. */
    abstract static class OnChannel extends ApiCommand.Acting {
        @Parameters(paramLabel = "NAME", description = "The channel.")
        String name = "";

        @Override
        List<String> lists() {
            return LISTS;
        }
    }
}
