package dev.holdfast.cli;

import dev.holdfast.control.alert.AlertChannel;
import dev.holdfast.control.alert.AlertSender;
import dev.holdfast.control.alert.Alerts;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.AlertChannels;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "alert",
        mixinStandardHelpOptions = true,
        description = {
            "Says who is told of events: by webhook, DingTalk or mail. Works while the appliance runs.",
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
    private static Failure.NotFoundException missing(ControlDb control, String name) {
        return new Failure.NotFoundException(
                "there is no channel '" + name + "'; see: " + control.command("alert", "list"));
    }

    /** Shared by the commands that make a channel. */
    static final class ChannelOptions {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(index = "0", paramLabel = "NAME", description = "What the channel is called.")
        private String name = "";

        @Option(
                names = "--least",
                defaultValue = "WARNING",
                description = "Tell of this and worse: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
        private Events.Severity least = Events.Severity.WARNING;

        @Option(
                names = "--secret-file",
                paramLabel = "F",
                description =
                        "File whose first line is the secret or password; kept encrypted under the appliance's keys.")
        private @Nullable Path secretFile;

        @Option(
                names = {"--allow-plain-http", "--allow-plain"},
                description =
                        "Tell over a connection that is not encrypted: whoever listens on the way reads events, tokens in the URL"
                                + " and passwords.")
        private boolean allowPlain;

        private int put(AlertChannel channel, PrintWriter out) throws IOException {
            if (channel.inTheClear() && !allowPlain) {
                throw new IllegalArgumentException(
                        "'" + channel.target() + "' is not encrypted: whoever listens on the way"
                                + " reads events, tokens in the URL and passwords. Use https:// or --security TLS; or allow it with"
                                + " --allow-plain-http");
            }
            DataDirectory directory = data.open();
            String secret = "";
            if (secretFile != null) {
                secret = SecretFile.text(secretFile).lines().findFirst().orElse("");
            }
            try (Credential credential = credentials.read(directory);
                    VaultKeys keys = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb())) {
                control.alertChannels().put(name, channel.json(), Alerts.seal(keys, secret));
                control.audit().append("administrator", "alert set", name, channel.target());
            }
            if (channel.inTheClear()) {
                out.println("warning: this channel is not encrypted");
            }
            out.println("Channel " + name + ": " + channel.target() + "; next: alert test " + name);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "webhook",
            mixinStandardHelpOptions = true,
            description = "Tells by HTTP POST, of JSON or as a DingTalk robot wants it. The secret signs each request.")
    static final class Webhook implements Callable<Integer> {
        @Mixin
        private final ChannelOptions channel = new ChannelOptions();

        @Parameters(index = "1", paramLabel = "URL", description = "Where to.")
        private String url = "";

        @Option(
                names = "--form",
                defaultValue = "JSON",
                description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
        private AlertChannel.Form form = AlertChannel.Form.JSON;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            URI uri = URI.create(url);
            if (!"https".equals(uri.getScheme()) && !"http".equals(uri.getScheme()) || uri.getHost() == null) {
                throw new IllegalArgumentException("'" + url + "' is no address of a webhook; write https://…");
            }
            return channel.put(
                    new AlertChannel.Webhook(url, form, channel.least),
                    Objects.requireNonNull(spec).commandLine().getOut());
        }
    }

    @Command(name = "mail", mixinStandardHelpOptions = true, description = "Tells by mail.")
    static final class Mail implements Callable<Integer> {
        @Mixin
        private final ChannelOptions channel = new ChannelOptions();

        @Option(names = "--host", required = true, paramLabel = "H", description = "The mail server.")
        private String host = "";

        @Option(names = "--port", defaultValue = "587", description = "Default: ${DEFAULT-VALUE}.")
        private int port;

        @Option(
                names = "--security",
                defaultValue = "STARTTLS",
                description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
        private AlertChannel.Security security = AlertChannel.Security.STARTTLS;

        @Option(names = "--user", defaultValue = "", description = "Who signs in, with the secret for a password.")
        private String user = "";

        @Option(names = "--from", required = true, paramLabel = "ADDRESS", description = "The sender.")
        private String from = "";

        @Option(names = "--to", required = true, paramLabel = "ADDRESS", description = "May be given several times.")
        private List<String> to = List.of();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            return channel.put(
                    new AlertChannel.Mail(host, port, security, user, from, to, channel.least),
                    Objects.requireNonNull(spec).commandLine().getOut());
        }
    }

    /** A channel in the list. */
    record Row(String name, String target, String least, boolean inTheClear, long delivered, String error) {}

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists channels, and what is wrong with them.")
    static final class ListAll extends ControlCommand {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            PrintWriter out = out();
            List<Row> rows = new ArrayList<>();
            for (AlertChannels.Row each : control.alertChannels().all()) {
                AlertChannel channel = AlertChannel.parse(each.settings());
                rows.add(new Row(
                        each.name(),
                        channel.target(),
                        Output.lower(channel.least()),
                        channel.inTheClear(),
                        each.delivered(),
                        each.error()));
            }
            if (json) {
                Output.json(out, rows);
                return ExitCode.OK;
            }
            for (Row row : rows) {
                out.println(row.name + ": " + row.target + ", " + row.least + " and worse"
                        + (row.inTheClear ? "; WARNING: not encrypted" : "")
                        + (row.error.isEmpty() ? "" : "; FAILING: " + row.error));
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "test", mixinStandardHelpOptions = true, description = "Tells a channel of a test, now.")
    static final class Test implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Parameters(paramLabel = "NAME", description = "The channel.")
        private String name = "";

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            try (Credential credential = credentials.read(directory);
                    VaultKeys keys = directory.keyring().unlock(credential);
                    ControlDb control = new ControlDb(directory.controlDb());
                    AlertSender sender = new AlertSender(HostName.own())) {
                AlertChannels.Row row = control.alertChannels().all().stream()
                        .filter(each -> each.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> missing(control, name));
                AlertChannel channel = AlertChannel.parse(row.settings());
                sender.send(
                        channel,
                        Alerts.open(keys, row.secret()),
                        new Events.Event(0, Instant.now(), Events.Severity.INFO, "test", "", "this is a test", null));
                Objects.requireNonNull(spec).commandLine().getOut().println("Told " + channel.target());
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Tells a channel no more.")
    static final class Remove extends ControlCommand {
        @Parameters(paramLabel = "NAME", description = "The channel.")
        private String name = "";

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            boolean removed = control.alertChannels().remove(name);
            audit(control, "alert remove", name, removed ? "allowed" : "not found");
            if (!removed) {
                throw missing(control, name);
            }
            return ExitCode.OK;
        }
    }
}
